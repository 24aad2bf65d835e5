// All of the work by keyboard alone: from Home to labelled items, single and in
// the grid, with a focus that is always seen and never caught.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { answer, itemShown, openLabel, press, untilSaved } from "./browser";
import { Scene } from "./scene";
import { Server } from "./server";

const scene = Scene.set(() => Server.start("digits"));

const PATIENCE = { timeout: 20_000, interval: 200 };

type Focus = Readonly<{ id: string; name: string; isSeen: boolean }>;

/** What has the focus, and whether that shows; runs in the page. */
function focusNow(): Focus {
  const { activeElement } = document;
  if (activeElement === null || activeElement === document.body) {
    return { id: "", name: "", isSeen: true };
  }
  const all = [...document.querySelectorAll("*")];
  // A link may stretch over its card by what stands after it, and is framed with it.
  const isFramed = [null, "::after"].some((part) => {
    const style = getComputedStyle(activeElement, part);
    const hasOutline = style.outlineStyle !== "none" && style.outlineWidth !== "0px";
    return hasOutline || style.boxShadow !== "none";
  });
  const box = activeElement.getBoundingClientRect();
  const isOnScreen = 0 < box.width && 0 < box.height && 0 <= box.bottom && 0 <= box.right;
  return {
    id: String(all.indexOf(activeElement)),
    name: `${activeElement.tagName} ${activeElement.textContent.trim().slice(0, 40)}`,
    isSeen: isOnScreen && isFramed,
  };
}

/** Presses Tab until the focus is on `wanted`; each stop on the way shows its focus. */
async function tabTo(page: Page, wanted: RegExp): Promise<void> {
  for (let n = 0; n < 30; n++) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(focusNow);
    expect(focus).toMatchObject({ isSeen: true });
    if (wanted.test(focus.name)) return;
  }
  throw new Error(`30 times Tab do not reach ${String(wanted)}`);
}

test("from Home to labelled items without a mouse", async () => {
  const { page, end } = await scene.visit();
  await page.goto("/");
  await page.getByRole("link", { name: "digits" }).waitFor();
  await tabTo(page, /^A digits/);
  await page.keyboard.press("Enter");
  await openedByKeys(page);

  const [first = 0, second = 0] = await answer(page, 2, () => "0");
  const skipped = await itemShown(page);
  await press(page, "x");
  const flagged = await itemShown(page);
  await page.keyboard.press("m");
  await page.getByText("flagged this item").waitFor();
  await press(page, "1");
  await page.keyboard.press("Control+z");
  await expect.poll(() => itemShown(page), PATIENCE).toBe(flagged);
  await press(page, "7");
  await untilSaved(page);

  const rowsOf = async (items: readonly number[]) => {
    const rows = new Map((await scene.client.items("digits")).map((it) => [it.item, it]));
    return items.map((it) => rows.get(it));
  };
  const classes = async () => (await rowsOf([first, second, flagged])).map((it) => it?.class);
  await expect.poll(classes, PATIENCE).toEqual([0, 0, 2]);
  const [atSkipped, atFlagged] = await rowsOf([skipped, flagged]);
  expect(atSkipped?.origin).not.toBe("person");
  expect(atFlagged?.is_flagged).toBe(true);
  await end();
});

async function openedByKeys(page: Page): Promise<void> {
  await page.waitForURL("**/p/digits/label");
  await page.locator('[data-tour="stage"] img').waitFor();
}

test("? shows the keys, Escape closes, and single letters lead to the pages", async () => {
  const { page, end } = await scene.visit();
  await openLabel(page);
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys" });
  await keys.getByText("Accept the suggestion").waitFor();
  // What lies behind hears nothing while the dialog is open.
  const item = await itemShown(page);
  await page.keyboard.press("0");
  await page.keyboard.press("Escape");
  await keys.waitFor({ state: "detached" });
  expect(await itemShown(page)).toBe(item);

  const pages = { P: "Progress", A: "Audit", R: "Review", X: "Export", S: "Settings" };
  for (const [letter, title] of Object.entries(pages)) {
    await page.keyboard.press(`Shift+${letter}`);
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
  }
  await page.keyboard.press("Shift+L");
  await openedByKeys(page);
  await page.keyboard.press("Shift+H");
  await page.getByRole("heading", { name: "Projects" }).waitFor();
  await end();
});

test("the grid answers many items with one key", async () => {
  const { page, end } = await scene.visit();
  await openLabel(page);
  await page.keyboard.press("g");
  const tiles = page.locator("button[data-item]");
  await tiles.first().waitFor();
  await page.keyboard.press("-");
  const shown = async () =>
    (await tiles.evaluateAll((all) => all.map((it) => Number(it.dataset["item"])))) as number[];
  await expect.poll(async () => (await shown()).length, PATIENCE).toBeGreaterThanOrEqual(4);
  const [first = 0, second = 0, third = 0] = await shown();
  const pressed = page.locator('button[data-item][aria-pressed="true"]');
  await page.keyboard.press("e");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("e");
  expect(await pressed.count()).toBe(2);
  await page.getByText("A class key answers the 2 selected items.").waitFor();
  await page.keyboard.press("1");
  await untilSaved(page);
  const classes = async () => {
    const rows = new Map((await scene.client.items("digits")).map((it) => [it.item, it]));
    return [first, second, third].map((it) => {
      const row = rows.get(it);
      return row?.origin === "person" ? row.class : null;
    });
  };
  expect(await classes()).toEqual([1, 1, null]);

  await page.keyboard.press("Control+z");
  await expect.poll(classes, PATIENCE).toEqual([null, null, null]);
  await page.keyboard.press("Control+a");
  await expect.poll(() => pressed.count(), PATIENCE).toBe((await shown()).length);
  await page.keyboard.press("Escape");
  await expect.poll(() => pressed.count(), PATIENCE).toBe(0);
  await page.keyboard.press("g");
  await openedByKeys(page);
  await end();
});

test.each(["/", "/p/digits/label", "/p/digits/progress", "/p/digits/review", "/p/digits/settings"])(
  "no element of %s keeps the focus",
  async (path) => {
    const { page, end } = await scene.visit();
    await page.goto(path);
    await page.getByRole("button", { name: "Appearance and account" }).waitFor();
    const visited = new Set<string>();
    for (let n = 0; n < 120; n++) {
      await page.keyboard.press("Tab");
      const focus = await page.evaluate(focusNow);
      expect(focus).toMatchObject({ isSeen: true });
      // Out of the page and round to its begin: nothing held it.
      if (focus.id === "" || (1 < visited.size && visited.values().next().value === focus.id))
        break;
      expect(visited).not.toContain(focus.id);
      visited.add(focus.id);
    }
    expect(visited.size).toBeGreaterThan(3);
    expect(visited.size).toBeLessThan(120);
    await end();
  },
);
