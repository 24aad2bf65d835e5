import { expect, test } from "vitest";

import {
  AT_FIRST,
  EVERYTHING,
  exploring,
  isBeyondMap,
  isOnMap,
  MOST_AT_ONCE,
  nFilters,
  NO_CLASS,
  queryOf,
  withLabels,
  type Explored,
} from "./explore";

const points = {
  item: Uint32Array.of(10, 11, 12, 13),
  x: new Float32Array(4),
  y: new Float32Array(4),
  class: Uint16Array.of(0, 1, NO_CLASS, 1),
  origin: Uint8Array.of(1, 4, 0, 2),
  confidence: Uint8Array.of(0, 204, 0, 255),
};
const rows = (filter: Partial<typeof EVERYTHING>) =>
  [0, 1, 2, 3].filter(isOnMap(points, { ...EVERYTHING, ...filter }));

test("an untouched filter asks for everything", () => {
  expect(queryOf(EVERYTHING, null)).toEqual({ sort: "id", is_descending: false });
  expect(nFilters(EVERYTHING)).toBe(0);
});

test("each filter that is set is a field of the query", () => {
  const filter = {
    text: " profit ",
    class: 2,
    origins: ["person", "auto"] as const,
    annotator: "li",
    isFlagged: true,
    minConfidence: 0.2,
    maxConfidence: 0.9,
    sort: "confidence" as const,
    isDescending: true,
  };
  expect(queryOf(filter, [3, 4])).toEqual({
    ids: [3, 4],
    text: "profit",
    class: 2,
    origin: ["person", "auto"],
    annotator: "li",
    is_flagged: true,
    min_confidence: 0.2,
    max_confidence: 0.9,
    sort: "confidence",
    is_descending: true,
  });
  expect(nFilters(filter)).toBe(6);
  expect(queryOf(EVERYTHING, [])).toMatchObject({ ids: [] });
});

test("the map hides what the filters exclude", () => {
  expect(rows({})).toEqual([0, 1, 2, 3]);
  expect(rows({ class: 1 })).toEqual([1, 3]);
  expect(rows({ origins: ["none"] })).toEqual([2]);
  expect(rows({ origins: ["auto", "person"] })).toEqual([0, 3]);
  expect(rows({ minConfidence: 0.8 })).toEqual([1, 3]);
  expect(rows({ minConfidence: 0.81 })).toEqual([3]);
  expect(rows({ maxConfidence: 0.8 })).toEqual([0, 1, 2]);
});

test("labels just given are on the map, and the map before stays as it was", () => {
  const labelled = withLabels(
    points,
    new Map([
      [11, 0],
      [12, null],
      [99, 1],
    ]),
  );
  expect([...labelled.class]).toEqual([0, 0, NO_CLASS, 1]);
  expect([...labelled.origin]).toEqual([1, 1, 0, 2]);
  expect([...points.class]).toEqual([0, 1, NO_CLASS, 1]);
  expect(labelled.x).toBe(points.x);
});

const after = (...events: Explored[]) => events.reduce(exploring, AT_FIRST);

test("filters that the map knows are told from those it does not", () => {
  expect(isBeyondMap({ ...EVERYTHING, class: 1, minConfidence: 0.4 })).toBe(false);
  expect(isBeyondMap({ ...EVERYTHING, text: "profit" })).toBe(true);
  expect(isBeyondMap({ ...EVERYTHING, isFlagged: true })).toBe(true);
});

test("clearing lets go of the ticks first, then of the lasso", () => {
  const held = after(
    { kind: "lassoed", items: [4, 5, 6] },
    { kind: "picked", items: [5, 6], isOn: true },
    { kind: "picked", items: [6], isOn: false },
  );
  expect([...held.picked]).toEqual([5]);
  const once = exploring(held, { kind: "cleared" });
  expect([...once.picked]).toEqual([]);
  expect(once.within).toEqual({ kind: "lasso", items: [4, 5, 6], nCut: 0 });
  expect(exploring(once, { kind: "cleared" }).within).toBe(null);
});

test("another view of the pool lets go of what was ticked in the last one", () => {
  const picked = { kind: "picked", items: [5], isOn: true } as const;
  for (const event of [
    { kind: "filtered", part: { text: "a" } },
    { kind: "unfiltered" },
    { kind: "lassoed", items: [1] },
    { kind: "likened", item: 3, name: "three" },
  ] as const) {
    expect(after(picked, event).picked.size, event.kind).toBe(0);
  }
});

test("removing the filters keeps the order", () => {
  const { filter } = after(
    { kind: "filtered", part: { text: "a", sort: "confidence", isDescending: true } },
    { kind: "unfiltered" },
  );
  expect(filter).toEqual({ ...EVERYTHING, sort: "confidence", isDescending: true });
});

test("a lasso is cut to what one request may hold, and an empty one holds nothing", () => {
  const items = Array.from({ length: MOST_AT_ONCE + 7 }, (_, i) => i);
  expect(after({ kind: "lassoed", items }).within).toMatchObject({ nCut: 7 });
  expect(after({ kind: "lassoed", items: [] }).within).toBe(null);
});
