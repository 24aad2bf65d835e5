import { describe, expect, test } from "vitest";

import type { Batch, Phase, Question } from "../api.types";
import {
  current,
  emptySession,
  openAhead,
  standing,
  step,
  type Event,
  type Session,
} from "./session";

const question = (item: number, confidence = 0.5): Question => ({
  item,
  name: `item ${item}`,
  content: { kind: "text", text: `text ${item}` },
  purpose: "training",
  suggestion: { class: 0, confidence, model_version: 1, ranked: [] },
  reason: "uncertain",
  neighbours: [],
  lease: `lease ${item}`,
  expires_at: "2026-01-01T00:00:00Z",
  remarks: [],
  previous: null,
});
const batchOf = (
  items: number[],
  phase: Phase = "training",
  nLeft: number | null = null,
): Batch => ({
  questions: items.map((it) => question(it)),
  phase,
  n_left: nLeft,
  n_audit: nLeft,
  gone: [],
});
const batch = (items: number[], unsent: number[] = [], settled: number[] = []): Event => ({
  kind: "batch",
  batch: batchOf(items),
  unsent: new Set(unsent),
  settled: new Set(settled),
});
const answer = (item: number, cls: number | null, key = `k${item}`): Event => ({
  kind: "answer",
  answers: [{ item, key, class: cls }],
});
const run = (...events: Event[]): Session => events.reduce(step, emptySession);

/** `1=0 >2 3`: item 1 is answered with class 0, item 2 is shown, 3 is open. */
const draw = (session: Session): string =>
  session.entries
    .map((entry, i) => {
      const said = standing(entry);
      const mark = i === session.cursor ? ">" : "";
      return `${mark}${entry.question.item}${said ? `=${said.class ?? "skip"}` : ""}`;
    })
    .join(" ") + (session.cursor === session.entries.length ? " >" : "");

describe("answering", () => {
  test("shows the next open item", () => {
    expect(draw(run(batch([1, 2, 3]), answer(1, 0)))).toBe("1=0 >2 3");
    expect(draw(run(batch([1, 2]), answer(1, 0), answer(2, null)))).toBe("1=0 2=skip >");
  });

  test("comes back to an item that was passed over", () => {
    expect(draw(run(batch([1, 2]), { kind: "next" }, answer(2, 1)))).toBe(">1 2=1");
  });

  test("answers a second time when one went back", () => {
    const session = run(batch([1, 2]), answer(1, 0), { kind: "previous" }, answer(1, 1, "again"));
    expect(draw(session)).toBe("1=1 >2");
    expect(session.entries[0]?.answers).toHaveLength(2);
  });

  test("counts down only items that were open", () => {
    const audit: Event = {
      kind: "batch",
      batch: batchOf([1, 2], "audit", 5),
      unsent: new Set(),
      settled: new Set(),
    };
    const session = run(audit, answer(1, 0), { kind: "previous" }, answer(1, 1, "again"));
    expect(session.nLeft).toBe(4);
  });

  test("nothing is shown past an open item at the end", () => {
    expect(draw(run(batch([1]), { kind: "next" }, { kind: "next" }))).toBe(">1");
    expect(draw(run({ kind: "previous" }))).toBe(" >");
  });
});

describe("a batch", () => {
  test("adds behind, keeps the item on screen as it is and refreshes the others", () => {
    const before = run(batch([1, 2]));
    const newer = batchOf([1, 2, 3]);
    const refreshed = newer.questions.map((it) => ({ ...it, suggestion: null }));
    const session = step(before, {
      kind: "batch",
      batch: { ...newer, questions: refreshed },
      unsent: new Set(),
      settled: new Set(),
    });
    expect(draw(session)).toBe(">1 2 3");
    expect(current(session)?.question.suggestion).not.toBeNull();
    expect(session.entries[1]?.question.suggestion).toBeNull();
  });

  test("does not ask again what was answered, here or in an earlier session", () => {
    expect(draw(run(batch([1, 2]), answer(1, 0), batch([1, 2, 3])))).toBe("1=0 >2 3");
    expect(draw(run(batch([1, 2, 3], [2])))).toBe(">1 3");
  });

  test("asks again what the server asks although it knows the answer", () => {
    const session = run(batch([1, 2]), answer(1, 0), answer(2, 1), batch([1], [], [1, 2]));
    expect(draw(session)).toBe("2=1 >1");
    expect(session.given).toEqual([[{ item: 2, key: "k2", class: 1 }]]);
    expect(draw(run(batch([1, 2]), answer(1, 0), batch([1, 2], [], [1])))).toBe(">2 1");
    expect(draw(run(batch([1, 2]), answer(1, 0), batch([1, 2])))).toBe("1=0 >2");
  });

  test("of a new phase drops open items that are not asked any more, but not from under a finger", () => {
    const audit: Event = {
      kind: "batch",
      batch: batchOf([9], "audit", 1),
      unsent: new Set(),
      settled: new Set(),
    };
    expect(draw(run(batch([1, 2, 3]), answer(1, 0), audit))).toBe("1=0 >2 9");
  });

  test("shows something once there is something", () => {
    expect(draw(run(batch([1]), answer(1, 0), batch([2])))).toBe("1=0 >2");
  });
});

