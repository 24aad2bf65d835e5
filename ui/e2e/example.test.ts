// A newcomer without data: the digits that come with the program are tried, and
// the tour leads through the first answers.

import { expect, test } from "vitest";

import { answer, STAGE, untilSaved } from "./browser";
import { Scene } from "./scene";
import { Server } from "./server";

const scene = Scene.set(() => Server.start());

const N_STEPS = 5;

test("who has no data yet labels the digits that come along", async () => {
  const { page, end } = await scene.visit({ hasTour: true });
  await page.goto("/");
  await page.getByRole("button", { name: "Try 500 handwritten digits" }).click();
  const dialog = page.getByRole("dialog", { name: "New project" });
  await expect
    .poll(() => dialog.getByLabel("Name of the project").inputValue())
    .toBe("Handwritten digits");
  await dialog.getByRole("button", { name: "Create and import" }).click();
  await page.getByText("500 items are in").waitFor({ timeout: 90_000 });
  await page.getByRole("button", { name: "Start labelling" }).click();

  await page.locator(STAGE).waitFor({ timeout: 90_000 });
  for (let step = 1; step < N_STEPS; step++) {
    await page.getByText(`${step} of ${N_STEPS}`, { exact: true }).waitFor();
    await page.getByRole("button", { name: "Next", exact: true }).click();
  }
  await page.getByRole("button", { name: "Start labelling" }).click();

  await answer(page, 3, () => "1");
  await untilSaved(page);
  const [{ id } = { id: "" }] = await scene.client.get<{ id: string }[]>("/projects");
  const { settings } = await scene.client.project(id);
  expect(settings.classes.map((it) => it.name)).toEqual([..."0123456789"]);
  const answered = (await scene.client.items(id)).filter((it) => it.origin === "person");
  expect(answered.length).toBe(3);
  await end();
});
