// The page Progress while others answer: its figures follow without a reload.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { classOfDigit, CLASSES } from "./data";
import { Scene } from "./scene";
import { Server } from "./server";

const PATIENCE = { timeout: 60_000, interval: 200 };

const scene = Scene.set(() => Server.start("digits"));

/** The first figure of each class in the balance: the answers of people. */
async function answersShown(page: Page): Promise<number[]> {
  const rows = page.getByRole("region", { name: "Balance of the classes" }).locator("tbody tr");
  const texts = await rows.evaluateAll((all) => all.map((it) => it.lastElementChild?.textContent));
  return texts.map((it) => Number(it?.split(" · ")[0]));
}

test("figures move while answers come in, without a reload", async () => {
  const { page, end } = await scene.visit();
  let nLoads = 0;
  page.on("load", () => (nLoads += 1));
  await page.goto("/p/digits/progress");
  await page.getByText("Nothing to draw yet").waitFor();
  await page.getByText("0 of 180 answered").waitFor();

  const given = CLASSES.map(() => 0);
  const answer = (n: number) =>
    scene.client.answer("digits", n, ({ name }) => {
      const position = classOfDigit(name);
      given[position] = (given[position] ?? 0) + 1;
      return position;
    });
  for (const n of [30, 20]) {
    await answer(n);
    const total = given.reduce((sum, it) => sum + it);
    await page.getByText(`${total} of 180 answered`).waitFor();
    await page.getByText(`${total} answers so far.`).waitFor(PATIENCE);
    await expect.poll(() => answersShown(page), PATIENCE).toEqual(given);
    await page.getByText(`${total} answers today`).waitFor();
  }
  await page.getByRole("img", { name: /^Learning curve: after 50 answers/ }).waitFor(PATIENCE);
  expect(nLoads).toBe(1);
  await end();
});
