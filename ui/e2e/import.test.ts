// Data that is not all good: what cannot be read is listed with a way out, and
// costs nothing else. Classes are taken from the folders.

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { CLASSES, DIGITS, TEXTS } from "./data";
import { Scene } from "./scene";
import { Server } from "./server";

const N_EACH = 4;
const scene = Scene.set(() => Server.start());
let folder: string;
beforeAll(() => {
  folder = join(mkdtempSync(join(tmpdir(), "annota-e2e-data-")), "mixed");
  for (const name of CLASSES) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < N_EACH; i++) {
      copyFileSync(join(DIGITS, name, `000${i}.png`), join(folder, name, `000${i}.png`));
    }
  }
});
afterAll(() => {
  rmSync(join(folder, ".."), { recursive: true });
});

/** A JPEG as a camera would write it, made by the browser. */
async function jpeg(page: Page): Promise<Buffer> {
  const address = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [160, 120];
    const pen = canvas.getContext("2d");
    for (let i = 0; pen && i < 60; i++) {
      pen.fillStyle = `hsl(${i * 37} 80% 50%)`;
      pen.fillRect((i * 53) % 160, (i * 31) % 120, 40, 30);
    }
    return canvas.toDataURL("image/jpeg");
  });
  return Buffer.from(address.split(",")[1] ?? "", "base64");
}

test("what cannot be read is listed, and classes come from the folders", async () => {
  const { page, end } = await scene.visit();
  await page.goto("/");
  const whole = await jpeg(page);
  writeFileSync(join(folder, "0", "truncated.jpg"), whole.subarray(0, whole.length / 2));
  writeFileSync(join(folder, "1", "empty.png"), "");
  writeFileSync(join(folder, "7", "text.png"), "this is no picture\n");
  copyFileSync(join(DIGITS, "1", "0000.png"), join(folder, "1", "again.png"));
  writeFileSync(join(folder, ".hidden"), "");

  await page.getByRole("button", { name: "New project" }).click();
  const dialog = page.getByRole("dialog", { name: "New project" });
  const choosing = page.waitForEvent("filechooser");
  await dialog.getByRole("button", { name: "Choose a folder" }).click();
  await (await choosing).setFiles(folder);
  await dialog.getByText("1 hidden file left out").waitFor();
  await dialog.getByRole("radio", { name: "Take them from the data" }).click();
  await dialog.getByLabel("Whose labels are they?").selectOption("gold");
  await dialog.getByLabel("By name").fill("folders");
  await dialog.getByRole("button", { name: "Create and import" }).click();

  await dialog.getByText(`${3 * N_EACH} items are in`).waitFor({ timeout: 60_000 });
  await dialog.getByText("3 items could not be read").waitFor();
  await dialog.getByText("1 exact duplicate, kept once").waitFor();
  const problems = await dialog.getByRole("listitem").allInnerTexts();
  for (const name of ["truncated.jpg", "empty.png", "text.png"]) {
    expect(problems.filter((it) => it.includes(name))).toHaveLength(1);
  }
  await dialog.getByRole("button", { name: "Start labelling" }).click();
  for (const name of CLASSES)
    await page.getByRole("button", { name: new RegExp(`^${name}`) }).waitFor();
  await end();
});

test("a table of texts needs no more than its name", async () => {
  const { page, end } = await scene.visit();
  await page.goto("/");
  await page.getByRole("button", { name: "New project" }).click();
  const dialog = page.getByRole("dialog", { name: "New project" });
  const choosing = page.waitForEvent("filechooser");
  await dialog.getByRole("button", { name: "Choose files" }).click();
  await (await choosing).setFiles(TEXTS);
  await dialog.getByText("1 table or text file").waitFor();
  await dialog.getByRole("radio", { name: "Take them from the data" }).click();
  await dialog.getByLabel("Whose labels are they?").selectOption("gold");
  await dialog.getByRole("button", { name: "Create and import" }).click();
  await dialog.getByText("80 items are in").waitFor({ timeout: 90_000 });
  await dialog.getByText("80 labels came with the data").waitFor();
  await dialog.getByRole("button", { name: "Start labelling" }).click();
  for (const it of ["card_arrival", "exchange_rate", "lost_or_stolen_card", "top_up_failed"]) {
    await page.getByRole("button", { name: it }).first().waitFor();
  }
  const { settings } = await scene.client.project("banking77");
  expect(settings.classes).toHaveLength(4);
  await end();
});
