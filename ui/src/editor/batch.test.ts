import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { api, ApiError } from "../api";
import type { Batch } from "../api.types";
import * as store from "../app/journalStore";
import { current, emptySession, step } from "../state/session";
import { AHEAD, askBatch, askFirst, firstSession, takeFirst, type Filled } from "./batch";

const batch = (...items: number[]): Batch => ({
  questions: items.map(
    (item) => ({ item, content: { kind: "text", text: "" } }) as Batch["questions"][number],
  ),
  phase: "training",
  n_left: null,
  n_audit: null,
  gone: [],
});

const select = vi.spyOn(api, "select");
beforeEach(() => void select.mockReset().mockResolvedValue(batch(7, 8)));
afterEach(() => void takeFirst("", ""));

test("what was asked for ahead begins the session, and is taken once", async () => {
  void askFirst("p", "anna");
  expect(firstSession("p", "anna"), "still on its way").toBe(emptySession);
  await vi.waitFor(() => expect(current(firstSession("p", "anna"))?.question.item, "here").toBe(7));
  expect(select.mock.calls).toEqual([["p", { n: AHEAD, have: [] }]]);
  expect((await takeFirst("p", "anna"))?.batch).toEqual(batch(7, 8));
  expect(await takeFirst("p", "anna")).toBeNull();
  expect(firstSession("p", "anna")).toBe(emptySession);
});

test("nobody else gets it, and no other project", async () => {
  void askFirst("p", "anna");
  await vi.waitFor(() => expect(firstSession("p", "anna")).not.toBe(emptySession));
  expect(firstSession("p", "ben")).toBe(emptySession);
  expect(firstSession("q", "anna")).toBe(emptySession);
  expect(await takeFirst("p", "ben")).toBeNull();
});

test("an empty batch and a refusal leave asking to the page", async () => {
  select.mockResolvedValue({ ...batch(), phase: "opening" });
  void askFirst("p", "anna");
  expect(await takeFirst("p", "anna")).toBeNull();
  select.mockRejectedValue(new ApiError(500, { code: "internal", message: "no" }));
  void askFirst("p", "anna");
  expect(await takeFirst("p", "anna")).toBeNull();
});

test("what is not sent yet is asked for beside, and told", async () => {
  const answer = { key: "k", item: 7, class: 1, lease: null, purpose: "training" } as const;
  const annotation = { ...answer, asked_at: null, took_ms: null, suggestion: null };
  const told = { kind: "annotate", annotation } as const;
  const undo = { kind: "undo", key: "u", of: "k10", item: 10 } as const;
  const line = { project: "p", user: "anna", isTried: false };
  await store.append([
    { ...line, told },
    { ...line, told: undo },
  ]);
  const given = (item: number) =>
    ({ kind: "answer", answers: [{ item, key: `k${item}`, class: 1 }] }) as const;
  const took = { kind: "batch", batch: batch(7, 8, 9, 10), unsent: new Set(), settled: new Set() };
  const session = [took as Filled, given(7), given(9)].reduce(step, emptySession);
  const filled = await askBatch("p", "anna", { n: 10 }, session);
  expect(select.mock.calls).toEqual([["p", { n: 11, have: [8] }]]);
  expect([...filled.unsent]).toEqual([7]);
  expect([...filled.settled]).toEqual([9]);
});
