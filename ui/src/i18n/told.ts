// What the server tells of its formats and strategies, in the language of the
// reader; a new one is told in the server's words until it is translated.

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
