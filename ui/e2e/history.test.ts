// What outlives a reload: undo over sessions, and that the tour was seen.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { answer, itemShown, openLabel, press, untilSaved } from "./browser";
import { Scene } from "./scene";
import { Server } from "./server";

const scene = Scene.set(() => Server.start("digits"));

const PATIENCE = { timeout: 20_000, interval: 200 };
const standing = async () =>
  (await scene.client.items("digits")).filter((it) => it.origin === "person").map((it) => it.item);

test("undo takes answers back, also after a reload", async () => {
  const { page, end } = await scene.visit();
  await openLabel(page);
  const [first = 0, second = 0, third = 0] = await answer(page, 3, () => "1");
  await untilSaved(page);

  await page.keyboard.press("Control+z");
  await expect.poll(() => itemShown(page), PATIENCE).toBe(third);
  await expect.poll(standing, PATIENCE).toEqual([first, second].sort((a, b) => a - b));

  await page.reload();
  await openLabel(page);
  expect([first, second]).not.toContain(await itemShown(page));
  await page.keyboard.press("Control+z");
  await expect.poll(() => itemShown(page), PATIENCE).toBe(second);
  await page.getByText("Before: 1").waitFor();
  await expect.poll(standing, PATIENCE).toEqual([first]);

  // Answered anew, it is asked no more, and another way of undoing gives it back.
  await press(page, "0");
  await untilSaved(page);
  await expect.poll(standing, PATIENCE).toEqual([first, second].sort((a, b) => a - b));
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => itemShown(page), PATIENCE).toBe(second);
  await expect.poll(standing, PATIENCE).toEqual([first]);
  await end();
});

const tour = (page: Page) => page.getByRole("region", { name: "Tour" });

test("the tour is shown once, has at most five steps, and stops nothing", async () => {
  const { page, end } = await scene.visit({ hasTour: true });
  await openLabel(page);
  await tour(page).waitFor();
  const titles: string[] = [];
  for (;;) {
    titles.push(await tour(page).getByRole("heading").innerText());
    const next = tour(page).getByRole("button", { name: "Next" });
    if (!(await next.isVisible())) break;
    await next.click();
  }
  expect(new Set(titles).size).toBe(titles.length);
  expect(titles.length).toBeLessThanOrEqual(5);
  // One may answer while it speaks.
  await press(page, "0");
  await tour(page).getByRole("button", { name: "Start labelling" }).click();
  await tour(page).waitFor({ state: "detached" });

  await page.reload();
  await openLabel(page);
  await press(page, "0");
  expect(await tour(page).count()).toBe(0);

  // Whoever asks for it sees it again.
  await page.getByRole("button", { name: "Appearance and account" }).click();
  await page.getByRole("button", { name: "Show the tour" }).click();
  await tour(page).waitFor();
  await page.keyboard.press("Escape");
  await tour(page).waitFor({ state: "detached" });
  await end();
});
