import { expect, test } from "vitest";

import { EVERYTHING, isOnMap, nFilters, NO_CLASS, queryOf, withLabels } from "./explore";

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
    class: null,
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
    class: null,
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
  expect(rows({ class: null })).toEqual([2]);
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
