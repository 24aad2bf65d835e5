// Every page there is, with something on it, for the tests that walk them all.

import type { Page } from "playwright-core";
import { vi } from "vitest";

import { classesOfTexts, classOfDigit } from "./data";
import { Client, Server } from "./server";

export type View = Readonly<{
  name: string;
  /** Left out where the view goes on from the one before it. */
  path?: string;
  /** What is on the page once it is drawn. */
  shows: string;
  /** What is done there before it is looked at. */
  act?: (page: Page) => Promise<void>;
}>;

const PATIENCE = { timeout: 60_000, interval: 200 };

const openGrid = async (page: Page) => {
  await page.keyboard.press("g");
  await page.locator("button[data-item]").first().waitFor();
};
const openHelp = async (page: Page) => {
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
};
const openNew = async (page: Page) => {
  await page.keyboard.press("Shift+N");
  await page.getByRole("dialog").waitFor();
};
const openMenu = async (page: Page) => {
  await page.locator("header button[aria-expanded]").last().click();
  await page.getByRole("radiogroup").first().waitFor();
};

const openTour = async (page: Page) => {
  await page.getByRole("region", { name: /^(Tour|引导)$/ }).waitFor();
  // The ring follows the stage, which becomes smaller when the suggestion is there.
  await page.waitForFunction(() => {
    const stage = document.querySelector('[data-tour="stage"]')?.getBoundingClientRect();
    const ring = document.querySelector('[class*="ring"]')?.getBoundingClientRect();
    const isSuggested = document.querySelector('[data-tour="suggestion"]') !== null;
    return isSuggested && stage && ring && Math.abs(ring.bottom - stage.bottom) < 10;
  });
};
const openRemarks = async (page: Page) => {
  await page.keyboard.press("c");
  await page.getByRole("dialog").waitFor();
};
const openTab = (at: number) => async (page: Page) => {
  await page.getByRole("tab").nth(at).click();
  await page.locator(`[role="tab"][aria-selected="true"]:nth-child(${at + 1})`).waitFor();
};
const tickTwo = async (page: Page) => {
  await page.locator("[role='search'] button[aria-expanded]").click();
  for (const at of [0, 1]) await page.locator("li input[type='checkbox']").nth(at).check();
};
const askClass = async (page: Page) => {
  await page.keyboard.press("c");
  await page.getByRole("dialog").waitFor();
};
const openItem = async (page: Page) => {
  await page.keyboard.press("Escape");
  await page.locator("li:has(input[type='checkbox']) button").nth(5).click();
  await page.locator("aside section li img").first().waitFor();
};

export const VIEWS: readonly View[] = [
  { name: "home", path: "/", shows: "article" },
  { name: "home-new", path: "/", shows: "article", act: openNew },
  { name: "home-menu", path: "/", shows: "article", act: openMenu },
  { name: "label", path: "/p/digits/label", shows: '[data-tour="suggestion"]' },
  { name: "label-remarks", shows: '[data-tour="stage"]', act: openRemarks },
  { name: "label-tour", path: "/p/digits/label?tour", shows: "main", act: openTour },
  { name: "label-text", path: "/p/texts/label", shows: '[data-tour="classes"] button' },
  { name: "label-empty", path: "/p/empty/label", shows: "main h2" },
  { name: "grid", path: "/p/digits/label", shows: '[data-tour="stage"]', act: openGrid },
  { name: "keys", path: "/p/digits/label", shows: '[data-tour="stage"]', act: openHelp },
  { name: "progress", path: "/p/digits/progress", shows: "main h1" },
  { name: "progress-certified", path: "/p/certified/progress", shows: "main h1" },
  { name: "audit", path: "/p/digits/audit", shows: "main h1" },
  { name: "audit-open", path: "/p/auditing/audit", shows: '[data-tour="classes"] button' },
  { name: "certificate", path: "/p/certified/audit", shows: "main pre" },
  { name: "review", path: "/p/digits/review", shows: "main h1" },
  { name: "review-disagreements", shows: "main h1", act: openTab(1) },
  { name: "review-flagged", shows: "main h1", act: openTab(2) },
  { name: "review-unsure", shows: "main h1", act: openTab(3) },
  { name: "explore", path: "/p/digits/explore", shows: "main" },
  { name: "explore-selection", shows: "main li", act: tickTwo },
  { name: "explore-classes", shows: "main li", act: askClass },
  { name: "explore-item", shows: "main li", act: openItem },
  { name: "export", path: "/p/certified/export", shows: "main li" },
  { name: "settings", path: "/p/digits/settings", shows: "main h1" },
  { name: "not-found", path: "/p/none/label", shows: "main h2" },
];

/** A server with projects in every state: begun, being audited, certified, of texts, and empty. */
export async function fullServer(): Promise<Server> {
  const server = await Server.start("digits", "certified", "texts", ["digits", "auditing"]);
  const client = new Client(server);
  const classes = classesOfTexts();
  // Every tenth answer is wrong, so that there is something to doubt.
  await client.answer("digits", 40, ({ item, name }) => (item % 10 === 0 ? 0 : classOfDigit(name)));
  await client.answer("texts", 12, ({ content }) =>
    content.kind === "text" ? (classes.get(content.text) ?? 0) : 0,
  );
  const flagged = (await client.items("digits")).find((it) => it.origin === "person")?.item ?? 0;
  await client.flag("digits", flagged, "Could be a 7");
  await client.answer("auditing", 30, ({ name }) => classOfDigit(name));
  const auditing = () => client.project("auditing");
  await vi.waitUntil(async () => (await auditing()).model !== null, PATIENCE);
  await client.post("/projects/auditing/auto-label", {});
  await vi.waitUntil(async () => (await auditing()).phase === "audit", PATIENCE);
  await client.answer("auditing", 5, ({ name }) => classOfDigit(name));
  await client.post("/projects", { name: "empty", classes: ["cat", "dog"] });
  return server;
}

/** Opens `view` and waits until all of it is drawn. */
export async function open(page: Page, view: View): Promise<void> {
  if (view.path !== undefined) await page.goto(view.path);
  await page.locator(view.shows).first().waitFor();
  await view.act?.(page);
  await untilDrawn(page);
}

export async function untilDrawn(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const isWaiting = document.querySelector('[aria-busy="true"], [class*="skeleton"]') !== null;
    // Pictures below the window are loaded when they are scrolled to.
    const isBelow = (it: Element) => innerHeight < it.getBoundingClientRect().top;
    const isLoaded = [...document.images].every((it) => it.complete || isBelow(it));
    const isEndless = (it: Animation) => it.effect?.getComputedTiming().iterations === Infinity;
    const isMoving = document
      .getAnimations()
      .some((it) => it.playState === "running" && !isEndless(it));
    return !isWaiting && isLoaded && !isMoving;
  });
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}
