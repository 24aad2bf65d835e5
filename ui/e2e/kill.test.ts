// The server ends in the middle of labelling, as in a crash, and comes back.

import { expect, test } from "vitest";

import { answer, itemShown, LOST, openLabel, untilAhead, untilSaved } from "./browser";
import { classOfDigit, truthOf } from "./data";
import { Scene } from "./scene";
import { Server } from "./server";

const scene = Scene.set(() => Server.start("digits"));

test("a killed server loses nothing, and the page goes on when it is back", async () => {
  const { page, end } = await scene.visit();
  const { client } = scene;
  const names = new Map((await client.items("digits")).map((it) => [it.item, it.name]));
  const classOf = (item: number) => classOfDigit(names.get(item) ?? "");
  const keyOf = (item: number) => truthOf(names.get(item) ?? "");
  await openLabel(page);

  const before = await answer(page, 12, keyOf);
  await untilAhead(page, 5, before);
  // Whatever is on its way is cut as well.
  await scene.server.kill();
  const during = await answer(page, 4, keyOf);
  await page.getByText("The server cannot be reached.").waitFor();
  await page.getByText(/changes? not sent yet/).waitFor();

  await scene.server.listen();
  await untilSaved(page);
  await page.getByText("The server cannot be reached.").waitFor({ state: "hidden" });
  const after = await answer(page, 6, keyOf);
  await untilSaved(page);

  const given = [...before, ...during, ...after];
  const facts = await client.history("digits");
  expect(facts.map(({ item, class: answered }) => [item, answered])).toEqual(
    given.map((item) => [item, classOf(item)]),
  );

  // What was acknowledged is there after another crash, and is not asked again.
  await scene.server.kill();
  await scene.server.listen();
  expect(await client.history("digits")).toEqual(facts);
  await openLabel(page);
  expect(given).not.toContain(await itemShown(page));
  await end(LOST);
});
