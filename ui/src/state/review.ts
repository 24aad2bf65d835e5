// The review queue as pure functions: what is shown, what was settled, and how
// to go back. Settled items stay in their place until the queue is loaded anew,
// so that nothing jumps under the hand.

import type { Annotation, ReviewItem, Suggestion } from "../api.types";

/** How an item was settled: by the answer with this key. */
export type Settled = Readonly<{ item: number; class: number; key: string }>;

export type Reviewing = Readonly<{
  items: readonly ReviewItem[];
  at: number;
  settled: readonly Settled[];
  resolved: readonly number[]; // items that left the queue without an answer
}>;

export type ReviewEvent =
  | Readonly<{ kind: "loaded"; items: readonly ReviewItem[]; isFirst: boolean }>
  | Readonly<{ kind: "went"; to: number }>
  | Readonly<{ kind: "settled"; item: number; class: number; key: string }>
  | Readonly<{ kind: "resolved"; item: number }>
  | Readonly<{ kind: "undone" }>;

export const NOTHING_TO_REVIEW: Reviewing = { items: [], at: 0, settled: [], resolved: [] };

export function reviewing(state: Reviewing, event: ReviewEvent): Reviewing {
  switch (event.kind) {
    case "loaded": {
      if (event.isFirst) return { ...NOTHING_TO_REVIEW, items: event.items };
      const known = new Set(state.items.map((it) => it.item));
      const fresh = event.items.filter((it) => !known.has(it.item));
      const next = { ...state, items: [...state.items, ...fresh] };
      return isOpenAt(next, state.at) ? next : { ...next, at: nextOpen(next) };
    }
    case "went":
      return { ...state, at: clamp(event.to, state.items.length) };
    case "settled": {
      const { item, class: chosen, key } = event;
      const others = state.settled.filter((it) => it.item !== item);
      const settled = [...others, { item, class: chosen, key }];
      return { ...state, settled, at: nextOpen({ ...state, settled }) };
    }
    case "resolved": {
      const next = { ...state, resolved: [...state.resolved, event.item] };
      return { ...next, at: nextOpen(next) };
    }
    case "undone": {
      const last = state.settled.at(-1);
      if (last === undefined) return state;
      const at = state.items.findIndex((it) => it.item === last.item);
      return { ...state, settled: state.settled.slice(0, -1), at: at < 0 ? state.at : at };
    }
  }
}

const doneItems = ({ settled, resolved }: Reviewing): Set<number> =>
  new Set([...settled.map((it) => it.item), ...resolved]);

const isOpenAt = (state: Reviewing, at: number): boolean =>
  !doneItems(state).has(state.items[at]?.item ?? -1);

/** How many items behind the one on screen are still open. */
export function nOpenBehind(state: Reviewing): number {
  const done = doneItems(state);
  return state.items.filter((it, i) => state.at < i && !done.has(it.item)).length;
}

/** The next open item behind the present one, else the first open one, else the present one. */
function nextOpen(state: Reviewing): number {
  const { items, at } = state;
  const done = doneItems(state);
  const isOpen = (_: unknown, i: number) => !done.has(items[i]?.item ?? -1);
  const behind = items.findIndex((it, i) => at < i && isOpen(it, i));
  if (0 <= behind) return behind;
  const first = items.findIndex(isOpen);
  return first < 0 ? at : first;
}

const clamp = (at: number, len: number): number => Math.max(0, Math.min(at, len - 1));

/** What stands against what: a class and everyone who is for it, the most voices first. */
export type Side = Readonly<{
  class: number;
  said: readonly Annotation[];
  model: Suggestion | null;
}>;

/**
 * The classes in question. People's answers stand before the model's alone, and
 * equal numbers of voices in the order they were given.
 */
export function sidesOf({ said, prediction }: ReviewItem): Side[] {
  const sides = new Map<number, Side>();
  for (const annotation of said) {
    if (annotation.class === null) continue;
    const side = sides.get(annotation.class) ?? { class: annotation.class, said: [], model: null };
    sides.set(annotation.class, { ...side, said: [...side.said, annotation] });
  }
  if (prediction) {
    const side = sides.get(prediction.class) ?? { class: prediction.class, said: [], model: null };
    sides.set(prediction.class, { ...side, model: prediction });
  }
  return [...sides.values()].sort((a, b) => b.said.length - a.said.length);
}

/** The label as it stands: the answer given last, or else what the model predicts. */
export function standing({ said, prediction }: ReviewItem): number | null {
  const answers = said.filter((it) => it.class !== null);
  const last = answers.reduce<Annotation | null>(
    (best, it) => (best === null || best.answered_at <= it.answered_at ? it : best),
    null,
  );
  return last?.class ?? prediction?.class ?? null;
}
