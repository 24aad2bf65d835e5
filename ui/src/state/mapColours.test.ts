import { expect, test } from "vitest";

import { NO_CLASS } from "./explore";
import { coloursOf, DIM, mixed, PLAIN, rgbOf, standingsOf, STRONG } from "./mapColours";

const points = {
  item: Uint32Array.of(10, 11, 12),
  x: new Float32Array(3),
  y: new Float32Array(3),
  class: Uint16Array.of(1, 0, NO_CLASS),
  origin: Uint8Array.of(1, 4, 0),
  confidence: Uint8Array.of(0, 255, 90),
};
const palette = {
  classes: [
    [1, 2, 3],
    [4, 5, 6],
  ],
  origins: [
    [10, 0, 0],
    [11, 0, 0],
    [12, 0, 0],
    [13, 0, 0],
    [14, 0, 0],
  ],
  none: [9, 9, 9],
  low: [0, 0, 0],
  high: [200, 100, 50],
} as const;

test("both ways of writing a colour are read", () => {
  expect(rgbOf("#0072B2")).toEqual([0, 114, 178]);
  expect(rgbOf("rgb(98, 201, 192)")).toEqual([98, 201, 192]);
  expect(rgbOf("oddly")).toEqual([128, 128, 128]);
});

test("each point has the colour of its label, its confidence or its origin", () => {
  expect([...coloursOf(points, "label", palette)]).toEqual([4, 5, 6, 0, 1, 2, 3, 0, 9, 9, 9, 0]);
  expect([...coloursOf(points, "confidence", palette)]).toEqual([
    0, 0, 0, 0, 200, 100, 50, 0, 9, 9, 9, 0,
  ]);
  expect([...coloursOf(points, "origin", palette)]).toEqual([
    11, 0, 0, 0, 14, 0, 0, 0, 10, 0, 0, 0,
  ]);
});

test("a class that was removed since the map was made is drawn as none", () => {
  const stale = { ...points, class: Uint16Array.of(7, 0, 1) };
  expect([...coloursOf(stale, "label", palette).slice(0, 3)]).toEqual([9, 9, 9]);
});

test("a mixture lies between its ends", () => {
  expect(mixed([0, 0, 0], [200, 100, 50], 0.5)).toEqual([100, 50, 25]);
});

test("what is picked stands out even where a filter hides it", () => {
  const isShown = (row: number) => row !== 2;
  expect([...standingsOf(points, isShown, null, new Set())]).toEqual([PLAIN, PLAIN, DIM]);
  expect([...standingsOf(points, isShown, new Set([11, 12]), new Set([12]))]).toEqual([
    DIM,
    PLAIN,
    STRONG,
  ]);
});
