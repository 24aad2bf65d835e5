// The journal of what this browser has to tell the server, as pure functions.
// Answers are written down first and sent after; each carries a key by which
// the server knows it again, so that sending twice changes nothing. Where the
// journal lies, and who sends it, is decided in app/journalStore and app/journal.

import type { Acknowledged, NewAnnotation, NewRemark } from "../api.types";

/** What is to be told. `undo` takes back the caller's last answer on the server. */
export type Told =
  | Readonly<{ kind: "annotate"; annotation: NewAnnotation }>
  | Readonly<{ kind: "undo"; key: string; of: string; item: number }>
  | Readonly<{ kind: "remark"; item: number; remark: NewRemark }>;

/** One line of the journal. `isTried`: it was sent at least once, perhaps without an answer. */
export type Line = Readonly<{
  seq: number;
  project: string;
  user: string;
  told: Told;
  isTried: boolean;
}>;
export type NewLine = Omit<Line, "seq">;

export const keyOf = (told: Told): string => {
  switch (told.kind) {
    case "annotate":
      return told.annotation.key;
    case "undo":
      return told.key;
    case "remark":
      return told.remark.key;
  }
};

const MOST_AT_ONCE = 100;

/**
 * The lines to send next, oldest first: a run of answers in one request, or one
 * line of another kind. Order is kept, since an undo means the answer before it.
 */
export function nextToSend(lines: readonly Line[]): Line[] {
  const first = lines[0];
  if (first === undefined) return [];
  if (first.told.kind !== "annotate") return [first];
  const end = lines.findIndex((it) => it.told.kind !== "annotate");
  return lines.slice(0, Math.min(end < 0 ? lines.length : end, MOST_AT_ONCE));
}

/**
 * How the answer `key` is taken back. If it was never sent, its line is struck
 * out; otherwise the server may have it, and an undo is written behind it.
 */
export function takeBack(
  lines: readonly Line[],
  key: string,
): Readonly<{ kind: "strike"; seq: number }> | Readonly<{ kind: "tell" }> {
  const line = lines.find((it) => it.told.kind === "annotate" && keyOf(it.told) === key);
  return line && !line.isTried ? { kind: "strike", seq: line.seq } : { kind: "tell" };
}

/** Items with an answer that the server may not know of yet. */
export function itemsUnsent(lines: readonly Line[]): Set<number> {
  const items = new Set<number>();
  for (const { told } of lines) {
    if (told.kind === "annotate") items.add(told.annotation.item);
    if (told.kind === "undo") items.delete(told.item);
  }
  return items;
}

/** Items that something is said about that the server may not know of yet. */
export const itemsTouched = (lines: readonly Line[]): Set<number> =>
  new Set(
    lines.flatMap(({ told }) => {
      if (told.kind === "annotate") return [told.annotation.item];
      return told.kind === "undo" ? [told.item] : [];
    }),
  );

export type Sorted = Readonly<{
  settled: readonly Line[];
  refused: readonly { line: Line; message: string }[];
}>;

/** Sorts `sent` by what the server said of each; what it did not mention stays in the journal. */
export function sortAcknowledged(sent: readonly Line[], said: Acknowledged): Sorted {
  const accepted = new Set(said.accepted.map((it) => it.key));
  const messages = new Map(said.refused.map((it) => [it.key, it.message]));
  return {
    settled: sent.filter((it) => accepted.has(keyOf(it.told))),
    refused: sent.flatMap((line) => {
      const message = messages.get(keyOf(line.told));
      return message === undefined ? [] : [{ line, message }];
    }),
  };
}

/**
 * What a failed request means for the lines in it: `wait` for the server or a
 * login and send again, or `drop` them, since the server will never take them.
 */
export function afterFailure(status: number): "wait" | "drop" {
  const isForLater = [0, 401, 403, 408, 412, 423, 425, 429].includes(status) || 500 <= status;
  return isForLater ? "wait" : "drop";
}
