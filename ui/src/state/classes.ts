// Finding a class among many by typing a part of its name. Pure.

import type { Class } from "../api.types";

/**
 * Positions of the classes in whose names every word of `query` occurs; those
 * that begin with it come first, otherwise the order of the schema is kept.
 */
export function matching(classes: readonly Class[], query: string): number[] {
  const words = plain(query)
    .split(" ")
    .filter((it) => it !== "");
  const names = classes.map((it) => plain(it.name));
  const found = [...names.keys()].filter((at) => words.every((it) => names[at]?.includes(it)));
  const beginning = words.join(" ");
  const rank = (at: number) => (beginning !== "" && names[at]?.startsWith(beginning) ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b));
}

const plain = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[\s_-]+/g, " ")
    .trim();
