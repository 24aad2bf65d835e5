// Settings that two people change at once: nobody's change is overwritten
// unseen. And what cannot be, a key for two things, is told before it is saved.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { Scene } from "./scene";
import { Server } from "./server";

const PATIENCE = { timeout: 20_000, interval: 200 };

const scene = Scene.set(() => Server.start("digits"));

/** A save that came too late is told by the browser, too. */
const TOO_LATE = /status of 412/;

async function openSettings(page: Page): Promise<void> {
  await page.goto("/p/digits/settings");
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
}

const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true }).click();
const untilKept = (page: Page) => page.getByText("Settings saved").waitFor();
const settings = async () => (await scene.client.project("digits")).settings;
const conflict = (page: Page) =>
  page.getByRole("dialog", { name: "Someone else changed this too" });

test("of two changes of one setting neither is overwritten unseen", async () => {
  const first = await scene.visit();
  const second = await scene.visit();
  await openSettings(first.page);
  await openSettings(second.page);
  await first.page.getByLabel("Name", { exact: true }).fill("Digits of the first");
  await first.page.getByLabel("Budget").fill("120");
  await second.page.getByLabel("Name", { exact: true }).fill("Digits of the second");
  await second.page.getByLabel("Lease (minutes)").fill("7");

  await save(first.page);
  await untilKept(first.page);
  await save(second.page);
  const dialog = conflict(second.page);
  const name = dialog.getByRole("group", { name: "Name" });
  await name.getByText("Digits of the first").waitFor();
  await name.getByText("Digits of the second").waitFor();
  // Only what both changed is asked, and until then nothing is written.
  expect(await dialog.getByRole("radio").count()).toBe(2);
  expect(await settings()).toMatchObject({ name: "Digits of the first", budget: 120 });

  await dialog.getByRole("button", { name: "Cancel" }).click();
  await second.page.getByText("2 changes not saved").waitFor();
  expect(await second.page.getByLabel("Name", { exact: true }).inputValue()).toBe(
    "Digits of the second",
  );
  await save(second.page);
  await dialog.getByRole("radio", { name: /^Theirs/ }).check();
  await dialog.getByRole("button", { name: "Save this choice" }).click();
  await untilKept(second.page);
  const merged = { name: "Digits of the first", budget: 120, lease_s: 420 };
  expect(await settings()).toMatchObject(merged);

  // The one who saved first sees it without a reload, and can go on.
  await expect.poll(() => first.page.getByLabel("Lease (minutes)").inputValue()).toBe("7");
  await first.page.getByLabel("Lease (minutes)").fill("8");
  await save(first.page);
  await expect.poll(async () => (await settings()).lease_s, PATIENCE).toBe(480);
  await first.end(TOO_LATE);
  await second.end(TOO_LATE);
});

test("changes of different settings are brought together without a question", async () => {
  const first = await scene.visit();
  const second = await scene.visit();
  await openSettings(first.page);
  await openSettings(second.page);
  await first.page.getByLabel("Overlap").fill("2");
  await second.page.getByLabel("Batch", { exact: true }).fill("15");
  await save(first.page);
  await untilKept(first.page);
  await save(second.page);
  await untilKept(second.page);
  expect(await conflict(second.page).count()).toBe(0);
  expect(await settings()).toMatchObject({ overlap: 2, batch_len: 15 });
  await first.end(TOO_LATE);
  await second.end(TOO_LATE);
});

test("a key that means two things is told, and cannot be saved", async () => {
  const { page, end } = await scene.visit();
  await openSettings(page);
  const before = await settings();
  const row = page.getByRole("row").filter({ has: page.getByLabel("Key of 7") });
  const saving = page.getByRole("button", { name: "Save", exact: true });
  const faults = {
    "1": "is also the key of 1",
    x: "is the key for: Reject and skip",
    f: "kept for other editors",
    "?": "a key is one letter or digit",
  };
  for (const [key, fault] of Object.entries(faults)) {
    await page.getByLabel("Key of 7").fill(key);
    await row.getByText(fault).waitFor();
    await page.getByText("To be mended first: Classes").waitFor();
    expect(await saving.isDisabled()).toBe(true);
  }
  await page.getByLabel("Key of 7").fill("k");
  // Answers refer to it by its name.
  expect(await page.getByLabel("Name of 7").isEditable()).toBe(false);
  expect(await settings()).toEqual(before);

  await save(page);
  await untilKept(page);
  const keys = (await settings()).classes.map((it) => [it.name, it.key.toUpperCase()]);
  expect(keys).toEqual([
    ["0", "0"],
    ["1", "1"],
    ["7", "K"],
  ]);
  await end();
});

test("classes that two people add stand one behind the other", async () => {
  const [first, second] = [await scene.visit(), await scene.visit()];
  for (const [{ page }, name] of [
    [first, "3"],
    [second, "8"],
  ] as const) {
    await openSettings(page);
    await page.getByLabel("Add classes").fill(name);
    await page.getByRole("button", { name: "Add", exact: true }).click();
  }
  for (const { page } of [first, second]) {
    await save(page);
    await untilKept(page);
  }
  expect(await conflict(second.page).count()).toBe(0);
  const { classes } = await settings();
  expect(classes.map((it) => it.name)).toEqual(["0", "1", "7", "3", "8"]);
  expect(new Set(classes.map((it) => it.key)).size).toBe(5);
  await first.end(TOO_LATE);
  await second.end(TOO_LATE);
});