describe("undo", () => {
  test("shows the item again, and can be done over items", () => {
    const session = run(batch([1, 2, 3]), answer(1, 0), answer(2, 1), { kind: "undo" });
    expect(draw(session)).toBe("1=0 >2 3");
    expect(draw(step(session, { kind: "undo" }))).toBe(">1 2 3");
    expect(session.takenBack.at(-1)).toEqual([{ item: 2, key: "k2", class: 1 }]);
  });

  test("brings the answer before back", () => {
    const twice = run(batch([1, 2]), answer(1, 0), { kind: "go", item: 1 }, answer(1, 1, "again"));
    expect(draw(step(twice, { kind: "undo" }))).toBe(">1=0 2");
  });

  test("takes back together what one key answered", () => {
    const many: Event = {
      kind: "answer",
      answers: [1, 2, 3].map((item) => ({ item, key: `k${item}`, class: 4 })),
    };
    const session = run(batch([1, 2, 3]), many);
    expect(draw(session)).toBe("1=4 2=4 3=4 >");
    expect(draw(step(session, { kind: "undo" }))).toBe(">1 2 3");
  });

  test("does nothing without an answer, and an answer ends redo", () => {
    expect(run({ kind: "undo" })).toEqual(emptySession);
    const session = run(batch([1, 2]), answer(1, 0), { kind: "undo" }, answer(1, 1, "new"));
    expect(session.takenBack).toEqual([]);
  });

  test("of an earlier session puts the item before the one on screen", () => {
    const session = run(batch([1, 2]), { kind: "restore", question: question(7), class: 3 });
    expect(draw(session)).toBe(">7 1 2");
    expect(session.takenBack.at(-1)).toEqual([{ item: 7, key: "", class: 3 }]);
  });
});

test("redo gives the answers again, and leaves those undone before", () => {
  const undone = run(
    batch([1, 2, 3]),
    answer(1, 0),
    answer(2, 1),
    { kind: "undo" },
    { kind: "undo" },
  );
  const group = undone.takenBack.at(-1)?.map((it) => ({ ...it, key: "new" })) ?? [];
  const session = step(undone, { kind: "redo", answers: group });
  expect(draw(session)).toBe("1=0 >2 3");
  expect(session.takenBack).toEqual([[{ item: 2, key: "k2", class: 1 }]]);
  expect(draw(step(session, { kind: "undo" }))).toBe(">1 2 3");
});

test("what is no longer kept for this person leaves, but not from under their eyes", () => {
  const session = run(batch([1, 2, 3, 4]), answer(1, 0), { kind: "next" });
  expect(draw(session)).toBe("1=0 2 >3 4");
  const lost = { ...batchOf([4, 5]), gone: [1, 2, 3] };
  const event: Event = { kind: "batch", batch: lost, unsent: new Set(), settled: new Set() };
  expect(draw(step(session, event))).toBe("1=0 >3 4 5");
});

test("what the same person answered in another tab leaves, but not from under their eyes", () => {
  const session = run(batch([1, 2, 3]), { kind: "next" });
  expect(draw(step(session, { kind: "gone", item: 1 }))).toBe(">2 3");
  expect(draw(step(session, { kind: "gone", item: 2 }))).toBe("1 >2 3");
  expect(draw(step(session, { kind: "gone", item: 3 }))).toBe("1 >2");
});

test("an answer that the server refused no longer stands, nor can it be undone", () => {
  const session = run(batch([1, 2]), answer(1, 0), { kind: "retracted", item: 1, key: "k1" });
  expect(draw(session)).toBe("1 >2");
  expect(session.given).toEqual([]);
});

test("items ahead come before those passed over", () => {
  const session = run(batch([1, 2, 3, 4]), { kind: "next" }, { kind: "next" }, answer(4, 0));
  expect(openAhead(session).map((it) => it.question.item)).toEqual([3, 1, 2]);
});
