// Every page there is, with something on it, for the tests that walk them all.

import type { Page } from "playwright-core";

import { classesOfTexts, classOfDigit } from "./data";
import { Client, Server } from "./server";

export type View = Readonly<{
  name: string;
  path: string;
  /** What is on the page once it is drawn. */
  shows: string;
  /** What is done there before it is looked at. */
  act?: (page: Page) => Promise<void>;
}>;

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

export const VIEWS: readonly View[] = [
  { name: "home", path: "/", shows: "article" },
  { name: "home-new", path: "/", shows: "article", act: openNew },
  { name: "home-menu", path: "/", shows: "article", act: openMenu },
  { name: "label", path: "/p/digits/label", shows: '[data-tour="suggestion"]' },
  { name: "label-text", path: "/p/texts/label", shows: '[data-tour="classes"] button' },
  { name: "label-empty", path: "/p/empty/label", shows: "main h2" },
  { name: "grid", path: "/p/digits/label", shows: '[data-tour="stage"]', act: openGrid },
  { name: "keys", path: "/p/digits/label", shows: '[data-tour="stage"]', act: openHelp },
  { name: "progress", path: "/p/digits/progress", shows: "main h1" },
  { name: "progress-certified", path: "/p/certified/progress", shows: "main h1" },
  { name: "audit", path: "/p/digits/audit", shows: "main h1" },
  { name: "certificate", path: "/p/certified/audit", shows: "main pre" },
  { name: "review", path: "/p/digits/review", shows: "main h1" },
  { name: "explore", path: "/p/digits/explore", shows: "main" },
  { name: "export", path: "/p/certified/export", shows: "main li" },
  { name: "settings", path: "/p/digits/settings", shows: "main h1" },
  { name: "not-found", path: "/p/none/label", shows: "main h2" },
];

/** A server with projects in every state: begun, certified, of texts, and empty. */
export async function fullServer(): Promise<Server> {
  const server = await Server.start("digits", "certified", "texts");
  const client = new Client(server);
  const classes = classesOfTexts();
  // Every tenth answer is wrong, so that there is something to doubt.
  await client.answer("digits", 40, ({ item, name }) => (item % 10 === 0 ? 0 : classOfDigit(name)));
  await client.answer("texts", 12, ({ content }) =>
    content.kind === "text" ? (classes.get(content.text) ?? 0) : 0,
  );
  const flagged = (await client.items("digits")).find((it) => it.origin === "person")?.item ?? 0;
  await client.flag("digits", flagged, "Could be a 7");
  await client.post("/projects", { name: "empty", classes: ["cat", "dog"] });
  return server;
}

/** Opens `view` and waits until all of it is drawn. */
export async function open(page: Page, view: View): Promise<void> {
  await page.goto(view.path);
  await page.locator(view.shows).first().waitFor();
  await view.act?.(page);
  await page.waitForFunction(() => {
    const isWaiting = document.querySelector('[aria-busy="true"], [class*="skeleton"]') !== null;
    // Pictures below the window are loaded when they are scrolled to.
    const isBelow = (it: Element) => innerHeight < it.getBoundingClientRect().top;
    const isLoaded = [...document.images].every((it) => it.complete || isBelow(it));
    return !isWaiting && isLoaded;
  });
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}
