// The one table of keys. Bindings, hints on buttons, the help overlay and the
// check against class keys are all drawn from it. Knows neither DOM nor React.
//
// A chord is written `Ctrl+Shift+Z`: modifiers in this order, then one letter in
// upper case, a digit, or the browser's name of the key. Ctrl also means Cmd.

import type { Class } from "./api.types";

export type Scope = "everywhere" | "answer" | "image" | "grid" | "review" | "explore";

const TABLE = {
  help: { scope: "everywhere", chords: ["?"] },
  goHome: { scope: "everywhere", chords: ["Shift+H"] },
  goLabel: { scope: "everywhere", chords: ["Shift+L"] },
  goProgress: { scope: "everywhere", chords: ["Shift+P"] },
  goAudit: { scope: "everywhere", chords: ["Shift+A"] },
  goReview: { scope: "everywhere", chords: ["Shift+R"] },
  goExplore: { scope: "everywhere", chords: ["Shift+E"] },
  goExport: { scope: "everywhere", chords: ["Shift+X"] },
  goSettings: { scope: "everywhere", chords: ["Shift+S"] },
  newProject: { scope: "everywhere", chords: ["Shift+N"] },

  accept: { scope: "answer", chords: ["Enter"] },
  skip: { scope: "answer", chords: ["X", "Space"] },
  undo: { scope: "answer", chords: ["Ctrl+Z"] },
  redo: { scope: "answer", chords: ["Ctrl+Shift+Z", "Ctrl+Y"] },
  next: { scope: "answer", chords: ["D", "ArrowRight"] },
  previous: { scope: "answer", chords: ["A", "ArrowLeft"] },
  likely1: { scope: "answer", chords: ["Shift+1"] },
  likely2: { scope: "answer", chords: ["Shift+2"] },
  likely3: { scope: "answer", chords: ["Shift+3"] },
  likely4: { scope: "answer", chords: ["Shift+4"] },
  likely5: { scope: "answer", chords: ["Shift+5"] },
  filterClasses: { scope: "answer", chords: ["/"] },
  flag: { scope: "answer", chords: ["M"] },
  comment: { scope: "answer", chords: ["C"] },
  toggleGrid: { scope: "answer", chords: ["G"] },
  alike: { scope: "answer", chords: ["Q"] },

  zoomIn: { scope: "image", chords: ["+", "="] },
  zoomOut: { scope: "image", chords: ["-"] },
  fit: { scope: "image", chords: ["Home"] },
  brighter: { scope: "image", chords: ["Shift+ArrowUp"] },
  darker: { scope: "image", chords: ["Shift+ArrowDown"] },
  moreContrast: { scope: "image", chords: ["Shift+ArrowRight"] },
  lessContrast: { scope: "image", chords: ["Shift+ArrowLeft"] },

  selectAll: { scope: "grid", chords: ["Ctrl+A"] },
  selectNone: { scope: "grid", chords: ["Escape"] },
  toggleSelected: { scope: "grid", chords: ["E"] },
  up: { scope: "grid", chords: ["ArrowUp"] },
  down: { scope: "grid", chords: ["ArrowDown"] },
  largerGrid: { scope: "grid", chords: ["+", "="] },
  smallerGrid: { scope: "grid", chords: ["-"] },

  settleFirst: { scope: "review", chords: ["Shift+1"] },
  settleSecond: { scope: "review", chords: ["Shift+2"] },
  dismiss: { scope: "review", chords: ["Enter"] },
  nextReview: { scope: "review", chords: ["D", "ArrowRight"] },
  previousReview: { scope: "review", chords: ["A", "ArrowLeft"] },
  otherClass: { scope: "review", chords: ["/"] },
  resolveFlags: { scope: "review", chords: ["M"] },
  commentReview: { scope: "review", chords: ["C"] },
  undoReview: { scope: "review", chords: ["Ctrl+Z"] },

  search: { scope: "explore", chords: ["/"] },
  lasso: { scope: "explore", chords: ["P"] },
  pan: { scope: "explore", chords: ["H"] },
  zoomInMap: { scope: "explore", chords: ["+", "="] },
  zoomOutMap: { scope: "explore", chords: ["-"] },
  fitMap: { scope: "explore", chords: ["Home"] },
  labelSelection: { scope: "explore", chords: ["C"] },
  queueSelection: { scope: "explore", chords: ["Q"] },
  clearSelection: { scope: "explore", chords: ["Escape"] },
  findSimilar: { scope: "explore", chords: ["N"] },
  undoExplore: { scope: "explore", chords: ["Ctrl+Z"] },
} as const satisfies Record<string, { scope: Scope; chords: readonly [string, ...string[]] }>;

