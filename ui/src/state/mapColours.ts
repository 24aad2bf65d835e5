// The colours of the map's points, as pure functions: by label, by confidence or
// by origin. Draws nothing.

import type { MapPoints } from "../api.types";
import { NO_CLASS } from "./explore";

export type Rgb = readonly [red: number, green: number, blue: number];
export const COLOURINGS = ["label", "confidence", "origin"] as const;
export type Colouring = (typeof COLOURINGS)[number];

/** What the colours are made of: one a class, one a origin, and the ends of the scale. */
export type Palette = Readonly<{
  classes: readonly Rgb[];
  origins: readonly Rgb[];
  none: Rgb;
  low: Rgb;
  high: Rgb;
}>;

/** How a point is drawn. */
export const DIM = 0;
export const PLAIN = 1;
export const STRONG = 2;

/** Reads `#rrggbb` and the computed `rgb(r, g, b)`; grey where it is neither. */
export function rgbOf(colour: string): Rgb {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  if (hex) {
    return [hex[1], hex[2], hex[3]].map((it) => Number.parseInt(it ?? "0", 16)) as unknown as Rgb;
  }
  const [red, green, blue] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  if (red === undefined || green === undefined || blue === undefined) return [128, 128, 128];
  return [red, green, blue];
}

/** A colour between `low` and `high`; `share` is in [0, 1]. */
export function mixed(low: Rgb, high: Rgb, share: number): Rgb {
  const between = (i: 0 | 1 | 2) => Math.round(low[i] + (high[i] - low[i]) * share);
  return [between(0), between(1), between(2)];
}

/** Red, green, blue and one unused byte for every point. */
export function coloursOf(points: MapPoints, by: Colouring, palette: Palette): Uint8Array {
  const scale = Array.from({ length: 256 }, (_, i) => mixed(palette.low, palette.high, i / 255));
  const colourOf = (row: number): Rgb => {
    const position = points.class[row] ?? NO_CLASS;
    switch (by) {
      case "label":
        return palette.classes[position] ?? palette.none;
      case "confidence":
        return position === NO_CLASS
          ? palette.none
          : (scale[points.confidence[row] ?? 0] ?? palette.none);
      case "origin":
        return palette.origins[points.origin[row] ?? 0] ?? palette.none;
    }
  };
  const bytes = new Uint8Array(4 * points.item.length);
  for (let row = 0; row < points.item.length; row++) bytes.set(colourOf(row), 4 * row);
  return bytes;
}

/** Which points stand out: those picked most, those shown and within plainly, the rest is dim. */
export function standingsOf(
  points: MapPoints,
  isShown: (row: number) => boolean,
  within: ReadonlySet<number> | null,
  picked: ReadonlySet<number>,
): Uint8Array {
  return Uint8Array.from(points.item, (item, row) => {
    if (picked.has(item)) return STRONG;
    return isShown(row) && (within === null || within.has(item)) ? PLAIN : DIM;
  });
}
