// What the server tells of its formats and strategies, and why something failed,
// in the language of the reader; what is new is told in the server's words until
// it is translated.

import type { Translator } from "./index";
import type { Key } from "./translate";

export function told(
  t: Translator,
  kind: "format" | "strategy",
  name: string,
  inServersWords: string,
): string {
  const key = `told.${kind}_${name.replaceAll("-", "_")}`;
  // A key without a message stays as it is.
  const message = t(key as Key);
  return message === key ? inServersWords : message;
}

/** Why something failed. */
export function reason(t: Translator, error: unknown): string {
  return t.server(error instanceof Error ? error.message : String(error));
}
