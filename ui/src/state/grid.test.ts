import { expect, test } from "vitest";

import {
  emptyGrid,
  grouped,
  sizeBeside,
  step,
  targets,
  touched,
  type Event,
  type Grid,
} from "./grid";

const page = (...items: number[]): Event => ({ kind: "turn", items });
const run = (...events: Event[]): Grid => events.reduce(step, emptyGrid);
const selected = (grid: Grid) => [...grid.selected].sort((a, b) => a - b);

test("a page has at most as many tiles as the grid is large, and nothing selected", () => {
  const grid = run({ kind: "resize", size: 4 }, page(9, 8, 7, 6, 5), { kind: "all" });
  expect(grid.page).toEqual([9, 8, 7, 6]);
  expect(selected(grid)).toEqual([6, 7, 8, 9]);
  expect(selected(step(grid, page(1, 2)))).toEqual([]);
  expect(step(grid, page(1, 2)).focus).toBe(1);
});

test("shift selects from the focus to the tile, in both directions", () => {
  const grid = run(page(10, 20, 30, 40), { kind: "toggle", item: 30 });
  expect(selected(step(grid, { kind: "range", to: 10 }))).toEqual([10, 20, 30]);
  expect(selected(step(grid, { kind: "range", to: 40 }))).toEqual([30, 40]);
});

test("a drag gives back what it leaves, but not what was selected before", () => {
  const before = run(page(1, 2, 3, 4), { kind: "toggle", item: 4 });
  const wide = step(before, { kind: "drag", items: [1, 2, 3], before: before.selected });
  const narrow = step(wide, { kind: "drag", items: [1], before: before.selected });
  expect(selected(wide)).toEqual([1, 2, 3, 4]);
  expect(selected(narrow)).toEqual([1, 4]);
});

test("the focus stays on the page", () => {
  const grid = run(page(1, 2, 3), { kind: "move", by: 1 });
  expect(grid.focus).toBe(2);
  expect(step(grid, { kind: "move", by: 2 }).focus).toBe(2);
  expect(step(grid, { kind: "move", by: -1 }).focus).toBe(1);
});

test("a key answers the open selected items, or the one in focus", () => {
  const isOpen = (item: number) => item !== 2;
  const grid = run(page(1, 2, 3));
  expect(targets(grid, isOpen)).toEqual([1]);
  expect(targets(step(grid, { kind: "all" }), isOpen)).toEqual([1, 3]);
  expect(targets(step(grid, { kind: "toggle", item: 2 }), isOpen)).toEqual([]);
});

test("after an answer nothing is selected and the focus goes on to an open item", () => {
  const grid = run(page(1, 2, 3, 4), { kind: "toggle", item: 2 }, { kind: "toggle", item: 3 });
  const next = step(grid, { kind: "answered", left: [1, 4] });
  expect([selected(next), next.focus]).toEqual([[], 4]);
  expect(step(next, { kind: "answered", left: [1] }).focus).toBe(1);
  expect(step(next, { kind: "answered", left: [] }).focus).toBe(4);
});

test("sizes go from 4 to 100 and no further", () => {
  expect(sizeBeside(16, 1)).toBe(25);
  expect(sizeBeside(4, -1)).toBe(4);
  expect(sizeBeside(100, 1)).toBe(100);
});

test("equal suggestions stand together, the surest first, unsuggested last", () => {
  const asked = (id: string, cls?: number, confidence = 0) => ({
    id,
    suggestion: cls === undefined ? null : { class: cls, confidence },
  });
  const all = [asked("a"), asked("b", 1, 0.4), asked("c", 0, 0.2), asked("d", 1, 0.9)];
  expect(grouped(all).map((it) => it.id)).toEqual(["c", "d", "b", "a"]);
});

test("a rectangle touches tiles from any corner, not those at its edge", () => {
  const tile = (item: number, left: number) => ({
    item,
    box: { left, top: 0, right: left + 10, bottom: 10 },
  });
  const tiles = [tile(1, 0), tile(2, 20), tile(3, 40)];
  expect(touched(tiles, { x: 25, y: 5 }, { x: 5, y: 50 })).toEqual([1, 2]);
  expect(touched(tiles, { x: 10, y: 2 }, { x: 40, y: 3 })).toEqual([2]);
});
