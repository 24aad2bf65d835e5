// What the label page costs: the bytes that it loads, compressed, and the time
// from the address to the first item on screen with its keys bound. Each time
// is a cold start: a server just started, and a browser that saw nothing before.
// An icon alone, measured in the same way, says how much of it is the browser's.
//   node bench/page.mjs PROJECT      (ANNOTA and CHROMIUM name the programs)
import { gzipSync } from "node:zlib";

import { pageOf, withPage } from "./browser.mjs";

const [project] = process.argv.slice(2);
const TIMES = 5;

const runs = [];
const icons = [];
for (let i = 0; i < TIMES; i++) {
  // In turn, so that other work on the machine disturbs both alike.
  runs.push(await withPage(project, labelPage));
  icons.push(await withPage(project, icon));
}
const median = (of) => of.sort((a, b) => a - b)[(TIMES - 1) / 2];
const [size, first, frame] = [
  runs.map((it) => it.size / 1000),
  runs.map((it) => it.seconds),
  icons.map((it) => it.seconds),
].map(median);
const figures = [
  { set: "label", what: "JS and CSS, gzip", ours: size, unit: "kB gzip" },
  { set: "label", what: "to the first item", ours: first, unit: "s to first item" },
  { set: "icon", what: "to the first frame", ours: frame, unit: "s to first frame" },
];
for (const { set, what, ours, unit } of figures) {
  console.error(`${set.padEnd(8)} ${what.padEnd(20)} ${ours.toFixed(3).padStart(9)} ${unit}`);
  console.log(JSON.stringify({ bench: "page", set, ours: Number(ours.toFixed(3)), unit }));
}

async function labelPage(page, server) {
  const address = await pageOf(server, "label");
  const bodies = [];
  page.on("response", (it) => {
    if (/\.(js|css)$/.test(new URL(it.url()).pathname)) bodies.push(it.body());
  });
  // The keys are bound in the same commit of React that shows the item.
  const item = '[data-tour="stage"] img[src*="/items/"]';
  const isShown = (it) => document.querySelector(it)?.naturalWidth > 0;
  const seconds = await secondsUntil(page, address, isShown, item);
  const before = await page.locator(item).getAttribute("src");
  await page.keyboard.press("1");
  await page.waitForFunction(
    ([it, src]) => document.querySelector(it)?.getAttribute("src") !== src,
    [item, before],
  );
  await page.keyboard.press("Control+z");
  await page.locator('[data-unsent="0"]').waitFor();
  const size = (await Promise.all(bodies)).reduce((sum, it) => sum + gzipSync(it, { level: 9 }).length, 0);
  return { seconds, size };
}

async function icon(page, server) {
  // A frame is drawn when the next one begins.
  const isDrawn = () => new Promise((it) => requestAnimationFrame(() => requestAnimationFrame(it)));
  return { seconds: await secondsUntil(page, new URL("/icon.svg", server), isDrawn) };
}

/** Until `isThere` holds in a frame of the page at `address`. */
async function secondsUntil(page, address, isThere, argument) {
  const begin = performance.now();
  await page.goto(address.href, { waitUntil: "commit" });
  await page.waitForFunction(isThere, argument);
  return (performance.now() - begin) / 1000;
}
