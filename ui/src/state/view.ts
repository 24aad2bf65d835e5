// How a picture is looked at: zoom, place, brightness, contrast. Pure; a
// picture pixel (u, v), from its centre, is drawn at (x + zoom u, y + zoom v)
// from the centre of the frame, where zoom 1 fits the picture into the frame.

export type View = Readonly<{
  zoom: number;
  x: number;
  y: number;
  brightness: number;
  contrast: number;
}>;

export type Event =
  | Readonly<{ kind: "zoom"; factor: number; x: number; y: number }> // at a point of the frame
  | Readonly<{ kind: "pan"; dx: number; dy: number }>
  | Readonly<{ kind: "brightness"; change: number }>
  | Readonly<{ kind: "contrast"; change: number }>
  | Readonly<{ kind: "fit" }>
  | Readonly<{ kind: "newItem" }>;

export const fitted: View = { zoom: 1, x: 0, y: 0, brightness: 1, contrast: 1 };

const ZOOMS = { least: 0.5, most: 24 };
const LIGHTS = { least: 0.2, most: 4 };

export function step(view: View, event: Event): View {
  switch (event.kind) {
    case "zoom":
      return zoomed(view, event.factor, event.x, event.y);
    case "pan":
      return { ...view, x: view.x + event.dx, y: view.y + event.dy };
    case "brightness":
      return { ...view, brightness: clamp(view.brightness + event.change, LIGHTS) };
    case "contrast":
      return { ...view, contrast: clamp(view.contrast + event.change, LIGHTS) };
    case "fit":
      return fitted;
    case "newItem":
      // Light is kept: who brightens one picture of a dark series wants the next as bright.
      return { ...view, zoom: 1, x: 0, y: 0 };
  }
}

/** The point of the picture under (x, y) stays there. */
function zoomed(view: View, factor: number, x: number, y: number): View {
  const zoom = clamp(view.zoom * factor, ZOOMS);
  const scale = zoom / view.zoom;
  return { ...view, zoom, x: x - scale * (x - view.x), y: y - scale * (y - view.y) };
}

/** Pixels of the longest side that a picture can be had in, beyond which it is too dear to scale. */
const SIDES = [1280, 2560, 5120] as const;
export type Side = (typeof SIDES)[number];

/** The smallest side that shows all there is of a picture of `longest` pixels at `zoom`. */
export const sideAt = (zoom: number, longest: number): Side =>
  SIDES.find((it) => Math.min(longest, zoom * SIDES[0]) <= it) ?? SIDES[2];

const clamp = (value: number, { least, most }: { least: number; most: number }): number =>
  Math.min(most, Math.max(least, Math.round(1e6 * value) / 1e6));

export const isFitted = (view: View): boolean =>
  view.zoom === 1 && view.x === 0 && view.y === 0 && view.brightness === 1 && view.contrast === 1;
