import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import en from "./en";
import { inARow, translate, type Messages } from "./translate";
import zh from "./zh";

const PLURAL = /_(one|other)$/;

function keysOf(messages: Messages): string[] {
  return Object.entries(messages).flatMap(([namespace, all]) =>
    Object.keys(all).map((key) => `${namespace}.${key}`),
  );
}

const stem = (key: string) => key.replace(PLURAL, "");
const stems = (messages: Messages) => [...new Set(keysOf(messages).map(stem))].sort();

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\./.test(entry.name)
      ? [readFileSync(path, "utf8")]
      : [];
  });
}

const placeholders = (message: string) =>
  [...message.matchAll(/\{(\w+)\}/g)].map((it) => it[1]).sort();

describe("messages", () => {
  test("no key is missing in either language", () => {
    expect(stems(zh)).toEqual(stems(en));
  });

  test("no message is empty, and both languages put in the same values", () => {
    const english: Messages = en;
    for (const [namespace, all] of Object.entries(zh as Messages)) {
      for (const [key, message] of Object.entries(all)) {
        expect(message.trim(), `${namespace}.${key}`).not.toBe("");
        const source =
          english[namespace]?.[key] ?? english[namespace]?.[`${stem(key)}_other`] ?? "";
        expect(placeholders(message), `${namespace}.${key}`).toEqual(placeholders(source));
      }
    }
  });

  test("Chinese messages are Chinese", () => {
    const same = keysOf(zh).filter((key) => {
      const message = translate(zh, "zh", key as never).replace(/\{\w+\}/g, "");
      return !/[\u4e00-\u9fff]/.test(message) && /[a-z]{3}/i.test(message);
    });
    expect(same).toEqual(["app.languageEn"]);
  });

  test("no key is unused", () => {
    const code = sources(join(import.meta.dirname, "..")).join("\n");
    const literals = new Set([...code.matchAll(/["'`]([a-z]+\.\w+)["'`]/g)].map((it) => it[1]));
    // `t(`label.reason_${reason}`)` uses every key with that beginning.
    const beginnings = [...code.matchAll(/`([a-z]+\.\w*)\$\{/g)].map((it) => it[1] ?? "");
    const unused = stems(en).filter(
      (key) => !literals.has(key) && !beginnings.some((it) => key.startsWith(it)),
    );
    expect(unused).toEqual([]);
  });
});

describe("translate", () => {
  const messages = {
    a: { left_one: "{count} item", left_other: "{count} items", to: "{x} of {y}" },
  };
  const t = (key: string, values: Record<string, string | number>) =>
    translate(messages, "en", key as never, values);

  test("takes the plural that the count asks for", () => {
    expect(t("a.left", { count: 1 })).toBe("1 item");
    expect(t("a.left", { count: 1234 })).toBe("1,234 items");
  });

  test("leaves what it has no value for", () => {
    expect(t("a.to", { x: "3" })).toBe("3 of {y}");
  });
});

test("sentences stand in a row as their language wants, those that there are", () => {
  expect(inARow("en", ["One.", null, "Two.", false, ""])).toBe("One. Two.");
  expect(inARow("zh", ["一。", null, "二。"])).toBe("一。二。");
});
