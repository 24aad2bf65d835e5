// Every page in light and dark, wide and narrow: WCAG 2.2 AA as far as axe can
// check it (once a theme and once a width), nothing that overflows, and
// screenshots to look at.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { LOST, openLabel, PASSWORD, press, REFUSED, visit } from "./browser";
import { OUT } from "./data";
import { Scene } from "./scene";
import { Server } from "./server";
import { fullServer, open, untilDrawn, VIEWS } from "./views";

const WIDTHS = [1440, 820] as const;
const THEMES = ["light", "dark"] as const;
const SCREENS = process.env["ANNOTA_SCREENSHOTS"] ?? join(OUT, "screens");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const scene = Scene.set(fullServer);
/** One where one has to log in. */
let guarded: Server;
beforeAll(async () => {
  mkdirSync(SCREENS, { recursive: true });
  guarded = await Server.start();
  guarded.addUser("olga", "owner", PASSWORD);
});
afterAll(async () => {
  await guarded.remove();
});

type Shape = Readonly<{ theme: (typeof THEMES)[number]; width: (typeof WIDTHS)[number] }>;
const LOOKS: readonly Shape[] = THEMES.flatMap((theme) =>
  WIDTHS.map((width) => ({ theme, width })),
);

/** Contrast is the theme's and what there is the width's, so each is checked by axe once. */
const isChecked = ({ theme, width }: Shape) => (theme === "light") === (width === WIDTHS[0]);

/** The page that is not there is told by the browser, too. */
const NOT_FOUND = /status of 404.*\/none/;

test.each(LOOKS)("every page in $theme, $width wide", async (look) => {
  const { page, end } = await scene.visit(look);
  const faults: string[] = [];
  for (const view of VIEWS) {
    await open(page, view);
    faults.push(...(await faultsOf(page, view.name, look)));
  }
  expect(faults).toEqual([]);
  await end(NOT_FOUND);
});

test.each(LOOKS.filter(isChecked))(
  "a lost server and the login in $theme, $width wide",
  async (look) => {
    const away = await scene.visit(look);
    await openLabel(away.page);
    await away.context.setOffline(true);
    await press(away.page, "1");
    await away.page.getByText("The server cannot be reached.").waitFor();
    await away.page.getByText("1 change not sent yet").waitFor();
    await untilDrawn(away.page);
    const faults = await faultsOf(away.page, "offline", look);
    await away.end(LOST);

    const { page, end } = await visit(scene.browser, guarded, look);
    await page.goto("/");
    await page.getByLabel("Name").fill("olga");
    await page.getByLabel("Password").fill("wrong password");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").waitFor();
    await untilDrawn(page);
    faults.push(...(await faultsOf(page, "login", look)));
    expect(faults).toEqual([]);
    await end(REFUSED);
  },
);

/** Takes a picture of the page, and gives what is wrong with it. */
async function faultsOf(page: Page, name: string, shape: Shape): Promise<string[]> {
  const { theme, width } = shape;
  await page.screenshot({ path: join(SCREENS, `${name}-${width}-${theme}.png`) });
  const found = await overflowing(page);
  if (isChecked(shape)) found.push(...(await violations(page)));
  return found.map((it) => `${name}: ${it}`);
}

async function violations(page: Page): Promise<string[]> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const options: RunOptions = {
    runOnly: { type: "tag", values: tags },
    resultTypes: ["violations"],
  };
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
