// Every page in light and dark, wide and narrow: WCAG 2.2 AA as far as axe can
// check it (once a theme), nothing that overflows, and screenshots to look at.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import type { AxeResults, RunOptions } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch, visit } from "./browser";
import { OUT } from "./data";
import type { Server } from "./server";
import { fullServer, open, VIEWS } from "./views";

const WIDTHS = [1440, 820] as const;
const THEMES = ["light", "dark"] as const;
const SCREENS = process.env["ANNOTA_SCREENSHOTS"] ?? join(OUT, "screens");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let server: Server;
beforeAll(async () => {
  mkdirSync(SCREENS, { recursive: true });
  browser = await launch();
  server = await fullServer();
});
afterAll(async () => {
  await browser.close();
  await server.remove();
});

const LOOKS = THEMES.flatMap((theme) => WIDTHS.map((width) => ({ theme, width })));

/** The page that is not there is told by the browser, too. */
const NOT_FOUND = /status of 404.*\/none/;

test.each(LOOKS)("every page in $theme, $width wide", async ({ theme, width }) => {
  const { page, end } = await visit(browser, server, { theme, width });
  const faults: string[] = [];
  for (const view of VIEWS) {
    await open(page, view);
    await page.screenshot({ path: join(SCREENS, `${view.name}-${width}-${theme}.png`) });
    const found = await overflowing(page);
    if (width === WIDTHS[0]) found.push(...(await violations(page)));
    for (const it of found) faults.push(`${view.name}: ${it}`);
  }
  expect(faults).toEqual([]);
  await end(NOT_FOUND);
});

async function violations(page: Page): Promise<string[]> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const options: RunOptions = { runOnly: { type: "tag", values: tags } };
  await page.evaluate(AXE);
  const results = await page.evaluate(
    (options) =>
      (
        window as unknown as { axe: { run: (on: Document, by: RunOptions) => Promise<AxeResults> } }
      ).axe.run(document, options),
    options,
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`),
  );
}

/** A page that has to be scrolled sideways. */
async function overflowing(page: Page): Promise<string[]> {
  const { inner, outer } = await page.evaluate(() => ({
    inner: document.documentElement.scrollWidth,
    outer: document.documentElement.clientWidth,
  }));
  return inner <= outer ? [] : [`${inner} pixels wide on ${outer}`];
}
