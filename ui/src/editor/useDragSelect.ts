// Selecting tiles with the pointer: a click toggles, Shift selects a range, a
// drag draws a rectangle. What is then selected is decided in state/grid.

import { useEffect, useRef, useState, type MouseEvent, type PointerEvent } from "react";

import { touched, type Event, type Grid } from "../state/grid";

const DRAG_PIXELS = 6;
type Start = Readonly<{ x: number; y: number; before: ReadonlySet<number> }>;
export type BoxStyle = Readonly<{ left: number; top: number; width: number; height: number }>;

export function useDragSelect(
  root: { readonly current: HTMLElement | null },
  grid: Grid,
  dispatch: (event: Event) => void,
) {
  const start = useRef<Start | null>(null);
  const wasDrag = useRef(false);
  const [box, setBox] = useState<BoxStyle | null>(null);

  useEffect(() => {
    const end = () => {
      start.current = null;
      setBox(null);
    };
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
    return () => {
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", end);
    };
  }, []);

  const onPointerDown = (event: PointerEvent) => {
    wasDrag.current = false;
    // On a touch screen a drag scrolls.
    if (event.button !== 0 || event.pointerType === "touch") return;
    start.current = { x: event.clientX, y: event.clientY, before: grid.selected };
  };
  const onPointerMove = (event: PointerEvent) => {
    const from = start.current;
    if (from === null || root.current === null) return;
    const to = { x: event.clientX, y: event.clientY };
    if (!wasDrag.current && Math.hypot(to.x - from.x, to.y - from.y) < DRAG_PIXELS) return;
    wasDrag.current = true;
    setBox({
      left: Math.min(from.x, to.x),
      top: Math.min(from.y, to.y),
      width: Math.abs(to.x - from.x),
      height: Math.abs(to.y - from.y),
    });
    const items = touched(tilesIn(root.current), from, to);
    dispatch({ kind: "drag", items, before: from.before });
  };
  const onClick = (event: MouseEvent) => {
    const tile = (event.target as HTMLElement).closest<HTMLElement>("[data-item]");
    if (wasDrag.current || tile === null) return;
    const item = Number(tile.dataset["item"]);
    dispatch(event.shiftKey ? { kind: "range", to: item } : { kind: "toggle", item });
  };
  return { box, handlers: { onPointerDown, onPointerMove, onClick } };
}

function tilesIn(root: HTMLElement) {
  return [...root.querySelectorAll<HTMLElement>("[data-item]")].map((tile) => ({
    item: Number(tile.dataset["item"]),
    box: tile.getBoundingClientRect(),
  }));
}
