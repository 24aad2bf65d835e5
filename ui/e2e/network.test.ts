// The network is cut and comes back: answers wait in the browser, are shown as
// unsent, and reach the server once.

import { beforeAll, expect, test } from "vitest";

import { answer, LOST, openLabel, untilAhead, untilSaved } from "./browser";
import { classOfDigit, truthOf } from "./data";
import { Scene } from "./scene";
import { Server } from "./server";

const scene = Scene.set(() => Server.start("digits"));
let names: Map<number, string>;
beforeAll(async () => {
  names = new Map((await scene.client.items("digits")).map((it) => [it.item, it.name]));
});

/** How many lines the browser has on its disk; runs in the page. */
function nWritten(): Promise<number> {
  return new Promise((resolve) => {
    indexedDB.open("annota").onsuccess = ({ target }) => {
      const database = (target as IDBOpenDBRequest).result;
      database.transaction("lines").objectStore("lines").count().onsuccess = (counted) => {
        database.close();
        resolve((counted.target as IDBRequest<number>).result);
      };
    };
  });
}

const PATIENCE = { timeout: 20_000, interval: 200 };
const classOf = (item: number) => classOfDigit(names.get(item) ?? "");
const keyOf = (item: number) => truthOf(names.get(item) ?? "");
const pairs = (items: readonly number[]) => items.map((it) => [it, classOf(it)]);
const facts = async () => (await scene.client.history("digits")).map((it) => [it.item, it.class]);

test("answers given without a network are kept, shown as unsent, and sent once", async () => {
  const { page, context, end } = await scene.visit();
  await openLabel(page);
  const before = await answer(page, 5, keyOf);
  await untilSaved(page);
  await untilAhead(page, 5, before);

  await context.setOffline(true);
  const cut = await answer(page, 4, keyOf);
  await page.getByText("4 changes not sent yet").waitFor();
  await page.getByText("The server cannot be reached.").waitFor();
  expect(await facts()).toEqual(pairs(before));

  await context.setOffline(false);
  await untilSaved(page);
  await page.getByText("All saved").waitFor();
  expect(await facts()).toEqual(pairs([...before, ...cut]));
  await end(LOST);
});

test("answers of a closed page are sent when it is opened again", async () => {
  const given = (await facts()).length;
  const { page, context, end } = await scene.visit();
  await openLabel(page);
  await context.route("**/annotate", (route) => route.abort());
  const cut = await answer(page, 3, keyOf);
  await page.getByText("3 changes not sent yet").waitFor();
  await expect.poll(() => page.evaluate(nWritten), PATIENCE).toBe(3);
  await page.close();
  expect((await facts()).length).toBe(given);

  await context.unroute("**/annotate");
  const again = await context.newPage();
  await openLabel(again);
  await expect.poll(facts, PATIENCE).toHaveLength(given + cut.length);
  await untilSaved(again);
  expect((await facts()).slice(given)).toEqual(pairs(cut));
  await end(LOST);
});

test("an acknowledgement that was lost on its way doubles nothing", async () => {
  const given = (await facts()).length;
  const { page, context, end } = await scene.visit();
  await openLabel(page);
  const keys: string[] = [];
  let nLost = 0;
  await context.route("**/annotate", async (route) => {
    const { annotations } = route.request().postDataJSON() as { annotations: { key: string }[] };
    keys.push(...annotations.map((it) => it.key));
    const response = await route.fetch();
    nLost += 1;
    await (nLost <= 2 ? route.abort() : route.fulfill({ response }));
  });
  const answered = await answer(page, 4, keyOf);
  await untilSaved(page);
  expect(nLost).toBeGreaterThan(2);
  expect(new Set(keys).size).toBe(4);
  expect(keys.length).toBeGreaterThan(4);
  expect((await facts()).slice(given)).toEqual(pairs(answered));
  await end(LOST);
});
