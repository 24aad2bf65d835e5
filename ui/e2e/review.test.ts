// Review by the keyboard alone: a queue longer than what is read at once, who
// said what side by side, and the tabs with what is in each.

import type { Page } from "playwright-core";
import { beforeAll, expect, test, vi } from "vitest";

import type { ReviewKind, ReviewPage } from "../src/api.types";
import { PASSWORD, REFUSED, untilSaved } from "./browser";
import { CLASSES, classOfDigit } from "./data";
import { Scene } from "./scene";
import { type Client, Server } from "./server";

const N_DISPUTED = 42;
const N_FLAGGED = 3;

const PATIENCE = { timeout: 20_000, interval: 200 };
const FAST = { timeout: 20_000, interval: 20 };

const scene = Scene.set(() => Server.start("digits"));
let rita: Client;
/** What Ann and Bob said of each item on which they disagree, by its name. */
const disputed = new Map<string, Readonly<{ item: number; ann: number; bob: number }>>();

beforeAll(async () => {
  scene.server.addUser("olga", "owner", PASSWORD);
  for (const name of ["ann", "bob"]) scene.server.addUser(name, "annotator", PASSWORD);
  scene.server.addUser("rita", "reviewer", PASSWORD);
  const [ann, bob] = [scene.clientOf("ann"), scene.clientOf("bob")];
  rita = scene.clientOf("rita");
  const items = (await rita.items("digits")).filter((it) => it.item % 4 === 0).slice(0, N_DISPUTED);
  for (const { item, name } of items) {
    const truth = classOfDigit(name);
    disputed.set(name, { item, ann: truth, bob: (truth + 1) % CLASSES.length });
  }
  const pairs = [...disputed.values()];
  await ann.label(
    "digits",
    pairs.map((it) => [it.item, it.ann]),
  );
  await bob.label(
    "digits",
    pairs.map((it) => [it.item, it.bob]),
  );
  for (const { item } of pairs.slice(0, N_FLAGGED)) await ann.flag("digits", item, "Torn");
  // What the model doubts stays as it is from now on.
  const nLearnt = async () => (await rita.project("digits")).model?.n_labelled;
  await vi.waitUntil(async () => (await nLearnt()) === N_DISPUTED, PATIENCE);
});

const queueOf = (kind: ReviewKind) =>
  rita.get<ReviewPage>(`/projects/digits/review?kind=${kind}&limit=100`);

const TABS = {
  suspect: "Suspects",
  disagreement: "Disagreements",
  flagged: "Flagged",
  low_confidence: "Low confidence",
} as const satisfies Record<ReviewKind, string>;

const tab = (page: Page, kind: ReviewKind) => page.getByRole("tab", { name: TABS[kind] });
const verdict = (page: Page) => page.getByRole("region", { name: "Who said what" });
const shown = (page: Page) => page.getByRole("tabpanel").getByRole("region").first();
const nameShown = (page: Page) => shown(page).getAttribute("aria-label");

/** Opens the queue with arrow keys, and leaves the tabs. */
async function openQueue(page: Page, kind: ReviewKind): Promise<void> {
  const chosen = page.getByRole("tab", { selected: true });
  await chosen.focus();
  while (!(await chosen.innerText()).startsWith(TABS[kind])) {
    await page.keyboard.press("ArrowRight");
  }
  await verdict(page).waitFor();
  await chosen.blur();
}

test("each tab says how many it holds, and shows the first of them", async () => {
  const { page, end } = await scene.visitAs("rita", "/p/digits/review");
  for (const kind of Object.keys(TABS) as ReviewKind[]) {
    const { items, total } = await queueOf(kind);
    await tab(page, kind).click();
    await expect.poll(() => tab(page, kind).innerText()).toMatch(new RegExp(`\\D${total}$`));
    const first = items[0];
    if (first === undefined) await page.getByText(/^(No|Nothing)/).waitFor();
    else await expect.poll(() => nameShown(page), PATIENCE).toBe(first.name);
  }
  await end(REFUSED);
});

