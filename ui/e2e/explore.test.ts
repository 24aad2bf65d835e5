// The whole pool at once: the lasso on the map, what is done with all that it
// holds, and the list with its filters, its order, and what is most similar.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import type { Neighbour } from "../src/api.types";
import { mapFromBytes } from "../src/state/map";
import { reachOf, toScreen, wholeMap, type Point } from "../src/state/plane";
import { answer, itemShown, openLabel, STAGE, untilSaved } from "./browser";
import { classOfDigit, truthOf } from "./data";
import { Scene } from "./scene";
import { Server } from "./server";

const scene = Scene.set(() => Server.start("digits"));

const PATIENCE = { timeout: 20_000, interval: 200 };
const SLOW_MS = 2_000;
const ascending = (items: readonly number[]) => [...items].sort((a, b) => a - b);

async function openExplore(page: Page): Promise<void> {
  await page.goto("/p/digits/explore");
  await map(page).waitFor({ timeout: 60_000 });
  await lines(page).first().waitFor();
}

const map = (page: Page) => page.getByRole("group", { name: "Map of 180 items" });
const lines = (page: Page) => page.getByRole("list", { name: "Items that fit" }).locator("li");
const held = (page: Page) =>
  page.getByRole("region", { name: "What to do with the items" }).getByRole("status");

/** Names in the list as far as it is loaded, in its order. */
async function namesListed(page: Page): Promise<string[]> {
  const ticks = lines(page).getByRole("checkbox");
  const labels = await ticks.evaluateAll((all) => all.map((it) => it.getAttribute("aria-label")));
  return labels.map((it) => it?.replace("Tick ", "") ?? "");
}

const PAGE = 60;

/** Waits until the list begins with `wanted`, as many as it loads at once. */
const untilListed = (page: Page, wanted: readonly { name: string }[]) =>
  expect
    .poll(() => namesListed(page), PATIENCE)
    .toEqual(wanted.slice(0, PAGE).map((it) => it.name));

async function frameOf(page: Page) {
  const frame = await map(page).boundingBox();
  if (frame === null) throw new Error("the map is not on screen");
  return frame;
}

/** Where each item lies on the screen, while the whole map is shown. */
async function placesOf(page: Page): Promise<Map<number, Point>> {
  const bytes = await (await scene.client.request("GET", "/projects/digits/explore")).arrayBuffer();
  const { item, x, y } = mapFromBytes(bytes);
  const frame = await frameOf(page);
  const camera = wholeMap(frame, reachOf(x, y));
  const placeOf = (row: number) => {
    const at = toScreen(camera, frame, { x: x[row] ?? 0, y: y[row] ?? 0 });
    return { x: frame.x + at.x, y: frame.y + at.y };
  };
  return new Map([...item].map((it, row) => [it, placeOf(row)]));
}

type Side = "left" | "right";

/** Draws a lasso around `least` to `most` items from that side on, up to the widest gap. */
async function lasso(page: Page, side: Side, least: number, most: number): Promise<number[]> {
  const places = await placesOf(page);
  const sign = side === "left" ? 1 : -1;
  const sorted = [...places].sort(([, a], [, b]) => sign * (a.x - b.x));
  const xOf = (n: number) => sorted[n]?.[1].x ?? 0;
  const gapAt = (n: number) => sign * (xOf(n) - xOf(n - 1));
  const counts = Array.from({ length: most - least + 1 }, (_, i) => least + i);
  const n = counts.reduce((best, it) => (gapAt(best) < gapAt(it) ? it : best));
  const frame = await frameOf(page);
  const inner = (xOf(n - 1) + xOf(n)) / 2;
  const outer = side === "left" ? frame.x + 3 : frame.x + frame.width - 3;
  const [top, bottom] = [frame.y + 3, frame.y + frame.height - 3];

  await page.keyboard.press("p");
  await page.mouse.move(inner, bottom);
  await page.mouse.down();
  await page.mouse.move(inner, top, { steps: 4 });
  await page.mouse.move(outer, top, { steps: 2 });
  await page.mouse.move(outer, bottom, { steps: 4 });
  await page.mouse.up();
  return sorted.slice(0, n).map(([item]) => item);
}

test("what a lasso holds is listed, searched in, and asked first", async () => {
  const { page, end } = await scene.visit();
  await openExplore(page);
  const caught = await lasso(page, "right", 6, 14);
  await held(page).getByText(`${caught.length} items in the lasso`).waitFor();
  const all = await scene.client.items("digits");
  const inside = all.filter((it) => caught.includes(it.item));
  await untilListed(page, inside);

  const [{ name } = { name: "" }] = inside;
  await page.getByRole("searchbox").fill(name);
  await held(page).getByText("1 item in the lasso").waitFor();
  await untilListed(page, inside.slice(0, 1));
  await page.getByRole("searchbox").fill("");
  await untilListed(page, inside);

  await page.getByRole("searchbox").blur();
  await page.keyboard.press("q");
  await page.getByText(`${caught.length} items are asked first`).waitFor();
  await page.keyboard.press("Escape");
  await held(page).getByText("180 items").waitFor();

  await openLabel(page);
  const names = new Map(all.map((it) => [it.item, it.name]));
  const keyOf = (item: number) => truthOf(names.get(item) ?? "");
  const asked = await answer(page, caught.length, keyOf);
  expect(ascending(asked)).toEqual(ascending(caught));
  await page.locator(STAGE).waitFor();
  expect(caught).not.toContain(await itemShown(page));
  await untilSaved(page);
  await end();
});

