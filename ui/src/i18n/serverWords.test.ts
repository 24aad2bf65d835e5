import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { serverWords } from "./serverWords";
import { words } from "./zh";

const CRATES = join(import.meta.dirname, "../../../crates");
/** Where the sentences are that reach the page: refusals, and what an import left out. */
const SOURCES = [
  "app/src/http",
  "engine/src/import",
  "engine/src/import.rs",
  "engine/src/live/mod.rs",
  "engine/src/embed.rs",
  "engine/src/plan.rs",
  "engine/src/project.rs",
  "engine/src/project/config.rs",
  "engine/src/store",
  "app/src/accounts.rs",
  "core/src/format/delimited.rs",
  "core/src/format/encoding.rs",
  "core/src/format/field.rs",
  "core/src/format/idx.rs",
  "core/src/format/jsonl.rs",
  "core/src/format/mod.rs",
  "core/src/format/npz.rs",
  "core/src/format/parquet.rs",
  "model/src/image/decode.rs",
];
const STRING = String.raw`"((?:[^"\\]|\\.)*)"`;
/** What stands before a sentence: who says it, and perhaps the place that it is about. */
const SPEAKERS = [
  String.raw`ApiError::(?!internal)\w+\(`,
  String.raw`\.help\(`,
  String.raw`Diagnostic::new\((?:"\w+"|[\w.&]+(?:\(\))?),\s*`,
  String.raw`Error::input\(\s*`,
  String.raw`let (?:message|help) = `,
  String.raw`\b(?:problem|refused|broken|failed)\(`,
];
const SENTENCE = new RegExp(`(?:${SPEAKERS.join("|")})(?:format!\\(\\s*)?${STRING}`, "g");

/** A refusal with its way out. */
const WAY_OUT = new RegExp(
  String.raw`Error::input\(\s*(?:format!\(\s*)?${STRING}[^";]*,\s*(?:format!\(\s*)?${STRING}`,
  "g",
);

function sourcesAt(path: string): string[] {
  if (path.endsWith(".rs")) return [readFileSync(path, "utf8")];
  return readdirSync(path).flatMap((it) => (it.endsWith(".rs") ? sourcesAt(join(path, it)) : []));
}

function sentences(): string[] {
  const code = SOURCES.flatMap((it) => sourcesAt(join(CRATES, it)))
    .map((it) => it.split("#[cfg(test)]")[0] ?? "")
    .map((it) => it.replace(/\\\n\s*/g, ""));
  const found = code.flatMap((it) => [
    ...[...it.matchAll(SENTENCE)].map((match) => match[1] ?? ""),
    ...[...it.matchAll(WAY_OUT)].map((match) => match[2] ?? ""),
  ]);
  const spoken = found.map((it) => it.replaceAll('\\"', '"').replaceAll("\\n", "\n"));
  return [...new Set(spoken)].filter((it) => /[a-z]{2} /.test(it));
}

const say = serverWords(words);

describe("the server's words in Chinese", () => {
  test("every sentence in its code is known", () => {
    const all = sentences();
    expect(all.length).toBeGreaterThan(120);
    // A broad template could hide that a sentence has none of its own.
    const bare = (it: string) =>
      it.replace(/\{[^}]*\}/g, "{}").replace(/^no field `\w+`/, "no field `{}`");
    const known = new Set(Object.keys(words).map(bare));
    expect(all.map(bare).filter((it) => !known.has(it))).toEqual([]);
  });

  test("the same values are put in", () => {
    const names = (it: string) => [...it.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const [english, chinese] of Object.entries(words)) {
      expect(names(chinese), english).toEqual(names(english));
      expect(chinese, english).toMatch(/[\u4e00-\u9fff]/);
      expect(chinese.split("`").length % 2, `quotes of: ${chinese}`).toBe(1);
    }
  });

  test("values stay as they are, and what is said inside is said too", () => {
    expect(say("unknown class: `a (b) $1`")).toBe("未知类别：“a (b) $1”");
    expect(say("`an owner` is an annotator, and this takes a reviewer")).toBe(
      "“an owner”是标注员，此操作需要复核员",
    );
    expect(say("cannot import `x.csv`: empty text in line 3")).toBe(
      "无法导入“x.csv”：文本为空（第 3 行）",
    );
    expect(say("no images in `a`\n  found: no files")).toBe("“a”中没有图片\n  找到：没有文件");
  });

  test("what is not known stays in the server's words", () => {
    expect(say("the moon is full")).toBe("the moon is full");
    expect(serverWords({})("empty file")).toBe("empty file");
  });
});
