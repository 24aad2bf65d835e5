import { expect, test } from "vitest";

import { fitted, isFitted, sideAt, step, type View } from "./view";

/** Where the picture's pixel (u, v) is drawn. */
const drawnAt = (view: View, u: number, v: number) => [
  view.x + view.zoom * u,
  view.y + view.zoom * v,
];

test("zooming keeps the point under the pointer", () => {
  let view = step(fitted, { kind: "pan", dx: 30, dy: -8 });
  const [u, v] = [(100 - view.x) / view.zoom, (-40 - view.y) / view.zoom];
  for (const factor of [1.5, 2, 0.7]) {
    view = step(view, { kind: "zoom", factor, x: 100, y: -40 });
    const [x, y] = drawnAt(view, u, v);
    expect(x).toBeCloseTo(100, 3);
    expect(y).toBeCloseTo(-40, 3);
  }
  expect(view.zoom).toBeCloseTo(2.1, 5);
});

test("zoom and light have limits, and at a limit nothing moves", () => {
  const near = step(fitted, { kind: "zoom", factor: 1000, x: 50, y: 0 });
  expect(near.zoom).toBe(24);
  expect(step(near, { kind: "zoom", factor: 2, x: -70, y: 9 })).toEqual(near);
  expect(step(fitted, { kind: "brightness", change: -9 }).brightness).toBe(0.2);
  expect(step(fitted, { kind: "contrast", change: 9 }).contrast).toBe(4);
});

test("the next picture is fitted and keeps its light; fit resets both", () => {
  const lit = step(step(fitted, { kind: "brightness", change: 0.5 }), {
    kind: "pan",
    dx: 5,
    dy: 5,
  });
  expect(step(lit, { kind: "newItem" })).toEqual({ ...fitted, brightness: 1.5 });
  expect(isFitted(lit)).toBe(false);
  expect(isFitted(step(lit, { kind: "fit" }))).toBe(true);
});

test("zoomed in, a picture is fetched as large as it is looked at, and no larger than it is", () => {
  expect([0.5, 1, 1.1, 2, 3, 24].map((it) => sideAt(it, 12_000))).toEqual([
    1280, 1280, 2560, 2560, 5120, 5120,
  ]);
  expect([1, 3, 24].map((it) => sideAt(it, 2000))).toEqual([1280, 2560, 2560]);
  expect(sideAt(24, 640)).toBe(1280);
});
