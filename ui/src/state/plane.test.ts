import { expect, test } from "vitest";

import {
  cellsOf,
  fitted,
  movedBy,
  nearest,
  reachOf,
  rowsInside,
  toMap,
  toScreen,
  wholeMap,
  zoomedAt,
} from "./plane";

const size = { width: 800, height: 400 };
const drawn = (seed: number, n: number) => {
  let state = seed;
  const next = () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
  return Float32Array.from({ length: n }, next);
};

test("the screen and the map are each other's inverse", () => {
  const camera = { x: 0.3, y: -0.2, scale: 750 };
  const there = toScreen(camera, size, { x: 0.25, y: 0.1 });
  const back = toMap(camera, size, there);
  expect(back.x).toBeCloseTo(0.25, 12);
  expect(back.y).toBeCloseTo(0.1, 12);
  expect(toScreen(wholeMap(size), size, { x: 0, y: 1 }).y).toBeGreaterThan(0);
});

test("zooming keeps the place under the pointer, and has limits", () => {
  const at = { x: 560, y: 90 };
  const before = wholeMap(size);
  const after = zoomedAt(before, size, at, 3);
  expect(after.scale).toBeCloseTo(3 * before.scale, 9);
  expect(toMap(after, size, at).x).toBeCloseTo(toMap(before, size, at).x, 9);
  expect(toMap(after, size, at).y).toBeCloseTo(toMap(before, size, at).y, 9);
  expect(zoomedAt(before, size, at, 1e9).scale).toBeCloseTo(400 * before.scale, 6);
});

test("the map cannot be moved out of sight", () => {
  expect(movedBy({ x: 0, y: 0, scale: 100 }, 50, 50)).toEqual({ x: -0.5, y: 0.5, scale: 100 });
  expect(movedBy({ x: 0, y: 0, scale: 100 }, -900, 0).x).toBe(1);
});

test("a flat map fills the width, and a map without points is shown whole", () => {
  const reach = reachOf(Float32Array.of(-0.9, 0.4), Float32Array.of(0.3, -0.45));
  expect(reach.x).toBeCloseTo(0.9, 6);
  expect(reach.y).toBeCloseTo(0.45, 6);
  const camera = wholeMap(size, reach);
  expect(toScreen(camera, size, { x: -0.9, y: 0 }).x).toBeGreaterThan(0);
  expect(camera.scale).toBeGreaterThan(2 * wholeMap(size).scale);
  expect(reachOf(new Float32Array(), new Float32Array())).toEqual({ x: 1, y: 1 });
});

test("a fitted camera shows every point", () => {
  const points = [
    { x: -0.5, y: 0.1 },
    { x: 0.5, y: 0.4 },
    { x: 0.2, y: -0.3 },
  ];
  const camera = fitted(size, points);
  for (const point of points) {
    const { x, y } = toScreen(camera, size, point);
    expect(0 <= x && x <= size.width && 0 <= y && y <= size.height).toBe(true);
  }
  expect(fitted(size, [])).toEqual(wholeMap(size));
});

test("a lasso holds what is inside of it, not what its hollow spares", () => {
  const xs = Float32Array.of(0.1, 0.5, 0.9, 0.5, 2);
  const ys = Float32Array.of(0.1, 0.9, 0.5, 0.1, 0.5);
  // A U: the point (0.5, 0.9) lies between its arms.
  const u = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0.8, 1],
    [0.8, 0.2],
    [0.2, 0.2],
    [0.2, 1],
    [0, 1],
  ].map(([x = 0, y = 0]) => ({ x, y }));
  expect(rowsInside(xs, ys, u)).toEqual([0, 2, 3]);
  expect(rowsInside(xs, ys, u.slice(0, 2))).toEqual([]);
});

test("the nearest point is the one that looking at all of them finds", () => {
  const xs = drawn(1, 3000);
  const ys = drawn(2, 3000);
  const cells = cellsOf(xs, ys);
  const ats = Array.from(drawn(3, 60), (x, i) => ({ x, y: drawn(4, 60)[i] ?? 0 }));
  const isShown = (row: number) => row % 3 !== 0;
  for (const at of ats) {
    const square = (row: number) => ((xs[row] ?? 0) - at.x) ** 2 + ((ys[row] ?? 0) - at.y) ** 2;
    const among = Array.from(xs.keys()).filter((it) => isShown(it) && square(it) <= 0.04 ** 2);
    const best = among.reduce<number | null>(
      (a, b) => (a === null || square(b) < square(a) ? b : a),
      null,
    );
    expect(nearest(cells, at, 0.04, isShown)).toBe(best);
  }
});

test("points on the very edge are found too", () => {
  const cells = cellsOf(Float32Array.of(1, -1), Float32Array.of(1, -1));
  expect(nearest(cells, { x: 0.99, y: 0.99 }, 0.05, () => true)).toBe(0);
  expect(nearest(cells, { x: -1, y: -1 }, 0.05, () => true)).toBe(1);
  expect(nearest(cells, { x: 0, y: 0 }, 0.05, () => true)).toBe(null);
});
