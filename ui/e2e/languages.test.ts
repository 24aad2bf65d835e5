// Both languages, whole: no page in Chinese has a message of the English
// catalogue on it, no page in English a Chinese character, and the choice stays.

import { expect, test } from "vitest";

import english from "../src/i18n/en";
import chinese, { words } from "../src/i18n/zh";
import { Scene } from "./scene";
import { fullServer, open, VIEWS } from "./views";

const scene = Scene.set(fullServer);

const NOT_FOUND = /status of 404.*\/none/;

/** Messages by their whole keys, `app.home` and so on. */
function flat(catalogue: Record<string, Record<string, string>>): Map<string, string> {
  return new Map(
    Object.entries(catalogue).flatMap(([part, messages]) =>
      Object.entries(messages).map(([key, message]) => [`${part}.${key}`, message] as const),
    ),
  );
}

const en = flat(english);
const zh = flat(chinese);

const translated = [...en].filter(([key, message]) => message !== zh.get(key));
// A single word of the server can be somebody's name for something, too.
const said = Object.keys(words).filter((it) => it.includes(" "));

/** Each English message that is another in Chinese, as a pattern of the whole text. */
const ENGLISH = [...translated.map(([, message]) => message), ...said]
  // Of such as "{done} of {total}" too little is left to be known by.
  .filter((it) => /[A-Za-z]{4}/.test(it.replaceAll(/\{\w+\}/g, "")))
  .map((it) => {
    const parts = it.split(/\{\w+\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${parts.join(".+")}$`);
  });

/** All that is read or heard on the page: its texts, and names in attributes; runs in the page. */
function textsOf(): string[] {
  const found = new Set<string>();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) found.add(walker.currentNode.textContent?.trim() ?? "");
  for (const name of ["aria-label", "title", "placeholder", "alt"]) {
    for (const it of document.querySelectorAll(`[${name}]`)) found.add(it.getAttribute(name) ?? "");
  }
  found.add(document.title);
  found.delete("");
  return [...found];
}

test("the patterns know an English message when they see one", () => {
  const isKnown = (text: string) => ENGLISH.some((it) => it.test(text));
  expect(isKnown("12 items to answer")).toBe(true);
  expect(isKnown("All saved")).toBe(true);
  expect(isKnown("全部已保存")).toBe(false);
  expect(ENGLISH.length).toBeGreaterThan(400);
});

test("no page in Chinese speaks English", async () => {
  const { page, end } = await scene.visit({ language: "zh" });
  const left: string[] = [];
  for (const view of VIEWS) {
    await open(page, view);
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-Hans");
    const texts = await page.evaluate(textsOf);
    expect(texts.filter((it) => /\p{Script=Han}/u.test(it)).length).toBeGreaterThan(3);
    for (const it of texts) {
      if (ENGLISH.some((message) => message.test(it))) left.push(`${view.name}: ${it}`);
    }
  }
  expect(left).toEqual([]);
  await end(NOT_FOUND);
});

test("no page in English speaks Chinese", async () => {
  const { page, end } = await scene.visit();
  const left: string[] = [];
  for (const view of VIEWS) {
    await open(page, view);
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    for (const it of await page.evaluate(textsOf)) {
      if (it !== "中文" && /\p{Script=Han}/u.test(it)) left.push(`${view.name}: ${it}`);
    }
  }
  expect(left).toEqual([]);
  await end(NOT_FOUND);
});

test("the language is switched on the spot, and stays", async () => {
  const { page, end } = await scene.visit();
  await page.goto("/p/digits/progress");
  await page.getByRole("heading", { name: english.app.progress, level: 1 }).waitFor();
  await page.getByRole("button", { name: english.app.menu }).click();
  await page.getByRole("radio", { name: "中文" }).click();
  await page.getByRole("heading", { name: chinese.app.progress, level: 1 }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: chinese.app.progress, level: 1 }).waitFor();
  await page.getByRole("button", { name: chinese.app.menu }).click();
  await page.getByRole("radio", { name: "English" }).click();
  await page.getByRole("heading", { name: english.app.progress, level: 1 }).waitFor();
  await end();
});
