// A newcomer's whole path, from a folder of pictures to a certificate and the export.

import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Certificate } from "../src/api.types";
import { answer, itemShown, press, STAGE, untilSaved } from "./browser";
import { CLASSES, DIGITS, isPicture, recordsOf, truthOf } from "./data";
import { Scene } from "./scene";
import { Server } from "./server";

const scene = Scene.set(() => Server.start());
let folder: string;
/** Names that say nothing of the class, and what the pictures are. */
const truths = new Map<string, string>();

beforeAll(() => {
  folder = join(mkdtempSync(join(tmpdir(), "annota-e2e-data-")), "handwriting");
  mkdirSync(folder);
  for (const it of readdirSync(DIGITS, { recursive: true, encoding: "utf8" }).filter(isPicture)) {
    const picture = readFileSync(join(DIGITS, it));
    const name = `${createHash("sha256").update(picture).digest("hex").slice(0, 12)}.png`;
    truths.set(name, truthOf(it));
    copyFileSync(join(DIGITS, it), join(folder, name));
  }
});
afterAll(() => {
  rmSync(join(folder, ".."), { recursive: true });
});

test("from a dropped folder to the certificate and the export", async () => {
  const { page, end } = await scene.visit({ hasTour: true });
  await page.goto("/");
  await page.getByText("Label your first data").waitFor();
  await dropFolder(page, folder);
  await makeProject(page);

  const { client } = scene;
  const [{ id } = { id: "" }] = await client.get<{ id: string }[]>("/projects");
  const names = new Map((await client.items(id)).map((it) => [it.item, it.name]));
  const keyOf = (item: number) => truths.get((names.get(item) ?? "").split("/").pop() ?? "") ?? "";

  await page.getByRole("button", { name: "End the tour" }).click();
  const nTrained = await answerUntilAudit(page, keyOf);
  expect(nTrained).toBeLessThan(truths.size / 2);
  await answerToTheEnd(page, keyOf);
  await readCertificate(page);
  await checkExport(page, nTrained);
  await end();
});

/** As a person does with the mouse: the browser itself reads the folder. */
async function dropFolder(page: Page, path: string): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await devtools.send("Input.dispatchDragEvent", { type, x: 600, y: 400, data });
    if (type === "dragOver") await page.getByText("Drop it here").waitFor();
  }
  await devtools.detach();
}

async function makeProject(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "New project" });
  await dialog.getByText(`${truths.size} pictures`).waitFor();
  expect(await dialog.getByLabel("Name of the project").inputValue()).toBe("handwriting");
  await dialog.getByLabel("Name of the project").fill("Digits by hand");
  const create = dialog.getByRole("button", { name: "Create and import" });
  expect(await create.isDisabled()).toBe(true);
  await dialog.getByLabel("Names of the classes").fill(CLASSES.join(", "));
  await create.click();
  await dialog.getByRole("progressbar", { name: "Reading items with the model" }).waitFor();
  await dialog.getByText(new RegExp(`\\d+ of ${truths.size}`)).waitFor();
  await dialog.getByText(`${truths.size} items are in`).waitFor({ timeout: 90_000 });
  await dialog.getByRole("button", { name: "Start labelling" }).click();
}

/** A person looks before they answer, and the model learns meanwhile. */
const LOOK_MS = 150;
const AUDIT = /^Audit: \d+ items? left$/;

/** Answers truly until the audit begins by itself; gives how many answers that took. */
async function answerUntilAudit(page: Page, keyOf: (item: number) => string): Promise<number> {
  for (let n = 0; n < truths.size; n++) {
    if (await page.getByText(AUDIT).isVisible()) return n;
    await page.waitForTimeout(LOOK_MS);
    await answer(page, 1, keyOf);
  }
  throw new Error("every item was answered, and no audit began");
}

/** Answers the audit, blind, and then what it does not vouch for, until there is a certificate. */
async function answerToTheEnd(page: Page, keyOf: (item: number) => string): Promise<void> {
  const sheet = page.getByText("See the certificate");
  for (let n = 0; n < truths.size; n++) {
    await page.locator(STAGE).or(sheet).first().waitFor();
    if (await sheet.isVisible()) return;
    if (await page.getByText(AUDIT).isVisible()) {
      expect(await page.locator('[data-tour="suggestion"]').count()).toBe(0);
      expect(await page.getByText(/[0-9a-f]{12}\.png/).count()).toBe(0);
    }
    await press(page, keyOf(await itemShown(page)));
  }
  throw new Error("all was answered, and there is no certificate");
}

async function readCertificate(page: Page): Promise<void> {
  await untilSaved(page);
  await page.getByText("See the certificate").first().click();
  const statement = `At most 5% of these ${truths.size} labels are wrong, with 95% confidence.`;
  await page.getByText(statement).waitFor();
  const text = await download(page, "Text");
  expect(text).toContain("CERTIFICATE");
  expect(text).toContain(`At most 5 % of the labels of these ${truths.size} items are wrong`);
  const document = JSON.parse(await download(page, "JSON")) as Certificate["document"];
  expect(document).toMatchObject({ max_error: 0.05, confidence: 0.95, n_items: truths.size });
}

async function checkExport(page: Page, nTrained: number): Promise<void> {
  await page.keyboard.press("Shift+X");
  await page.getByRole("heading", { name: "Formats" }).waitFor();
  const rows = recordsOf(await download(page, /Download CSV/));
  expect(rows.length).toBe(truths.size);
  const right = rows.filter((it) => it["label"] === truths.get(it["name"]?.split("/").pop() ?? ""));
  expect(right.length).toBeGreaterThanOrEqual(0.95 * truths.size);
  expect([...new Set(rows.map((it) => it["origin"]))].sort()).toEqual(["auto", "person"]);
  // What a person answered is exported as they answered it.
  const byPerson = rows.filter((it) => it["origin"] === "person");
  expect(byPerson.length).toBeGreaterThan(nTrained);
  expect(byPerson.filter((it) => !right.includes(it))).toEqual([]);
}

async function download(page: Page, name: string | RegExp): Promise<string> {
  const arriving = page.waitForEvent("download");
  await page.getByRole("link", { name }).click();
  return readFileSync(await (await arriving).path(), "utf8");
}
