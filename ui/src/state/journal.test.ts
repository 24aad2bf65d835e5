import { expect, test } from "vitest";

import type { NewAnnotation } from "../api.types";
import {
  afterFailure,
  itemsUnsent,
  nextToSend,
  sortAcknowledged,
  takeBack,
  type Line,
} from "./journal";

const annotation = (key: string, item: number): NewAnnotation => ({
  key,
  item,
  class: 0,
  lease: null,
  purpose: "training",
  asked_at: null,
  took_ms: null,
  suggestion: null,
});
const around = { project: "p", user: "anna" };
const answer = (seq: number, isTried = false): Line => ({
  ...around,
  seq,
  isTried,
  told: { kind: "annotate", annotation: annotation(`k${seq}`, 10 + seq) },
});
const undo = (seq: number, of: number): Line => ({
  ...around,
  seq,
  isTried: false,
  told: { kind: "undo", key: `k${seq}`, of: `k${of}`, item: 10 + of },
});
const seqs = (lines: readonly Line[]) => lines.map((it) => it.seq);

test("answers go together, an undo goes alone and in its place", () => {
  expect(seqs(nextToSend([answer(1), answer(2), undo(3, 2), answer(4)]))).toEqual([1, 2]);
  expect(seqs(nextToSend([undo(3, 2), answer(4)]))).toEqual([3]);
  expect(nextToSend([])).toEqual([]);
  const many = Array.from({ length: 130 }, (_, i) => answer(i));
  expect(nextToSend(many)).toHaveLength(100);
});

test("an answer that was never sent is struck out, one that may have arrived is undone", () => {
  expect(takeBack([answer(1), answer(2)], "k2")).toEqual({ kind: "strike", seq: 2 });
  expect(takeBack([answer(1), answer(2, true)], "k2")).toEqual({ kind: "tell" });
  expect(takeBack([], "k2")).toEqual({ kind: "tell" });
});

test("an item whose unsent answer is undone is open again", () => {
  expect([...itemsUnsent([answer(1), answer(2, true), undo(3, 2)])]).toEqual([11]);
});

test("what the server does not mention stays", () => {
  const sent = [answer(1), answer(2), answer(3)];
  const said = {
    accepted: [{ key: "k1", annotation: 7 }],
    refused: [{ key: "k2", code: "not_found", message: "no item 12" }],
  };
  const { settled, refused } = sortAcknowledged(sent, said);
  expect(seqs(settled)).toEqual([1]);
  expect(refused.map((it) => [it.line.seq, it.message])).toEqual([[2, "no item 12"]]);
});

test("lines wait for the network, a login and a busy server, and are dropped when senseless", () => {
  expect([0, 401, 403, 429, 500, 503].map(afterFailure)).toEqual(Array(6).fill("wait"));
  expect([400, 404, 409, 413, 422].map(afterFailure)).toEqual(Array(5).fill("drop"));
});
