import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the types of the API are those of its committed description", () => {
  const script = join(import.meta.dirname, "../types.mjs");
  const made = execFileSync(process.execPath, [script], { encoding: "utf8" });
  expect(readFileSync(join(import.meta.dirname, "api.gen.ts"), "utf8")).toBe(made);
  // Another program starts here.
}, 60_000);
