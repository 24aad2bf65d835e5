import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import type { Settings } from "../api.types";
import {
  changed,
  COLOURS,
  faultOf,
  faultyFields,
  merge,
  newClass,
  resolved,
  sameColour,
  withNew,
} from "./settings";

const cat = { name: "cat", key: "1", colour: "#0072b2" };
const dog = { name: "dog", key: "2", colour: "#e69f00" };
const base: Settings = {
  name: "Pets",
  classes: [cat, dog],
  goal: { max_error: 0.05, confidence: 0.95 },
  strategy: null,
  batch_len: null,
  overlap: 1,
  budget: null,
  model: null,
  lease_s: 600,
  highlights: [],
};

test("only what differs is sent", () => {
  expect(changed(base, { ...base, classes: [{ ...cat }, dog] })).toEqual({});
  expect(changed(base, { ...base, overlap: 2 })).toEqual({ overlap: 2 });
});

test("changes of different fields go together", () => {
  const merged = merge(base, { ...base, overlap: 2 }, { ...base, budget: 100 });
  expect(merged).toEqual({ settings: { ...base, overlap: 2, budget: 100 }, conflicts: [] });
});

test("a field that both changed is a conflict, unless they agree", () => {
  const theirs = { ...base, overlap: 3, budget: 50 };
  const merged = merge(base, { ...base, overlap: 2, budget: 50 }, theirs);
  expect(merged.conflicts).toEqual(["overlap"]);
  expect(resolved(merged, theirs, new Set(["overlap"])).overlap).toBe(2);
  expect(resolved(merged, theirs, new Set()).overlap).toBe(3);
});

test("classes that two people add come behind each other, with keys of their own", () => {
  const bird = { name: "bird", key: "3", colour: "#009e73" };
  const cow = { name: "cow", key: "3", colour: "#cc79a7" };
  const mine = { ...base, classes: [{ ...cat, colour: "#123456" }, dog, cow] };
  const theirs = { ...base, classes: [cat, { ...dog, key: "K" }, bird] };
  const merged = merge(base, mine, theirs);
  expect(merged.conflicts).toEqual([]);
  expect(merged.settings.classes).toEqual([
    { ...cat, colour: "#123456" },
    { ...dog, key: "K" },
    bird,
    { ...cow, key: "2" },
  ]);
  const other = { ...base, classes: [{ ...cat, key: "L" }, dog] };
  expect(merge(base, mine, other).conflicts).toEqual(["classes"]);
});

test("two classes of one colour are told", () => {
  expect([0, 1].map((at) => sameColour([cat, { ...dog, colour: "#0072B2" }], at))).toEqual([
    "dog",
    "cat",
  ]);
  expect(sameColour([cat, dog], 0)).toBeNull();
});

test("a new class takes the first key and colour that are free", () => {
  expect(newClass("bird", base.classes)).toEqual({ name: "bird", key: "3", colour: "#009e73" });
});

test("a class says what is wrong with it", () => {
  const faulty = [
    { ...cat, name: " " },
    { ...dog, key: "?" },
    { ...dog, name: "a", key: "7" },
    { ...dog, name: "b", key: "7" },
    { ...dog, name: "c", key: "d" },
    { ...dog, name: "e", key: "V" },
    { ...dog, name: "f", key: "" },
  ];
  expect(faulty.map((_, at) => faultOf(faulty, at))).toEqual([
    { kind: "noName" },
    { kind: "badKey" },
    { kind: "clash", clash: { key: "7", classes: ["a", "b"], action: null } },
    { kind: "clash", clash: { key: "7", classes: ["a", "b"], action: null } },
    { kind: "clash", clash: { key: "D", classes: ["c"], action: "next" } },
    { kind: "kept" },
    null,
  ]);
  expect(faultOf([cat, { ...dog, name: "cat" }], 1)).toEqual({ kind: "sameName" });
});

test("values that cannot be are named by their field", () => {
  expect(faultyFields(base)).toEqual([]);
  const draft = { ...base, goal: { max_error: 0, confidence: 0.95 }, overlap: 0, batch_len: 2.5 };
  expect(faultyFields(draft)).toEqual(["goal", "batch_len", "overlap"]);
});

test("a class that is called like a key has that key, whatever order they come in", () => {
  const keys = (...names: string[]) => withNew([], names).map((it) => it.key);
  expect(keys("0", "1", "7")).toEqual(["0", "1", "7"]);
  expect(keys("none", "1", "i", "I", "x")).toEqual(["2", "1", "I", "3", "4"]);
  expect(withNew([cat, dog], ["1", "bird"]).map((it) => it.key)).toEqual(["1", "2", "3", "4"]);
});

test("colours are given as the server gives them", () => {
  const server = readFileSync("../crates/app/src/http/looks.rs", "utf8");
  const list = server.split("const COLOURS")[1]?.split("];")[0] ?? "";
  expect(list.match(/#[0-9a-f]{6}/g)).toEqual(COLOURS);
});
