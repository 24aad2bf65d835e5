import { expect, test } from "vitest";

import { titleOf } from "./project";

test("a project is called without the ending of its folder", () => {
  expect(titleOf({ name: "messages.annota" })).toBe("messages");
  expect(titleOf({ name: "messages" })).toBe("messages");
  expect(titleOf({ name: ".annota" })).toBe(".annota");
  expect(titleOf({ name: "a.annota.b" })).toBe("a.annota.b");
});
