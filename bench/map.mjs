// Frames a second of the map of 100,000 items while it is dragged, and zoomed by
// the wheel: one movement a frame, from the page itself, as fast as the browser
// asks for frames (60 a second at most). `p99` is the longest wait for a frame
// but one in a hundred.
//   node bench/map.mjs PROJECT      (ANNOTA and CHROMIUM name the programs)
import { pageOf, withPage } from "./browser.mjs";

const [project] = process.argv.slice(2);
const N_FRAMES = 300;

await withPage(project, async (page, server) => {
  const nPoints = await openMap(page, server);
  const renderer = await page.evaluate(nameOfRenderer);
  for (const movement of ["drag", "wheel"]) {
    const before = await page.screenshot();
    const waits = await page.evaluate(waitsDuring, [movement, N_FRAMES]);
    if (before.equals(await page.screenshot())) throw new Error(`the map did not move: ${movement}`);
    tell(movement, nPoints, waits, renderer);
  }
});

function tell(movement, nPoints, waits, renderer) {
  waits.sort((a, b) => a - b);
  const ours = 1000 / (waits.reduce((sum, it) => sum + it, 0) / waits.length);
  const p99 = waits[Math.ceil(0.99 * waits.length) - 1];
  const [fps, ms] = [ours, p99].map((it) => Number(it.toFixed(1)));
  const set = `${movement}, ${nPoints} points`;
  console.error(`${set.padEnd(22)} ${fps} frames/s, p99 ${ms} ms (${renderer})`);
  console.log(JSON.stringify({ bench: "map", set, ours: fps, unit: "frames/s", p99_ms: ms, renderer }));
}

/** Opens the map, and lets it come to rest. */
async function openMap(page, server) {
  await page.goto((await pageOf(server, "explore")).href);
  await page.locator("[data-tool] canvas").waitFor({ timeout: 600_000 });
  await page.waitForTimeout(3000);
  const label = await page.locator("[data-tool]").getAttribute("aria-label");
  return Number(label.replaceAll(/\D/g, ""));
}

function nameOfRenderer() {
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  return gl === null ? "no WebGL" : gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER);
}

/** The milliseconds from each frame to the next, with a movement in each. */
async function waitsDuring([movement, nFrames]) {
  const frame = document.querySelector("[data-tool]");
  const box = frame.getBoundingClientRect();
  const middle = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  const send = (type, angle) => {
    const at = { clientX: middle.x + 150 * Math.sin(angle), clientY: middle.y + 150 * Math.cos(angle) };
    const shared = { bubbles: true, cancelable: true, ...at };
    const deltaY = 60 * Math.sin(angle);
    const event =
      type === "wheel"
        ? new WheelEvent(type, { ...shared, deltaY })
        : new PointerEvent(type, { ...shared, pointerId: 1, buttons: 1, isPrimary: true });
    frame.dispatchEvent(event);
  };
  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  // A made-up pointer cannot be captured.
  frame.setPointerCapture = () => undefined;
  frame.releasePointerCapture = () => undefined;
  if (movement === "drag") send("pointerdown", 0);
  const waits = [];
  let last = await nextFrame();
  for (let i = 0; i < nFrames; i++) {
    send(movement === "drag" ? "pointermove" : "wheel", i / 20);
    const now = await nextFrame();
    waits.push(now - last);
    last = now;
  }
  if (movement === "drag") send("pointerup", nFrames / 20);
  return waits;
}
