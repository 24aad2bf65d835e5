import { expect, test } from "vitest";

import { matching } from "./classes";

const classes = [
  "lost_or_stolen_card",
  "card_arrival",
  "Café visit",
  "汇率查询",
  "top up by card",
].map((name) => ({ name, key: "", colour: "#000000" }));
const find = (query: string) => matching(classes, query).map((at) => classes[at]?.name);

test("finds every word anywhere, names that begin so first", () => {
  expect(find("card")).toEqual(["card_arrival", "lost_or_stolen_card", "top up by card"]);
  expect(find("card lost")).toEqual(["lost_or_stolen_card"]);
  expect(find("lost or")).toEqual(["lost_or_stolen_card"]);
});

test("case, accents and underscores do not matter, other scripts work", () => {
  expect(find("CAFE")).toEqual(["Café visit"]);
  expect(find("汇率")).toEqual(["汇率查询"]);
});

test("an empty query finds all in their order, a foreign one nothing", () => {
  expect(find("  ")).toHaveLength(5);
  expect(find("xyz")).toEqual([]);
});
