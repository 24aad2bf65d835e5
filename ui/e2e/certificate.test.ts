// The certificate, on all the ways it is handed on: read on the page, printed
// on one sheet without what stands around it, and downloaded.

import { readFileSync } from "node:fs";

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import type { AutoLabelState, CertificateDocument } from "../src/api.types";
import { Scene } from "./scene";
import { Server } from "./server";

const scene = Scene.set(() => Server.start("certified"));

async function openCertificate(page: Page): Promise<void> {
  await page.goto("/p/certified/audit");
  await sheet(page).waitFor();
}

const sheet = (page: Page) => page.getByRole("article");
const text = (page: Page) => sheet(page).locator("pre");

async function downloaded(page: Page, name: string): Promise<string> {
  const arriving = page.waitForEvent("download");
  await page.getByRole("link", { name, exact: true }).click();
  return readFileSync(await (await arriving).path(), "utf8");
}

test("what is downloaded is what is read, and what the server holds", async () => {
  const { page, end } = await scene.visit();
  await openCertificate(page);
  const { certificate } = await scene.client.get<AutoLabelState>("/projects/certified/auto-label");
  if (certificate === null) throw new Error("the project has no certificate");
  const { document, text: issued } = certificate;
  const read = await text(page).evaluate((it) => it.textContent);
  expect(read).toBe(issued);
  expect(await downloaded(page, "Text")).toBe(read);
  expect(JSON.parse(await downloaded(page, "JSON"))).toEqual(document);

  // The sentence above it says the same in figures.
  const share = (it: number) => `${100 * it}%`;
  const { max_error, confidence, n_items }: CertificateDocument = document;
  const statement = `At most ${share(max_error)} of these ${n_items} labels are wrong, with ${share(confidence)} confidence.`;
  await sheet(page).getByText(statement).waitFor();
  expect(read).toContain(`these ${n_items} items`);
  await end();
});

/** How bright the letters of the certificate are, from 0 to 255. */
async function brightnessOf(page: Page): Promise<number> {
  const colour = await text(page).evaluate((it) => getComputedStyle(it).color);
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return (red + green + blue) / 3;
}

test("it is printed alone, whole, and dark on white", async () => {
  const { page, end } = await scene.visit();
  await openCertificate(page);
  await page.getByRole("button", { name: "Appearance and account" }).click();
  await page.getByRole("radio", { name: "Dark" }).click();
  await page.keyboard.press("Escape");
  expect(await brightnessOf(page)).toBeGreaterThan(180);
  const around = [
    page.getByRole("navigation"),
    page.getByRole("banner"),
    page.getByRole("button", { name: "Print" }),
    page.getByRole("link", { name: "JSON", exact: true }),
    page.getByRole("main").getByRole("link", { name: "Export", exact: true }),
  ];
  for (const it of around) expect(await it.isVisible()).toBe(true);
  await page.emulateMedia({ media: "print" });
  for (const it of around) expect(await it.isVisible()).toBe(false);
  expect(await text(page).isVisible()).toBe(true);
  expect(await brightnessOf(page)).toBeLessThan(80);
  const printed = await page.pdf({ format: "A4" });
  expect(printed.toString("latin1").match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
  await end();
});
