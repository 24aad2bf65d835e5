// From a key to a sentence in the language of the reader. Pure: knows no React.
//
// A message holds `{name}` for each value. Where a count decides the wording,
// there are two messages, `key_one` and `key_other`, and the value is `count`.

import type en from "./en";

export type Language = "en" | "zh";
export const LANGUAGES: readonly Language[] = ["en", "zh"];

export type Messages = Readonly<Record<string, Readonly<Record<string, string>>>>;
type Source = typeof en;
type Plain<K extends string> = K extends `${infer Stem}_one`
  ? Stem
  : K extends `${infer Stem}_other`
    ? Stem
    : K;
/** Every key there is, as `namespace.key`; taken from the English messages. */
export type Key = {
  [N in keyof Source & string]: `${N}.${Plain<keyof Source[N] & string>}`;
}[keyof Source & string];
export type Values = Readonly<Record<string, string | number>>;

/** The message for `key`, with `values` put in; numbers are written as the language does. */
export function translate(
  messages: Messages,
  language: Language,
  key: Key,
  values: Values = {},
): string {
  const dot = key.indexOf(".");
  const namespace = messages[key.slice(0, dot)] ?? {};
  const stem = key.slice(dot + 1);
  const message = namespace[stem] ?? namespace[pluralOf(stem, language, values, namespace)] ?? key;
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? formatNumber(language, value) : value;
  });
}

function pluralOf(
  stem: string,
  language: Language,
  values: Values,
  namespace: Readonly<Record<string, string>>,
): string {
  const count = typeof values["count"] === "number" ? values["count"] : 0;
  const form = `${stem}_${new Intl.PluralRules(language).select(count)}`;
  return form in namespace ? form : `${stem}_other`;
}

export function formatNumber(
  language: Language,
  value: number,
  options: Intl.NumberFormatOptions = {},
): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: 2, ...options }).format(value);
}

/** Sentences in a row, those that there are; Chinese puts nothing between them. */
export const inARow = (language: Language, sentences: readonly (string | false | null)[]): string =>
  sentences.filter((it) => typeof it === "string" && it !== "").join(language === "zh" ? "" : " ");

/** A share in [0, 1] as a percentage; a share that is not 0 is never written as 0 %. */
export function formatPercent(language: Language, share: number, digits = 0): string {
  const shown = share > 0 && share < 0.5 * 10 ** (-2 - digits) ? digits + 1 : digits;
  return formatNumber(language, share, { style: "percent", maximumFractionDigits: shown });
}

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** "3 minutes ago": how long `then` lies before `now`, both in milliseconds. */
export function formatAgo(language: Language, then: number, now: number): string {
  const seconds = Math.round((then - now) / 1000);
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  }
  return format.format(0, "second");
}

export function formatDate(language: Language, iso: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(iso),
  );
}
