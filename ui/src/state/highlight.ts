// Finds the keywords of a project in a text, so that they can be marked.

export type Piece = Readonly<{ text: string; isKeyword: boolean }>;

/**
 * Cuts `text` into pieces that join to it again. Case does not matter, the
 * longest keyword wins, and a keyword of letters must stand as a word, except
 * in scripts that write no spaces.
 */
export function highlight(text: string, keywords: readonly string[]): Piece[] {
  const patterns = keywords
    .map((it) => it.trim())
    .filter((it) => it !== "")
    .sort((a, b) => b.length - a.length)
    .map(patternOf);
  if (patterns.length === 0) return [{ text, isKeyword: false }];
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(new RegExp(patterns.join("|"), "giu"))) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), isKeyword: false });
    pieces.push({ text: match[0], isKeyword: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isKeyword: false });
  return pieces;
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const WORD = "[\\p{L}\\p{N}_]";

function patternOf(keyword: string): string {
  const escaped = keyword.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  if (UNSPACED.test(keyword)) return escaped;
  const isWord = (char: string | undefined) => char !== undefined && /[\p{L}\p{N}_]/u.test(char);
  const before = isWord([...keyword].at(0)) ? `(?<!${WORD})` : "";
  const after = isWord([...keyword].at(-1)) ? `(?!${WORD})` : "";
  return `${before}${escaped}${after}`;
}
