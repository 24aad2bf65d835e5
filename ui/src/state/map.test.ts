import { expect, test } from "vitest";

import { mapFromBytes } from "./map";

/** Two items, written byte by byte as the contract says. */
function bytes(n = 2, magic = 0x414e4d31): ArrayBuffer {
  const buffer = new ArrayBuffer(8 + 16 * n);
  const view = new DataView(buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, n, true);
  [7, 70_000].forEach((item, i) => view.setUint32(8 + 4 * i, item, true));
  [-1, 0.5].forEach((x, i) => view.setFloat32(8 + 4 * n + 4 * i, x, true));
  [0.25, 1].forEach((y, i) => view.setFloat32(8 + 8 * n + 4 * i, y, true));
  [3, 65_535].forEach((it, i) => view.setUint16(8 + 12 * n + 2 * i, it, true));
  [1, 4].forEach((it, i) => view.setUint8(8 + 14 * n + i, it));
  [0, 255].forEach((it, i) => view.setUint8(8 + 15 * n + i, it));
  return buffer;
}

test("a map is split into its arrays", () => {
  const points = mapFromBytes(bytes());
  expect(Object.fromEntries(Object.entries(points).map(([k, it]) => [k, [...it]]))).toEqual({
    item: [7, 70_000],
    x: [-1, 0.5],
    y: [0.25, 1],
    class: [3, 65_535],
    origin: [1, 4],
    confidence: [0, 255],
  });
});

test("an empty map is a map", () => {
  const empty = new ArrayBuffer(8);
  new DataView(empty).setUint32(0, 0x414e4d31, true);
  expect(mapFromBytes(empty).item).toHaveLength(0);
});

test("other bytes, and too few of them, are refused", () => {
  expect(() => mapFromBytes(bytes(2, 1))).toThrow("something else than a map");
  expect(() => mapFromBytes(bytes().slice(0, -1))).toThrow("a map of 2 items cannot have 39 bytes");
  expect(() => mapFromBytes(new ArrayBuffer(4))).toThrow("something else than a map");
});
