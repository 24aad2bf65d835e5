// Chromium, and what every test watches in it: that no request leaves the
// machine, that the console holds no error, and that no policy is violated.

import { join } from "node:path";

import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { expect, onTestFailed } from "vitest";

import { OUT } from "./data";
import type { Server } from "./server";

const FLAGS = [
  "--no-sandbox",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Whatever asks for another machine fails, and the failure is seen.
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
];

export function launch(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"];
  if (executablePath === undefined) throw new Error("CHROMIUM is not set; run `make test-e2e`");
  return chromium.launch({ executablePath, args: FLAGS });
}

export type Visit = Readonly<{
  page: Page;
  context: BrowserContext;
  /** Ends the visit, and fails if anything went wrong that `allowed` does not match. */
  end: (allowed?: RegExp) => Promise<void>;
}>;

export type Look = Readonly<{
  language?: "en" | "zh";
  theme?: "light" | "dark";
  width?: number;
  hasTour?: boolean;
}>;

/** A person at a browser of their own. */
export async function visit(browser: Browser, server: Server, look: Look = {}): Promise<Visit> {
  const { language = "en", theme = "light", width = 1440, hasTour = false } = look;
  const settings = hasTour ? [] : [{ name: "annota.tour", value: "done" }];
  const context = await browser.newContext({
    storageState: { cookies: [], origins: [{ origin: server.url, localStorage: settings }] },
    baseURL: server.url,
    colorScheme: theme,
    locale: language === "zh" ? "zh-CN" : "en-GB",
    viewport: { width, height: width < 1000 ? 1180 : 900 },
  });
  const problems = watched(context, server);
  const page = await context.newPage();
  onTestFailed(async ({ task }) => {
    const name = `${task.name} ${context.browser()?.contexts().indexOf(context)}`;
    const path = join(OUT, "failed", `${name.replace(/\W+/g, "-")}.png`);
    if (!page.isClosed()) await page.screenshot({ path });
  });
  const end = async (allowed?: RegExp) => {
    await context.close();
    expect(problems.filter((it) => !allowed?.test(it))).toEqual([]);
  };
  return { page, context, end };
}

export const PASSWORD = "correct horse";

/** A refused login and a session that is not there yet are told by the browser too. */
export const REFUSED = /status of 401/;

/** Someone who has an account with PASSWORD, logged in, on the page `path` of a project. */
export async function visitAs(
  browser: Browser,
  server: Server,
  name: string,
  path: string,
): Promise<Visit> {
  const visiting = await visit(browser, server);
  const { page } = visiting;
  await page.goto(path);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("All saved").waitFor();
  return visiting;
}

/** What goes wrong in `context`, as it is seen. */
function watched(context: BrowserContext, server: Server): string[] {
  const problems: string[] = [];
  context.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    const isOurs = host === new URL(server.url).host || ["blob:", "data:"].includes(protocol);
    if (!isOurs) problems.push(`a request left the machine: ${request.url()}`);
  });
  context.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => problems.push(`error: ${error.error().stack}`));
  context.on("response", (response) => {
    if (500 <= response.status()) problems.push(`${response.status()}: ${response.url()}`);
  });
  return problems;
}

/** Where the server says that it is gone; all that a lost network may leave in the console. */
export const LOST = /net::ERR_(CONNECTION|SOCKET|INTERNET|FAILED|INCOMPLETE|NETWORK|EMPTY|ABORTED)/;

export const STAGE = '[data-tour="stage"] img[src*="/items/"]';

/** The item on the label page, by its picture. */
export async function itemShown(page: Page): Promise<number> {
  const source = await page.locator(STAGE).getAttribute("src");
  return itemOf(source);
}

function itemOf(source: string | null): number {
  const found = /\/items\/(\d+)\//.exec(source ?? "")?.[1];
  if (found === undefined) throw new Error(`no item in ${String(source)}`);
  return Number(found);
}

/** Presses `key` and waits until another item is on screen, or none. */
export async function press(page: Page, key: string): Promise<void> {
  const before = await itemShown(page);
  await page.keyboard.press(key);
  await page.waitForFunction(
    ([stage, item]) => !document.querySelector(stage)?.getAttribute("src")?.includes(item),
    [STAGE, `/items/${before}/`] as const,
  );
}

/** Answers `n` items as `keyOf` says; gives them in order. */
export async function answer(
  page: Page,
  n: number,
  keyOf: (item: number) => string,
): Promise<number[]> {
  const answered: number[] = [];
  while (answered.length < n) {
    await page.locator(STAGE).waitFor();
    const item = await itemShown(page);
    await press(page, keyOf(item));
    answered.push(item);
  }
  return answered;
}

/** Waits until the pictures of `n` items beyond those `answered` are in the browser. */
export async function untilAhead(
  page: Page,
  n: number,
  answered: readonly number[],
): Promise<void> {
  await page.waitForFunction(
    ([wanted, done]) => {
      const asked = performance.getEntriesByType("resource").map((it) => new URL(it.name));
      const large = asked.filter((it) => it.searchParams.get("width") === "1280");
      const items = large.map((it) => Number(it.pathname.split("/").at(-2)));
      return new Set(items.filter((it) => !done.includes(it))).size >= wanted;
    },
    [n, answered] as const,
  );
}

/** Items whose large picture the page has asked for, in that order. */
export const itemsLoaded = (page: Page): Promise<number[]> =>
  page.evaluate(() => {
    const asked = performance.getEntriesByType("resource").map((it) => new URL(it.name));
    const large = asked.filter((it) => it.searchParams.get("width") === "1280");
    return large.map((it) => Number(it.pathname.split("/").at(-2)));
  });

/** Waits until the server has acknowledged every answer. */
export async function untilSaved(page: Page): Promise<void> {
  await page.locator('[data-unsent="0"]').waitFor({ timeout: 40_000 });
}

/** The label page of `project`, its first item on screen. */
export async function openLabel(page: Page, project = "digits"): Promise<void> {
  await page.goto(`/p/${project}/label`);
  await page.locator(STAGE).waitFor();
}
