// Changing the settings of a project, as pure functions: what differs, what
// is wrong, and how two people's changes are brought together. Saves nothing.

import type { Class, Settings } from "../api.types";
import { clashes, CLASS_KEYS, isTaken, type Clash } from "../keys";

export type Field = keyof Settings;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The fields of `draft` that differ from `base`: what has to be sent. */
export function changed(base: Settings, draft: Settings): Partial<Settings> {
  const fields = (Object.keys(draft) as Field[]).filter((it) => !same(base[it], draft[it]));
  return Object.fromEntries(fields.map((it) => [it, draft[it]]));
}

export type Merged = Readonly<{ settings: Settings; conflicts: readonly Field[] }>;

/**
 * My changes since `base` on top of theirs. Where both changed a field, and
 * differently, it is a conflict; `settings` then holds mine.
 */
export function merge(base: Settings, mine: Settings, theirs: Settings): Merged {
  const iChanged = changed(base, mine);
  const theyChanged = changed(base, theirs);
  const conflicts = (Object.keys(iChanged) as Field[]).filter(
    (it) => it in theyChanged && !same(mine[it], theirs[it]),
  );
  const settings = { ...theirs, ...iChanged };
  if (!conflicts.includes("classes")) return { settings, conflicts };
  const { classes, isConflict } = mergeClasses(base.classes, mine.classes, theirs.classes);
  return {
    settings: { ...settings, classes },
    conflicts: conflicts.filter((it) => it !== "classes" || isConflict),
  };
}

/**
 * Their classes, with the keys and colours that I changed, and mine behind them. It
 * is a conflict where both changed the same class, and differently.
 */
function mergeClasses(base: readonly Class[], mine: readonly Class[], theirs: readonly Class[]) {
  const named = (list: readonly Class[], name: string) => list.find((it) => it.name === name);
  const isMine = (it: Class) => {
    const my = named(mine, it.name);
    return my !== undefined && !same(my, named(base, it.name));
  };
  const isConflict = theirs.some(
    (it) => isMine(it) && !same(it, named(base, it.name)) && !same(it, named(mine, it.name)),
  );
  const kept = theirs.map((it) => (isMine(it) ? (named(mine, it.name) ?? it) : it));
  const added = mine.filter((it) => named(theirs, it.name) === undefined);
  const isTakenIn = (all: readonly Class[], { key }: Class) =>
    key !== "" && all.some((it) => it.key.toUpperCase() === key.toUpperCase());
  const classes = added.reduce<Class[]>(
    (all, it) => [...all, isTakenIn(all, it) ? { ...it, key: newClass(it.name, all).key } : it],
    kept,
  );
  return { classes, isConflict };
}

/** `merged` with the other side's value in the fields of `conflicts` that are not in `keep`. */
export function resolved(merged: Merged, theirs: Settings, keep: ReadonlySet<Field>): Settings {
  const given = merged.conflicts.filter((it) => !keep.has(it));
  return {
    ...merged.settings,
    ...Object.fromEntries(given.map((it) => [it, theirs[it]])),
  };
}

/** Colours that people with any colour vision tell apart: those that the server gives, with their source. */
export const COLOURS = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#d55e00",
  "#56b4e9",
  "#8f7a00",
  "#332288",
  "#88ccee",
  "#44aa99",
  "#117733",
  "#999933",
  "#ddcc77",
  "#cc6677",
  "#882255",
  "#aa4499",
];

/** The key that is called as the class is: `7` of a class "7". */
const ownKey = (name: string): string => CLASS_KEYS.find((it) => it === name.toUpperCase()) ?? "";

/**
 * A class called `name` with the first colour that is free, and the key of its
 * name, or else the first that is free and not of one of the names to `come`.
 */
export function newClass(
  name: string,
  classes: readonly Class[],
  come: readonly string[] = [],
): Class {
  const used = new Set(classes.map((it) => it.key.toUpperCase()));
  const kept = new Set(come.map(ownKey));
  const own = ownKey(name);
  const free = CLASS_KEYS.find((it) => !used.has(it) && !kept.has(it)) ?? "";
  const colours = classes.map((it) => it.colour.toLowerCase());
  const colour = COLOURS.find((it) => !colours.includes(it));
  return {
    name,
    key: own === "" || used.has(own) ? free : own,
    colour: colour ?? COLOURS[classes.length % COLOURS.length] ?? "#4d4d4d",
  };
}

/** The classes, and behind them new ones called `names`. */
export const withNew = (classes: readonly Class[], names: readonly string[]): Class[] =>
  names.reduce<Class[]>(
    (all, name, at) => [...all, newClass(name, all, names.slice(at + 1))],
    [...classes],
  );

export type Fault =
  | Readonly<{ kind: "noName" }>
  | Readonly<{ kind: "sameName" }>
  | Readonly<{ kind: "badKey" }>
  | Readonly<{ kind: "clash"; clash: Clash }>
  | Readonly<{ kind: "kept" }>;

/** What is wrong with the class at `at`, if anything. */
export function faultOf(classes: readonly Class[], at: number): Fault | null {
  const it = classes[at];
  if (it === undefined) return null;
  const name = it.name.trim();
  if (name === "") return { kind: "noName" };
  if (classes.some((other, i) => i !== at && other.name.trim() === name))
    return { kind: "sameName" };
  if (it.key === "") return null;
  if (!/^[a-z0-9]$/i.test(it.key)) return { kind: "badKey" };
  const clash = clashes(classes).find((other) => other.key === it.key.toUpperCase());
  if (clash === undefined) return null;
  const isKept = clash.classes.length === 1 && clash.action === null && isTaken(clash.key);
  return isKept ? { kind: "kept" } : { kind: "clash", clash };
}

/** The name of another class with the colour of the one at `at`, while there are colours enough. */
export function sameColour(classes: readonly Class[], at: number): string | null {
  const colour = classes[at]?.colour.toLowerCase();
  if (COLOURS.length < classes.length) return null;
  return classes.find((it, i) => i !== at && it.colour.toLowerCase() === colour)?.name ?? null;
}

/** Fields whose values the server would refuse. */
export function faultyFields(draft: Settings): Field[] {
  const isCount = (it: number | null) => it === null || (Number.isInteger(it) && 1 <= it);
  const isShare = (it: number) => 0 < it && it < 1;
  const checks: [Field, boolean][] = [
    ["name", draft.name.trim() !== ""],
    ["classes", draft.classes.every((_, at) => faultOf(draft.classes, at) === null)],
    ["goal", isShare(draft.goal.max_error) && isShare(draft.goal.confidence)],
    ["batch_len", isCount(draft.batch_len)],
    ["overlap", isCount(draft.overlap)],
    ["budget", isCount(draft.budget)],
    ["lease_s", Number.isFinite(draft.lease_s) && 10 <= draft.lease_s],
  ];
  return checks.flatMap(([field, isGood]) => (isGood ? [] : [field]));
}