test("it stands side by side who said what", async () => {
  const { page, end } = await scene.visitAs("rita", "/p/digits/review");
  await openQueue(page, "disagreement");
  const said = disputed.get((await nameShown(page)) ?? "");
  if (said === undefined) throw new Error("nobody disagrees about what is shown");
  const sides = verdict(page).getByRole("list").first().getByRole("button");
  const of = (position: number) => CLASSES[position] ?? "";
  await expect.poll(() => sides.count(), PATIENCE).toBe(2);
  const [anns, bobs] = [sides.first(), sides.last()];
  await expect.poll(() => anns.innerText()).toMatch(new RegExp(`^${of(said.ann)}\\b[^]*ann for`));
  await expect.poll(() => bobs.innerText()).toMatch(new RegExp(`^${of(said.bob)}\\b[^]*bob for`));
  await bobs.getByText("as it stands").waitFor();
  expect(await anns.getByText("as it stands").count()).toBe(0);
  await end(REFUSED);
});

type Said = Readonly<{ ann: number; bob: number }>;

/** Keys that settle, and for which class. */
const WAYS: readonly (readonly [string, (said: Said) => number])[] = [
  ["Shift+1", ({ ann }) => ann],
  ["Shift+2", ({ bob }) => bob],
  ["Enter", ({ bob }) => bob],
  ["7", () => 2],
];

/** Presses `key`, and waits for another item unless this is the last; gives its name. */
async function leave(page: Page, key: string, isLast: boolean): Promise<string> {
  const name = (await nameShown(page)) ?? "";
  await page.keyboard.press(key);
  if (!isLast) await expect.poll(() => nameShown(page), FAST).not.toBe(name);
  return name;
}

test("one may pass over more items than are read at once", async () => {
  const { page, end } = await scene.visitAs("rita", "/p/digits/review");
  await openQueue(page, "disagreement");
  const names: string[] = [];
  while (names.length < N_DISPUTED) {
    names.push(await leave(page, "d", names.length === N_DISPUTED - 1));
  }
  expect([...names].sort()).toEqual([...disputed.keys()].sort());
  await end(REFUSED);
});

test("a flag is dealt with by resolving it, or by settling its item", async () => {
  const { page, end } = await scene.visitAs("rita", "/p/digits/review");
  await openQueue(page, "flagged");
  const first = await leave(page, "m", false);
  await expect.poll(() => tab(page, "flagged").innerText(), PATIENCE).toMatch(/\D2$/);
  const second = await leave(page, "Enter", false);
  await expect.poll(() => tab(page, "flagged").innerText(), PATIENCE).toMatch(/\D1$/);
  const { items } = await queueOf("flagged");
  expect(items.map((it) => it.name)).not.toContain(first);
  expect(items.map((it) => it.name)).not.toContain(second);

  await page.keyboard.press("Control+z");
  await expect.poll(() => tab(page, "flagged").innerText(), PATIENCE).toMatch(/\D2$/);
  await end(REFUSED);
});

test("keys settle a long queue: every item is shown once, and none is left out", async () => {
  const { page, end } = await scene.visitAs("rita", "/p/digits/review");
  await openQueue(page, "disagreement");
  const names: string[] = [];
  const wanted: (number | undefined)[][] = [];
  while (names.length < N_DISPUTED) {
    const [key, classOf] = WAYS[names.length % WAYS.length] ?? ["", () => -1];
    const name = await leave(page, key, names.length === N_DISPUTED - 1);
    const said = disputed.get(name);
    names.push(name);
    wanted.push([said?.item, said && classOf(said)]);
  }
  await untilSaved(page);
  expect([...names].sort()).toEqual([...disputed.keys()].sort());
  const facts = await rita.history("digits");
  expect(facts.map((it) => [it.item, it.class])).toEqual(wanted);
  expect(new Set(facts.map((it) => it.purpose))).toEqual(new Set(["review"]));
  expect((await queueOf("disagreement")).total).toBe(0);
  await expect.poll(() => tab(page, "disagreement").innerText(), PATIENCE).toMatch(/\D0$/);

  await page.keyboard.press("Control+z");
  await expect.poll(async () => (await queueOf("disagreement")).total, PATIENCE).toBe(1);
  await expect.poll(() => tab(page, "disagreement").innerText(), PATIENCE).toMatch(/\D1$/);
  await end(REFUSED);
});
