// A server just started on one project, and a browser that saw nothing before.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(import.meta.dirname, "../ui/package.json"));
const { chromium } = require("playwright-core");
const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * What `measure(page, address)` gives on a new page, where `address` is the
 * server's. ANNOTA and CHROMIUM name the programs, CHROMIUM_FLAGS adds flags.
 */
export async function withPage(project, measure) {
  const line = ["serve", "--port", "0", "--no-open", "--quiet", project];
  const server = spawn(process.env.ANNOTA, line, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit");
  const [address] = await once(createInterface({ input: server.stdout }), "line");
  const more = (process.env.CHROMIUM_FLAGS ?? "").split(" ").filter((it) => it !== "");
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [...FLAGS, ...more],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    return await measure(page, address);
  } finally {
    await browser.close();
    server.kill("SIGKILL");
    await ended;
  }
}

/** The address of one of the project's pages. */
export async function pageOf(address, name) {
  const [{ id }] = await (await fetch(new URL("/api/projects", address))).json();
  return new URL(`/p/${id}/${name}`, address);
}