export type Action = keyof typeof TABLE;
export type Binding = Readonly<{ action: Action; scope: Scope; chords: readonly string[] }>;

export const BINDINGS: readonly Binding[] = (Object.keys(TABLE) as Action[]).map((action) => ({
  action,
  ...TABLE[action],
}));

/** Letters of the editors to come (boxes, brushes, masks, spans) are kept free of classes too. */
const KEPT_FOR_EDITORS = ["R", "P", "B", "E", "V", "H", "N", "Q", "F"];
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The action that `chord` means where `scopes` are active; the narrowest scope, the last, wins. */
export function actionOf(chord: string, scopes: readonly Scope[]): Action | undefined {
  for (const scope of [...scopes].reverse()) {
    const found = BINDINGS.find((it) => it.scope === scope && it.chords.includes(chord));
    if (found) return found.action;
  }
  return undefined;
}

/** How the key of `action` is shown, e.g. on its button. */
export function hintOf(action: Action): string {
  return shown(TABLE[action].chords[0]);
}

const SHOWN: Readonly<Record<string, string>> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Enter: "↵",
  Escape: "Esc",
};

export function shown(chord: string): string {
  return chord
    .split(/(?<=.)\+/)
    .map((part) => SHOWN[part] ?? part)
    .join("+");
}

export type Pressed = Readonly<{
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}>;

/** The chord that was pressed. Letters are those of the layout, or of the place where it has none. */
export function chordOf(pressed: Pressed): string {
  const key = keyOf(pressed);
  const isSign = key.length === 1 && !/[A-Z0-9]/.test(key);
  const modifiers = [
    pressed.ctrlKey || pressed.metaKey ? "Ctrl" : "",
    pressed.altKey ? "Alt" : "",
    // The shift that makes a `?` belongs to the sign.
    pressed.shiftKey && !isSign ? "Shift" : "",
  ].filter((it) => it !== "");
  return [...modifiers, key].join("+");
}

function keyOf({ key, code }: Pressed): string {
  if (key === " ") return "Space";
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  if (code.startsWith("Digit")) return code.slice("Digit".length);
  if (code.startsWith("Key")) return code.slice("Key".length);
  return key;
}

/** Keys that classes may have, in the order they get them: 1-9, 0, then letters that mean nothing else. */
export const CLASS_KEYS: readonly string[] = [..."1234567890", ...ALPHABET].filter(
  (it) => !isTaken(it),
);

/** Whether `key` means something already, so that no class may have it. */
export function isTaken(key: string): boolean {
  return KEPT_FOR_EDITORS.includes(key) || BINDINGS.some((it) => it.chords.includes(key));
}

export type Clash = Readonly<{ key: string; classes: readonly string[]; action: Action | null }>;

/** Class keys that mean two things: two classes, or a class and an action. */
export function clashes(classes: readonly Class[]): Clash[] {
  const byKey = new Map<string, string[]>();
  for (const { key, name } of classes) {
    if (key === "") continue;
    const upper = key.toUpperCase();
    byKey.set(upper, [...(byKey.get(upper) ?? []), name]);
  }
  return [...byKey].flatMap(([key, names]) => {
    const action = BINDINGS.find((it) => it.chords.includes(key))?.action ?? null;
    const clash = { key, classes: names, action };
    return names.length > 1 || action !== null || KEPT_FOR_EDITORS.includes(key) ? [clash] : [];
  });
}

/** The class whose key is `chord`. */
export function classOf(chord: string, classes: readonly Class[]): number | undefined {
  const at = classes.findIndex((it) => it.key !== "" && it.key.toUpperCase() === chord);
  return at < 0 ? undefined : at;
}
