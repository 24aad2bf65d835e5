// The grid for bulk answers, as a pure state machine: which items stand on the
// page, which are selected, where the keyboard is. The answers themselves are
// in the session; a tile that is answered keeps its place until the page turns.

export type Grid = Readonly<{
  size: number; // most tiles on a page
  page: readonly number[]; // items, in the order of the tiles
  selected: ReadonlySet<number>;
  focus: number | null; // the item that keys act on
}>;

export type Event =
  | Readonly<{ kind: "turn"; items: readonly number[] }>
  | Readonly<{ kind: "resize"; size: number }>
  | Readonly<{ kind: "toggle"; item: number }>
  | Readonly<{ kind: "range"; to: number }> // from the focus to this item
  | Readonly<{ kind: "drag"; items: readonly number[]; before: ReadonlySet<number> }>
  | Readonly<{ kind: "all" }>
  | Readonly<{ kind: "none" }>
  | Readonly<{ kind: "focus"; item: number }>
  | Readonly<{ kind: "move"; by: number }>
  | Readonly<{ kind: "answered"; left: readonly number[] }>; // what is still open on the page

export const SIZES: readonly number[] = [4, 9, 16, 25, 36, 64, 100];

export const emptyGrid: Grid = { size: 16, page: [], selected: new Set(), focus: null };

export function step(grid: Grid, event: Event): Grid {
  switch (event.kind) {
    case "turn": {
      const page = event.items.slice(0, grid.size);
      return { ...grid, page, selected: new Set(), focus: page[0] ?? null };
    }
    case "resize":
      return { ...grid, size: event.size };
    case "toggle":
      return { ...grid, selected: toggled(grid.selected, event.item), focus: event.item };
    case "range":
      return {
        ...grid,
        selected: new Set([...grid.selected, ...between(grid, event.to)]),
        focus: event.to,
      };
    case "drag":
      // A drag adds to what was selected before it began, and gives back what it leaves.
      return { ...grid, selected: new Set([...event.before, ...event.items]) };
    case "all":
      return { ...grid, selected: new Set(grid.page) };
    case "none":
      return { ...grid, selected: new Set() };
    case "focus":
      return { ...grid, focus: event.item };
    case "answered":
      return { ...grid, selected: new Set(), focus: nextIn(grid, event.left) };
    case "move": {
      const at = grid.focus === null ? 0 : grid.page.indexOf(grid.focus) + event.by;
      return grid.page[at] === undefined ? grid : { ...grid, focus: grid.page[at] };
    }
  }
}

/** The first of `left` from the focus onwards, else the first of all. */
function nextIn({ page, focus }: Grid, left: readonly number[]): number | null {
  const from = focus === null ? 0 : page.indexOf(focus);
  return page.slice(from).find((it) => left.includes(it)) ?? left[0] ?? focus;
}

/** What one key answers: the open items that are selected, else the one in focus. */
export function targets(grid: Grid, isOpen: (item: number) => boolean): number[] {
  const chosen = grid.page.filter((it) => grid.selected.has(it));
  const all = chosen.length > 0 || grid.focus === null ? chosen : [grid.focus];
  return all.filter(isOpen);
}

/** The next size up or down. */
export function sizeBeside(size: number, by: 1 | -1): number {
  const at = SIZES.indexOf(size);
  return SIZES[at + by] ?? size;
}

/** Items with the same suggestion stand together, the surest first in each group. */
export function grouped<T extends { suggestion: { class: number; confidence: number } | null }>(
  questions: readonly T[],
): T[] {
  const weight = (it: T) => it.suggestion?.class ?? Number.MAX_SAFE_INTEGER;
  const confidence = (it: T) => it.suggestion?.confidence ?? 0;
  return [...questions].sort((a, b) => weight(a) - weight(b) || confidence(b) - confidence(a));
}

export type Box = Readonly<{ left: number; top: number; right: number; bottom: number }>;

/** The items whose tiles the rectangle between two corners touches. */
export function touched(
  tiles: readonly { item: number; box: Box }[],
  from: { x: number; y: number },
  to: { x: number; y: number },
): number[] {
  const [left, right] = from.x < to.x ? [from.x, to.x] : [to.x, from.x];
  const [top, bottom] = from.y < to.y ? [from.y, to.y] : [to.y, from.y];
  return tiles
    .filter(
      ({ box }) => box.left < right && left < box.right && box.top < bottom && top < box.bottom,
    )
    .map((it) => it.item);
}

function toggled(selected: ReadonlySet<number>, item: number): Set<number> {
  const next = new Set(selected);
  if (!next.delete(item)) next.add(item);
  return next;
}

function between({ page, focus }: Grid, to: number): readonly number[] {
  const ends = [focus === null ? 0 : page.indexOf(focus), page.indexOf(to)].sort((a, b) => a - b);
  return page.slice(ends[0], (ends[1] ?? 0) + 1);
}
