// The plane on which the map lies, as pure functions: where one looks, which
// points a lasso holds, which one is under the pointer. Draws nothing.

export type Point = Readonly<{ x: number; y: number }>;
export type Size = Readonly<{ width: number; height: number }>;

/** The place of the map in the middle of the screen, and pixels per unit of the map. */
export type Camera = Readonly<{ x: number; y: number; scale: number }>;

const MOST_ZOOM = 400;
const MARGIN = 0.94;

/** How far points lie from the middle of the map, at most: 1 each way if nothing is known of them. */
export type Reach = Readonly<{ x: number; y: number }>;
const FULL_REACH: Reach = { x: 1, y: 1 };

/** The camera that sees all of a map that reaches so far. */
export function wholeMap({ width, height }: Size, reach: Reach = FULL_REACH): Camera {
  const scale = Math.min(Math.max(1, width) / reach.x, Math.max(1, height) / reach.y);
  return { x: 0, y: 0, scale: (MARGIN * scale) / 2 };
}

/** A map without points, or with all of them in the middle, is shown as if it reached everywhere. */
export function reachOf(xs: Float32Array, ys: Float32Array): Reach {
  const farthest = (values: Float32Array) =>
    values.reduce((most, it) => Math.max(most, Math.abs(it)), 0);
  const [x, y] = [farthest(xs), farthest(ys)];
  const least = Math.max(x, y) / 4;
  return least === 0 ? FULL_REACH : { x: Math.max(x, least), y: Math.max(y, least) };
}

export function toScreen(camera: Camera, size: Size, at: Point): Point {
  return {
    x: size.width / 2 + (at.x - camera.x) * camera.scale,
    y: size.height / 2 - (at.y - camera.y) * camera.scale,
  };
}

export function toMap(camera: Camera, size: Size, at: Point): Point {
  return {
    x: camera.x + (at.x - size.width / 2) / camera.scale,
    y: camera.y - (at.y - size.height / 2) / camera.scale,
  };
}

/** Moves the map by pixels, never so far that it is lost. */
export function movedBy(camera: Camera, dx: number, dy: number): Camera {
  const clamp = (value: number) => Math.max(-1, Math.min(1, value));
  return {
    ...camera,
    x: clamp(camera.x - dx / camera.scale),
    y: clamp(camera.y + dy / camera.scale),
  };
}

/** Zooms so that the place under `at` stays where it is. */
export function zoomedAt(camera: Camera, size: Size, at: Point, factor: number): Camera {
  const whole = wholeMap(size).scale;
  const scale = Math.max(whole / 2, Math.min(MOST_ZOOM * whole, camera.scale * factor));
  const fixed = toMap(camera, size, at);
  const next = { ...camera, scale };
  const now = toScreen(next, size, fixed);
  return movedBy(next, at.x - now.x, at.y - now.y);
}

/** The camera that sees all of `points`, with some room around; the whole map where there are none. */
export function fitted(size: Size, points: readonly Point[]): Camera {
  if (points.length === 0) return wholeMap(size);
  const xs = points.map((it) => it.x);
  const ys = points.map((it) => it.y);
  const [left, right] = [least(xs), most(xs)];
  const [bottom, top] = [least(ys), most(ys)];
  const room = Math.max(0.05, 1.4 * (right - left), 1.4 * (top - bottom));
  const scale = Math.min(size.width, size.height) / room;
  return { x: (left + right) / 2, y: (bottom + top) / 2, scale };
}

const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), Infinity);
const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), -Infinity);

/** Rows of the points inside of `outline`, a closed polygon (even-odd rule), in order. */
export function rowsInside(
  xs: Float32Array,
  ys: Float32Array,
  outline: readonly Point[],
): number[] {
  if (outline.length < 3) return [];
  const left = least(outline.map((it) => it.x));
  const right = most(outline.map((it) => it.x));
  const bottom = least(outline.map((it) => it.y));
  const top = most(outline.map((it) => it.y));
  const rows: number[] = [];
  for (const [row, x] of xs.entries()) {
    const y = ys[row] ?? NaN;
    const isNear = left <= x && x <= right && bottom <= y && y <= top;
    if (isNear && isInside(x, y, outline)) rows.push(row);
  }
  return rows;
}

function isInside(x: number, y: number, outline: readonly Point[]): boolean {
  let isIn = false;
  let before = outline.at(-1) ?? { x: 0, y: 0 };
  for (const corner of outline) {
    const isCrossed = y < corner.y !== y < before.y;
    const crossing = ((before.x - corner.x) * (y - corner.y)) / (before.y - corner.y) + corner.x;
    if (isCrossed && x < crossing) isIn = !isIn;
    before = corner;
  }
  return isIn;
}

/** The points sorted into square cells, so that the nearest is found among few. */
export type Cells = Readonly<{
  xs: Float32Array;
  ys: Float32Array;
  start: Uint32Array;
  rows: Uint32Array;
}>;

const CELLS_ACROSS = 128;
const cellOf = (value: number): number =>
  Math.max(0, Math.min(CELLS_ACROSS - 1, Math.floor(((value + 1) / 2) * CELLS_ACROSS)));

/** Linear in the number of points. */
export function cellsOf(xs: Float32Array, ys: Float32Array): Cells {
  const start = new Uint32Array(CELLS_ACROSS * CELLS_ACROSS + 1);
  const cells = Uint32Array.from(xs, (x, row) => cellOf(ys[row] ?? 0) * CELLS_ACROSS + cellOf(x));
  for (const cell of cells) start[cell + 1] = (start[cell + 1] ?? 0) + 1;
  for (let cell = 1; cell < start.length; cell++) {
    start[cell] = (start[cell] ?? 0) + (start[cell - 1] ?? 0);
  }
  const next = start.slice();
  const rows = new Uint32Array(xs.length);
  for (const [row, cell] of cells.entries()) {
    const at = next[cell] ?? 0;
    rows[at] = row;
    next[cell] = at + 1;
  }
  return { xs, ys, start, rows };
}

/** The row of the point nearest to `at` that is shown and at most `radius` away, or `null`. */
export function nearest(
  cells: Cells,
  at: Point,
  radius: number,
  isShown: (row: number) => boolean,
): number | null {
  let best: number | null = null;
  let bestSquare = radius * radius;
  for (let cy = cellOf(at.y - radius); cy <= cellOf(at.y + radius); cy++) {
    const from = cells.start[cy * CELLS_ACROSS + cellOf(at.x - radius)] ?? 0;
    const to = cells.start[cy * CELLS_ACROSS + cellOf(at.x + radius) + 1] ?? 0;
    for (let i = from; i < to; i++) {
      const row = cells.rows[i] ?? 0;
      const square = ((cells.xs[row] ?? 0) - at.x) ** 2 + ((cells.ys[row] ?? 0) - at.y) ** 2;
      if (square <= bestSquare && isShown(row)) {
        best = row;
        bestSquare = square;
      }
    }
  }
  return best;
}
