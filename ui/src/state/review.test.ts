import { expect, test } from "vitest";

import type { Annotation, ReviewItem } from "../api.types";
import {
  nOpenBehind,
  NOTHING_TO_REVIEW,
  reviewing,
  sidesOf,
  standing,
  type Reviewing,
} from "./review";

const said = (annotator: string, chosen: number | null, at: number): Annotation => ({
  id: at,
  item: 1,
  name: "a",
  content: { kind: "text", text: "" },
  class: chosen,
  annotator,
  purpose: "training",
  answered_at: `2025-01-0${at}T00:00:00Z`,
  took_ms: null,
});
const item = (n: number, more: Partial<ReviewItem> = {}): ReviewItem => ({
  item: n,
  name: `item ${n}`,
  content: { kind: "text", text: "" },
  kind: "suspect",
  said: [],
  prediction: null,
  self_confidence: null,
  remarks: [],
  ...more,
});
const queue = (...numbers: number[]): Reviewing =>
  reviewing(NOTHING_TO_REVIEW, {
    kind: "loaded",
    items: numbers.map((it) => item(it)),
    isFirst: true,
  });
const settle = (state: Reviewing, n: number) =>
  reviewing(state, { kind: "settled", item: n, class: 0, key: `k${n}` });

test("settling goes to the next open item, around the end too", () => {
  let state = reviewing(queue(7, 8, 9), { kind: "went", to: 1 });
  state = settle(state, 8);
  expect([state.at, nOpenBehind(state)]).toEqual([2, 0]);
  state = settle(state, 9);
  expect([state.at, nOpenBehind(state)]).toEqual([0, 0]);
  state = settle(state, 7);
  expect(state.at).toBe(0);
});

test("undo returns to the item that was settled last", () => {
  const state = reviewing(settle(settle(queue(7, 8, 9), 7), 8), { kind: "undone" });
  expect([state.at, nOpenBehind(state)]).toEqual([1, 1]);
  expect(reviewing(queue(7), { kind: "undone" })).toEqual(queue(7));
});

test("more items are added once, and a first page replaces", () => {
  const more = reviewing(queue(1, 2), {
    kind: "loaded",
    items: [item(2), item(3)],
    isFirst: false,
  });
  expect(more.items.map((it) => it.item)).toEqual([1, 2, 3]);
  expect(reviewing(settle(more, 1), { kind: "loaded", items: [item(9)], isFirst: true })).toEqual(
    queue(9),
  );
});

test("what comes late is shown at once where all the others were settled", () => {
  const state = reviewing(settle(settle(queue(1, 2), 1), 2), {
    kind: "loaded",
    items: [item(3)],
    isFirst: false,
  });
  expect(state.items[state.at]?.item).toBe(3);
});

test("an item that was resolved is done, too, and is not undone", () => {
  let state = reviewing(queue(1, 2, 3), { kind: "resolved", item: 1 });
  expect([state.at, nOpenBehind(state)]).toEqual([1, 1]);
  state = reviewing(settle(state, 2), { kind: "undone" });
  expect([state.at, nOpenBehind(state)]).toEqual([1, 1]);
  expect(reviewing(settle(settle(state, 3), 2), { kind: "undone" }).at).toBe(1);
});

test("one does not go beyond the ends", () => {
  expect(reviewing(queue(1, 2), { kind: "went", to: 5 }).at).toBe(1);
  expect(reviewing(queue(1, 2), { kind: "went", to: -1 }).at).toBe(0);
  expect(reviewing(NOTHING_TO_REVIEW, { kind: "went", to: 3 }).at).toBe(0);
});

const prediction = { class: 2, confidence: 0.7, model_version: 1, ranked: [] };

test("sides put together who says the same, the model among them", () => {
  const sides = sidesOf(
    item(1, {
      said: [said("anna", 0, 1), said("li", 2, 2), said("bo", 2, 3), said("kim", null, 4)],
      prediction,
    }),
  );
  expect(sides.map((it) => [it.class, it.said.map((a) => a.annotator), it.model !== null])).toEqual(
    [
      [2, ["li", "bo"], true],
      [0, ["anna"], false],
    ],
  );
});

test("the last answer stands, skips do not, and the model's comes last", () => {
  expect(standing(item(1, { said: [said("a", 1, 2), said("b", 0, 1)], prediction }))).toBe(1);
  expect(standing(item(1, { said: [said("a", null, 2)], prediction }))).toBe(2);
  expect(standing(item(1))).toBe(null);
});
