// Several people at once, each logged in: no item goes to two of them, each
// sees the others' work live, and roles open only their own pages.

import type { Page } from "playwright-core";
import { beforeAll, expect, test, vi } from "vitest";

import type { Batch } from "../src/api.types";
import {
  answer,
  itemShown,
  itemsLoaded,
  LOST,
  openLabel,
  PASSWORD,
  REFUSED,
  untilSaved,
} from "./browser";
import { classOfDigit, truthOf } from "./data";
import { Scene } from "./scene";
import { Server } from "./server";

const PEOPLE = { olga: "owner", rita: "reviewer", ann: "annotator" } as const;
type Name = keyof typeof PEOPLE;

const scene = Scene.set(() => Server.start("digits"));
beforeAll(() => {
  for (const [name, role] of Object.entries(PEOPLE)) scene.server.addUser(name, role, PASSWORD);
});

const LOST_OR_REFUSED = new RegExp(`${REFUSED.source}|${LOST.source}`);

const logIn = (name: Name) => scene.visitAs(name, "/p/digits/label");

test("two people label at once, and no item goes to both", async () => {
  const olga = await logIn("olga");
  const ann = await logIn("ann");
  const client = scene.clientOf("olga");
  const names = new Map((await client.items("digits")).map((it) => [it.item, it.name]));
  const keyOf = (item: number) => truthOf(names.get(item) ?? "");
  await Promise.all([openLabel(olga.page), openLabel(ann.page)]);

  const [first, second] = await Promise.all([
    answer(olga.page, 15, keyOf),
    answer(ann.page, 15, keyOf),
  ]);
  expect(new Set([...first, ...second]).size).toBe(30);
  await Promise.all([untilSaved(olga.page), untilSaved(ann.page)]);

  // Without a reload, both see what both did.
  for (const { page } of [olga, ann]) await page.getByText("30 of 180 answered").first().waitFor();
  const third = await answer(ann.page, 2, keyOf);
  expect([...first, ...second]).not.toEqual(expect.arrayContaining(third));
  await olga.page.getByText("32 of 180 answered").first().waitFor();

  const answeredBy = async (name: Name) => {
    const mine = await scene.clientOf(name).history("digits");
    return mine.map((it) => it.item);
  };
  expect(await answeredBy("olga")).toEqual(first);
  expect(await answeredBy("ann")).toEqual([...second, ...third]);
  await olga.end(REFUSED);
  await ann.end(REFUSED);
});

test("a server that comes back hands out nothing that somebody has in hand", async () => {
  const { page, end } = await logIn("olga");
  const client = scene.clientOf("rita");
  const names = new Map((await client.items("digits")).map((it) => [it.item, it.name]));
  await openLabel(page);
  const before = await itemShown(page);

  await scene.server.kill();
  await scene.server.listen();
  // First the server learns what it knew.
  const ritas = await vi.waitFor(
    async () => {
      const { questions } = await client.select("digits", 40);
      expect(questions.length).toBeGreaterThan(20);
      return questions.map((it) => it.item);
    },
    { timeout: 20_000, interval: 200 },
  );
  expect(ritas).not.toContain(before);
  const keyOf = (item: number) => truthOf(names.get(item) ?? "");
  const olgas = await answer(page, 6, keyOf);
  expect(olgas.filter((it) => ritas.includes(it))).toEqual([]);

  // What somebody else answers all the same is not asked any more.
  await untilSaved(page);
  const ahead = (await itemsLoaded(page)).filter((it) => !olgas.includes(it));
  const item = ahead.at(-1) ?? 0;
  expect(item).not.toBe(await itemShown(page));
  const isTold = page.waitForResponse(async (response) => {
    if (!response.url().endsWith("/digits/select")) return false;
    const batch = (await response.json()) as Batch;
    return batch.gone.includes(item);
  });
  await client.label("digits", [[item, classOfDigit(names.get(item) ?? "")]]);
  await page.getByText("39 of 180 answered").first().waitFor();
  await isTold;
  expect(await answer(page, 20, keyOf)).not.toContain(item);
  await end(LOST_OR_REFUSED);
});

test("a wrong password is refused with a reason", async () => {
  const { page, end } = await scene.visit();
  await page.goto("/");
  await page.getByLabel("Name").fill("olga");
  await page.getByLabel("Password").fill("wrong password");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").waitFor();
  expect(await page.getByRole("button", { name: "Log in" }).isEnabled()).toBe(true);
  await end(REFUSED);
});

const pagesOf = (page: Page) =>
  page.getByRole("navigation", { name: "Pages of this project" }).getByRole("link").allInnerTexts();

const EVERYONES = ["Label", "Progress", "Audit"];

test.each([
  ["ann", [...EVERYONES, "Explore"], "review"],
  ["rita", [...EVERYONES, "Review", "Explore", "Export"], "settings"],
  ["olga", [...EVERYONES, "Review", "Explore", "Export", "Settings"], null],
] as const)("%s finds the pages of the role, and no others", async (name, allowed, refused) => {
  const { page, end } = await logIn(name);
  expect((await pagesOf(page)).filter((it) => it !== "")).toEqual(allowed);
  if (refused !== null) {
    await page.goto(`/p/digits/${refused}`);
    await page.getByRole("heading", { name: "Not for your role" }).waitFor();
  }
  await page.getByRole("button", { name: "Appearance and account" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in to Annota" }).waitFor();
  await end(REFUSED);
});
