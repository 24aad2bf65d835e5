// What the label page costs: the bytes that it loads, compressed, and the time
// from the address to the first item on screen with its keys bound. Each time
// is a cold start: a server just started, and a browser that saw nothing before.
// An icon alone, measured in the same way, says how much of it is the browser's.
//   node bench/page.mjs PROJECT      (ANNOTA and CHROMIUM name the programs)
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { gzipSync } from "node:zlib";

const require = createRequire(join(import.meta.dirname, "../ui/package.json"));
const { chromium } = require("playwright-core");
const [project] = process.argv.slice(2);
const TIMES = 5;
const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const runs = [];
const icons = [];
for (let i = 0; i < TIMES; i++) {
  // In turn, so that other work on the machine disturbs both alike.
  runs.push(await coldStart(labelPage));
  icons.push(await coldStart(icon));
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

async function coldStart(measure) {
  const line = ["serve", "--port", "0", "--no-open", "--quiet", project];
  const server = spawn(process.env.ANNOTA, line, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit");
  const [url] = await once(createInterface({ input: server.stdout }), "line");
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    return await measure(page, url);
  } finally {
    await browser.close();
    server.kill("SIGKILL");
    await ended;
  }
}

async function labelPage(page, url) {
  const [{ id }] = await (await fetch(new URL("/api/projects", url))).json();
  const bodies = [];
  page.on("response", (it) => {
    if (/\.(js|css)$/.test(new URL(it.url()).pathname)) bodies.push(it.body());
  });
  // The keys are bound in the same commit of React that shows the item.
  const item = '[data-tour="stage"] img[src*="/items/"]';
  const isShown = (it) => document.querySelector(it)?.naturalWidth > 0;
  const seconds = await secondsUntil(page, new URL(`/p/${id}/label`, url), isShown, item);
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

async function icon(page, url) {
  // A frame is drawn when the next one begins.
  const isDrawn = () => new Promise((it) => requestAnimationFrame(() => requestAnimationFrame(it)));
  return { seconds: await secondsUntil(page, new URL("/icon.svg", url), isDrawn) };
}

/** Until `isThere` holds in a frame of the page at `address`. */
async function secondsUntil(page, address, isThere, argument) {
  const begin = performance.now();
  await page.goto(address.href, { waitUntil: "commit" });
  await page.waitForFunction(isThere, argument);
  return (performance.now() - begin) / 1000;
}