/** The items that a person labelled, and as what. */
const byPerson = async (): Promise<ReadonlyMap<number, number | null>> =>
  new Map(
    (await scene.client.items("digits"))
      .filter((it) => it.origin === "person")
      .map((it) => [it.item, it.class]),
  );

test("one key labels all that a lasso holds", async () => {
  const before = await byPerson();
  const { page, end } = await scene.visit();
  await openExplore(page);
  const caught = await lasso(page, "left", 20, 120);
  await held(page).getByText(`${caught.length} items in the lasso`).waitFor();
  expect([...before.keys()].filter((it) => caught.includes(it))).toEqual([]);

  await page.keyboard.press("c");
  await page.getByRole("dialog", { name: `Label ${caught.length} items as` }).waitFor();
  await page.keyboard.press("7");
  await page.getByText(`${caught.length} items labelled 7`).waitFor();
  await untilSaved(page);
  expect(await byPerson()).toEqual(new Map([...before, ...caught.map((it) => [it, 2] as const)]));
  await page.getByText(`${before.size + caught.length} of 180 answered`).waitFor();
  await end();
});

test("ticked items are labelled alone, and taken back before the server has said a word", async () => {
  const before = await byPerson();
  const { page, end } = await scene.visit();
  await page.route("**/annotate", async (route) => {
    const response = await route.fetch();
    await page.waitForTimeout(SLOW_MS);
    await route.fulfill({ response });
  });
  await openExplore(page);
  const free = (await scene.client.items("digits"))
    .filter((it) => !before.has(it.item))
    .slice(0, 3);
  await page.getByRole("button", { name: "Filters" }).click();
  for (const it of ["Predicted", "No label"]) {
    await page.getByRole("checkbox", { name: it, exact: true }).check();
  }
  for (const { name } of free) await page.getByRole("checkbox", { name: `Tick ${name}` }).check();
  await held(page).getByText("3 items ticked").waitFor();
  await page.getByRole("button", { name: "Label all" }).click();
  const dialog = page.getByRole("dialog", { name: "Label 3 items as" });
  await dialog.getByRole("button", { name: /^1/ }).click();
  await page.getByText(/^3 items labelled/).waitFor();
  const given = free.map((it) => [it.item, 1] as const);
  await expect.poll(byPerson, PATIENCE).toEqual(new Map([...before, ...given]));

  await page.keyboard.press("Control+z");
  await page.getByText("3 answers taken back").waitFor();
  await expect.poll(byPerson, PATIENCE).toEqual(before);
  await end();
});

test("filters, search and order of the list are those of the server's items", async () => {
  const { page, end } = await scene.visit();
  const flagged = (await scene.client.items("digits")).filter((it) => it.item % 50 === 7);
  for (const { item } of flagged) await scene.client.flag("digits", item, "Look again");
  const all = await scene.client.items("digits");
  await openExplore(page);
  await untilListed(page, all);

  await page.getByRole("searchbox").fill("1/000");
  await untilListed(
    page,
    all.filter((it) => it.name.includes("1/000")),
  );
  await page.getByRole("button", { name: "Remove filters" }).click();
  await untilListed(page, all);

  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByRole("checkbox", { name: "Person", exact: true }).check();
  const answered = all.filter((it) => it.origin === "person");
  await untilListed(page, answered);
  const [{ class: some } = { class: null }] = answered;
  await page.getByLabel("Label of the item").selectOption(String(some));
  await untilListed(
    page,
    answered.filter((it) => it.class === some),
  );
  await page.getByRole("searchbox").fill("no such name");
  await page.getByText("Nothing fits").waitFor();
  await page.getByRole("button", { name: "Show all items" }).click();
  await page.getByRole("checkbox", { name: "Only flagged items" }).check();
  await untilListed(page, flagged);
  await page.getByRole("button", { name: "Remove filters" }).click();

  await page.getByLabel("Order by").selectOption("Name");
  await page.getByRole("button", { name: "Lowest first" }).click();
  const downwards = [...all].sort((a, b) => (a.name < b.name ? 1 : -1));
  await untilListed(page, downwards);
  const more = page.getByRole("button", { name: "More items" });
  for (let n = PAGE; n < all.length; n += PAGE) {
    await more.scrollIntoViewIfNeeded();
    await expect.poll(() => lines(page).count(), PATIENCE).toBe(Math.min(n + PAGE, all.length));
  }
  expect(await namesListed(page)).toEqual(downwards.map((it) => it.name));
  await end();
});

test("similar items are found from one, nearest first", async () => {
  const { page, end } = await scene.visit();
  await openExplore(page);
  const [first] = await scene.client.items("digits");
  if (first === undefined) throw new Error("there is no item");
  await lines(page).first().getByRole("button").click();
  const drawer = page.getByRole("complementary", { name: first.name });
  await drawer.getByText("Most similar").waitFor();
  await page.keyboard.press("n");
  await drawer.waitFor({ state: "detached" });
  await held(page).getByText(`Most similar to ${first.name}`).waitFor();

  const near = await scene.client.get<Neighbour[]>(
    `/projects/digits/items/${first.item}/neighbours?n=60`,
  );
  await untilListed(page, near);
  const nearest = near.slice(0, 10).map((it) => classOfDigit(it.name));
  expect(nearest.filter((it) => it === classOfDigit(first.name)).length).toBeGreaterThan(7);
  await page.keyboard.press("Escape");
  await held(page).getByText("180 items").waitFor();
  await end();
});
