// Texts of any script, each in its own direction.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";

import { untilSaved } from "./browser";
import { Scene } from "./scene";
import { annota, Server } from "./server";

const RIGHT_TO_LEFT = [
  "الغرفة نظيفة والموظفون لطفاء",
  "لم تصل بطاقتي بعد",
  "החדר היה שקט ונקי",
  "האוכל היה קר והשירות איטי",
];
const LEFT_TO_RIGHT = [
  "房间很干净，服务很好",
  "早餐一般，下次不会再来",
  "The room was quiet",
  "服務 slow",
];

const scene = Scene.set(() => Server.start());
beforeAll(() => {
  const table = join(scene.server.folder, "reviews.csv");
  const texts = [...RIGHT_TO_LEFT, ...LEFT_TO_RIGHT];
  writeFileSync(table, `text\n${texts.map((it) => `"${it}"\n`).join("")}`);
  const project = join(scene.server.folder, "reviews");
  annota(["init", project, "--classes", "جيد,差"]);
  annota(["import", table, "--project", project]);
  annota(["embed", "--project", project]);
});

const TEXT = '[data-tour="stage"] [dir="auto"][class*="text"]';

/** The text on screen, the direction it is set in, and where its first line begins. */
const shown = (page: Page) =>
  page.locator(TEXT).evaluate((element) => {
    const line = document.createRange();
    line.selectNodeContents(element);
    const { left, right } = line.getBoundingClientRect();
    const frame = element.getBoundingClientRect();
    const isAtRight = frame.right - right < left - frame.left;
    const text = element.textContent;
    return { text, direction: getComputedStyle(element).direction, isAtRight };
  });

test("texts and names of classes are set in the direction of their script", async () => {
  const { page, end } = await scene.visit();
  await page.goto("/p/reviews/label");
  const names = page.locator('[data-tour="classes"] [dir="auto"]');
  await names.first().waitFor();
  const directions = await names.evaluateAll((all) =>
    all.map((it) => [it.textContent, getComputedStyle(it).direction]),
  );
  expect(directions).toEqual([
    ["جيد", "rtl"],
    ["差", "ltr"],
  ]);
  const seen = new Map<string, string>();
  for (let at = 0; at < 8; at++) {
    await page.locator(TEXT).waitFor();
    const { text, direction, isAtRight } = await shown(page);
    seen.set(text, direction);
    expect(isAtRight, text).toBe(direction === "rtl");
    await page.keyboard.press("1");
    await page.waitForFunction(
      ([selector, before]) => document.querySelector(selector)?.textContent !== before,
      [TEXT, text] as const,
    );
  }
  await untilSaved(page);
  const expected = [
    ...RIGHT_TO_LEFT.map((it) => [it, "rtl"] as const),
    ...LEFT_TO_RIGHT.map((it) => [it, "ltr"] as const),
  ];
  expect(seen).toEqual(new Map(expected));
  const facts = await scene.client.history("reviews");
  expect(facts.map((it) => it.class)).toEqual(Array(8).fill(0));
  await end();
});
