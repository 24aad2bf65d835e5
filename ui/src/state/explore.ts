// What is looked for in the pool, as pure functions: the filters of the list,
// the query they make, which points of the map they leave, and what is chosen.
// Asks nobody.

import type { ItemQuery, MapPoints, Origin } from "../api.types";

export const ORIGINS: readonly Origin[] = ["none", "person", "auto", "imported", "predicted"];
export type Sort = NonNullable<ItemQuery["sort"]>;
export const SORTS: readonly Sort[] = ["id", "name", "confidence", "uncertainty", "answered_at"];

/** An empty list of origins means all. */
export type Filter = Readonly<{
  text: string;
  class: number | "any";
  origins: readonly Origin[];
  annotator: string;
  isFlagged: boolean;
  minConfidence: number;
  maxConfidence: number;
  sort: Sort;
  isDescending: boolean;
}>;

export const EVERYTHING: Filter = {
  text: "",
  class: "any",
  origins: [],
  annotator: "",
  isFlagged: false,
  minConfidence: 0,
  maxConfidence: 1,
  sort: "id",
  isDescending: false,
};

/** The query for a page of the list; `ids` confines it to these items. */
export function queryOf(filter: Filter, ids: readonly number[] | null): ItemQuery {
  const text = filter.text.trim();
  const annotator = filter.annotator.trim();
  return {
    ...(ids === null ? {} : { ids: [...ids] }),
    ...(text === "" ? {} : { text }),
    ...(filter.class === "any" ? {} : { class: filter.class }),
    ...(filter.origins.length === 0 ? {} : { origin: [...filter.origins] }),
    ...(annotator === "" ? {} : { annotator }),
    ...(filter.isFlagged ? { is_flagged: true } : {}),
    ...(0 < filter.minConfidence ? { min_confidence: filter.minConfidence } : {}),
    ...(filter.maxConfidence < 1 ? { max_confidence: filter.maxConfidence } : {}),
    sort: filter.sort,
    is_descending: filter.isDescending,
  };
}

/** How many filters are set; the order of the list is none. */
export function nFilters(filter: Filter): number {
  return [
    filter.text.trim() !== "",
    filter.class !== "any",
    filter.origins.length !== 0,
    filter.annotator.trim() !== "",
    filter.isFlagged,
    0 < filter.minConfidence || filter.maxConfidence < 1,
  ].filter((it) => it).length;
}

/** Whether a filter is set that only the server can answer: the map has no texts, people or flags. */
export function isBeyondMap(filter: Filter): boolean {
  return filter.text.trim() !== "" || filter.annotator.trim() !== "" || filter.isFlagged;
}

/** A point without a class on the map. */
export const NO_CLASS = 65_535;

/** The filters that the map knows of: those of its arrays. Text, people and flags are the list's. */
export function isOnMap(points: MapPoints, filter: Filter): (row: number) => boolean {
  const wanted = filter.class;
  const origins = new Set(filter.origins.map((it) => ORIGINS.indexOf(it)));
  // A byte holds 1/255: a bound lies half a step wider, or rounding would hide items.
  const low = 255 * filter.minConfidence - 0.5;
  const high = 255 * filter.maxConfidence + 0.5;
  return (row) => {
    const confidence = points.confidence[row] ?? 0;
    const isOfClass = wanted === "any" || points.class[row] === wanted;
    const isOfOrigin = origins.size === 0 || origins.has(points.origin[row] ?? 0);
    return isOfClass && isOfOrigin && low <= confidence && confidence <= high;
  };
}

/** `points` with a person's label for the items in `labels`; what stays the same is shared. */
export function withLabels(
  points: MapPoints,
  labels: ReadonlyMap<number, number | null>,
): MapPoints {
  const classes = points.class.slice();
  const origin = points.origin.slice();
  for (const [row, item] of points.item.entries()) {
    const label = labels.get(item);
    if (label === undefined || label === null) continue;
    classes[row] = label;
    origin[row] = ORIGINS.indexOf("person");
  }
  return { ...points, class: classes, origin };
}

/** Items in one request, at most; a lasso that holds more is cut. */
export const MOST_AT_ONCE = 10_000;

/**
 * Where one looks and what one holds. `within` confines the list and lights up
 * the map: what a lasso caught, or what is most like one item, in this order.
 * `picked` are items ticked one by one; what is done is done to them.
 */
export type Exploring = Readonly<{
  filter: Filter;
  within:
    | null
    | Readonly<{ kind: "lasso"; items: readonly number[]; nCut: number }>
    | Readonly<{ kind: "similar"; item: number; name: string }>;
  picked: ReadonlySet<number>;
  opened: number | null;
}>;

export type Explored =
  | Readonly<{ kind: "filtered"; part: Partial<Filter> }>
  | Readonly<{ kind: "unfiltered" }>
  | Readonly<{ kind: "lassoed"; items: readonly number[] }>
  | Readonly<{ kind: "likened"; item: number; name: string }>
  | Readonly<{ kind: "picked"; items: readonly number[]; isOn: boolean }>
  | Readonly<{ kind: "opened"; item: number | null }>
  | Readonly<{ kind: "cleared" }>;

const NONE: ReadonlySet<number> = new Set();
export const AT_FIRST: Exploring = {
  filter: EVERYTHING,
  within: null,
  picked: NONE,
  opened: null,
};

export function exploring(state: Exploring, event: Explored): Exploring {
  switch (event.kind) {
    case "filtered":
      return { ...state, filter: { ...state.filter, ...event.part }, picked: NONE };
    case "unfiltered": {
      const { sort, isDescending } = state.filter;
      return { ...state, filter: { ...EVERYTHING, sort, isDescending }, picked: NONE };
    }
    case "lassoed": {
      const items = event.items.slice(0, MOST_AT_ONCE);
      const nCut = event.items.length - items.length;
      const within = items.length === 0 ? null : ({ kind: "lasso", items, nCut } as const);
      return { ...state, within, picked: NONE };
    }
    case "likened":
      return {
        ...state,
        within: { kind: "similar", item: event.item, name: event.name },
        picked: NONE,
        opened: null,
      };
    case "picked": {
      const picked = new Set(state.picked);
      for (const item of event.items) {
        if (event.isOn) picked.add(item);
        else picked.delete(item);
      }
      return { ...state, picked };
    }
    case "opened":
      return { ...state, opened: event.item };
    case "cleared":
      // What was chosen last goes first: the ticks, then the lasso.
      return state.picked.size === 0 ? { ...state, within: null } : { ...state, picked: NONE };
  }
}
