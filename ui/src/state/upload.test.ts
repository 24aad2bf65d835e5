import { expect, test } from "vitest";

import {
  classesFrom,
  isLeftOut,
  kindsOf,
  making,
  opened,
  portions,
  suggestedName,
  usualName,
  WHOSE,
  type Making,
  type MakingEvent,
} from "./upload";

const files = (...paths: string[]) => paths.map((path) => ({ path, size: 10 }));

test("hidden and system files are left out", () => {
  expect(["a/.DS_Store", ".git/HEAD", "x/Thumbs.db", "a/b.jpg"].filter(isLeftOut)).toEqual([
    "a/.DS_Store",
    ".git/HEAD",
    "x/Thumbs.db",
  ]);
});

test("portions hold every file once, in order, and none is too large", () => {
  const many = Array.from({ length: 450 }, (_, i) => ({ path: `${i}`, size: 100 }));
  expect(portions(many)).toEqual([
    [0, 200],
    [200, 400],
    [400, 450],
  ]);
  const large = [9, 9, 40, 1].map((mib) => ({ path: "x", size: mib * 2 ** 20 }));
  expect(portions(large)).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
  ]);
  expect(portions([])).toEqual([]);
});

test("the data names the project", () => {
  expect(suggestedName(files("birds/a/1.jpg", "birds/2.jpg"))).toBe("birds");
  expect(suggestedName(files("reviews.2024.csv"))).toBe("reviews.2024");
  expect(suggestedName(files("a.csv", "b.csv"))).toBe("");
  expect(suggestedName([])).toBe("");
});

test("files are told apart by their names", () => {
  expect(kindsOf(files("a.JPG", "b.png", "c.csv", "d.pdf", "e-idx3-ubyte.gz", "f.npz"))).toEqual({
    n_pictures: 2,
    n_arrays: 2,
    n_tables: 1,
    n_others: 1,
  });
});

test("classes are typed with commas of either script, or in lines", () => {
  expect(classesFrom("cat, dog\n\nbird，fish、cat")).toEqual(["cat", "dog", "bird", "fish"]);
});

const after = (...events: MakingEvent[]): Making =>
  events.reduce<Making>(making, { kind: "choosing" });

test("a failure while sending goes on behind the last portion that arrived", () => {
  const created: MakingEvent[] = [{ kind: "started" }, { kind: "created", project: "birds" }];
  const error = new Error("away");
  const stopped = after(
    ...created,
    { kind: "sent", nFiles: 200, size: 9 },
    { kind: "failed", error },
  );
  expect(stopped).toMatchObject({ kind: "stopped", error });
  expect(making(stopped, { kind: "retried" })).toEqual({
    kind: "sending",
    project: "birds",
    sent: { nPortions: 1, nFiles: 200, size: 9 },
  });
});

test("a refused name is chosen anew", () => {
  const stopped = after({ kind: "started" }, { kind: "failed", error: "taken" });
  expect(making(stopped, { kind: "retried" })).toEqual({ kind: "choosing" });
});

test("handing over needs something sent", () => {
  expect(after({ kind: "handedOver" })).toEqual({ kind: "choosing" });
  expect(after({ kind: "created", project: "p" }, { kind: "handedOver" })).toEqual({
    kind: "importing",
    project: "p",
  });
});

test("only a person's labels are by the one who brings them", () => {
  expect(WHOSE.map((it) => usualName(it, "mia"))).toEqual(["mia", "gold", "crowd", "model"]);
});

test("a folder of class folders is opened, one of files and several are not", () => {
  const paths = (...all: string[]) => opened(files(...all)).map((it) => it.path);
  expect(paths("pets/cat/1.png", "pets/dog/2.png", "pets/3.png")).toEqual([
    "cat/1.png",
    "dog/2.png",
    "3.png",
  ]);
  expect(paths("cat/1.png", "cat/2.png")).toEqual(["cat/1.png", "cat/2.png"]);
  expect(paths("cat/1.png", "dog/2.png")).toEqual(["cat/1.png", "dog/2.png"]);
  expect(paths("a.csv", "b.csv")).toEqual(["a.csv", "b.csv"]);
  expect(paths()).toEqual([]);
});
