import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { actionOf, BINDINGS, chordOf, clashes, CLASS_KEYS, classOf, shown } from "./keys";

const pressed = (
  key: string,
  code: string,
  held: Partial<Record<"ctrlKey" | "metaKey" | "shiftKey", boolean>> = {},
) =>
  chordOf({ key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });
const classNamed = (name: string, key: string) => ({ name, key, colour: "#000000" });

test("no chord means two things in one scope, or in a scope and everywhere", () => {
  const seen = new Map<string, string>();
  for (const { action, scope, chords } of BINDINGS) {
    for (const chord of chords) {
      for (const other of [scope, "everywhere"]) {
        const before = seen.get(`${other} ${chord}`);
        expect(before === undefined || before === action, `${chord}: ${action}, ${before}`).toBe(
          true,
        );
      }
      seen.set(`${scope} ${chord}`, action);
    }
  }
});

test("no key of a picture or of the grid hides one for answering", () => {
  const answering = BINDINGS.filter((it) => it.scope === "answer").flatMap((it) => it.chords);
  const narrower = BINDINGS.filter((it) => ["image", "grid"].includes(it.scope));
  expect(narrower.flatMap((it) => it.chords).filter((it) => answering.includes(it))).toEqual([]);
});

test("chords do not depend on shift for signs, nor on the layout for letters", () => {
  expect(pressed("?", "Slash", { shiftKey: true })).toBe("?");
  expect(pressed("z", "KeyZ", { metaKey: true })).toBe("Ctrl+Z");
  expect(pressed("Z", "KeyZ", { ctrlKey: true, shiftKey: true })).toBe("Ctrl+Shift+Z");
  expect(pressed("в", "KeyD")).toBe("D");
  expect(pressed("Process", "KeyX")).toBe("X");
  expect(pressed("!", "Digit1", { shiftKey: true })).toBe("Shift+1");
  expect(pressed("&", "Digit1")).toBe("1");
  expect(pressed(" ", "Space")).toBe("Space");
});

test("the narrowest scope wins", () => {
  expect(actionOf("?", ["everywhere", "answer"])).toBe("help");
  expect(actionOf("+", ["everywhere", "answer", "grid"])).toBe("largerGrid");
  expect(actionOf("+", ["everywhere", "answer", "image"])).toBe("zoomIn");
  expect(actionOf("+", ["everywhere"])).toBeUndefined();
});

test("classes get digits, then letters that are free, as the server gives them", () => {
  expect(CLASS_KEYS.slice(0, 10).join("")).toBe("1234567890");
  expect(clashes(CLASS_KEYS.map((key) => classNamed(`class ${key}`, key)))).toEqual([]);
  const server = readFileSync("../crates/app/src/http/looks.rs", "utf8");
  expect(server).toContain(`const KEYS: &str = "${CLASS_KEYS.join("")}";`);
});

test("a clash names its classes and the action", () => {
  const classes = [classNamed("cat", "1"), classNamed("dog", "1"), classNamed("ant", "d")];
  expect(clashes(classes)).toEqual([
    { key: "1", classes: ["cat", "dog"], action: null },
    { key: "D", classes: ["ant"], action: "next" },
  ]);
  expect(classOf("D", classes)).toBe(2);
  expect(classOf("", [classNamed("none", "")])).toBeUndefined();
});

test("chords are shown as people know them", () => {
  expect(shown("Ctrl+Shift+Z")).toBe("Ctrl+Shift+Z");
  expect(shown("Shift+ArrowUp")).toBe("Shift+↑");
  expect(shown("+")).toBe("+");
});
