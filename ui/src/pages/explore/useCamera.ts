// Where one looks on the map, and the gestures that change it: wheel, drag,
// pinch and the lasso. What they mean is decided in state/plane.

import { useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";

import {
  movedBy,
  toMap,
  wholeMap,
  zoomedAt,
  type Camera,
  type Point,
  type Reach,
  type Size,
} from "../../state/plane";

const WHEEL_STEP = 0.0016;
const CLICK_SLACK = 4;
/** Corners of a lasso closer than so many pixels are one. */
const CORNER_GAP = 3;

export type Tool = "pan" | "lasso";

export function useSize(element: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    const it = element.current;
    if (it === null) return;
    const observer = new ResizeObserver(() => {
      if (it.clientWidth === 0 || it.clientHeight === 0) return;
      setSize({ width: it.clientWidth, height: it.clientHeight });
    });
    observer.observe(it);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** The camera, or the whole map while it was never moved, so that it follows the window. */
export function useCamera(frame: RefObject<HTMLElement | null>, size: Size | null, reach: Reach) {
  const [moved, setMoved] = useState<Camera | null>(null);
  const camera = moved ?? wholeMap(size ?? { width: 1, height: 1 }, reach);
  const change = (step: (camera: Camera, size: Size) => Camera) => {
    if (size !== null) setMoved((before) => step(before ?? wholeMap(size, reach), size));
  };
  const zoomAt = (at: Point | null, factor: number) =>
    change((it, of) => zoomedAt(it, of, at ?? { x: of.width / 2, y: of.height / 2 }, factor));

  const latest = useRef(zoomAt);
  useEffect(() => {
    latest.current = zoomAt;
  });
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    // React listens passively to the wheel, and a passive listener cannot stop the page.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
      latest.current(placeIn(element, event), Math.exp(-pixels * WHEEL_STEP));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [frame]);

  return {
    camera,
    zoomAt,
    moveBy: (dx: number, dy: number) => change((it) => movedBy(it, dx, dy)),
    showAll: () => setMoved(null),
  };
}

export function placeIn(element: HTMLElement, event: { clientX: number; clientY: number }): Point {
  const box = element.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

type Gesture = { at: ReadonlyMap<number, Point>; isClick: boolean; isLasso: boolean };
const IDLE: Gesture = { at: new Map(), isClick: false, isLasso: false };

/** Pointer handlers for the map. The outline of a lasso is in units of the map. */
export function useGestures(options: {
  tool: Tool;
  size: Size | null;
  view: ReturnType<typeof useCamera>;
  onClick: (at: Point) => void;
  onHover: (at: Point | null) => void;
  onLasso: (outline: readonly Point[]) => void;
}) {
  const { tool, size, view, onClick, onHover, onLasso } = options;
  const gesture = useRef(IDLE);
  const [outline, setOutline] = useState<readonly Point[]>([]);

  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0 || size === null) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const place = placeIn(event.currentTarget, event);
    const at = new Map([...gesture.current.at, [event.pointerId, place]]);
    const isLasso = at.size === 1 && (tool === "lasso") !== event.shiftKey;
    gesture.current = { at, isClick: at.size === 1, isLasso };
    onHover(null);
    setOutline(isLasso ? [toMap(view.camera, size, place)] : []);
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    const place = placeIn(event.currentTarget, event);
    const { at, isLasso } = gesture.current;
    const before = at.get(event.pointerId);
    if (before === undefined || size === null) return onHover(place);
    const way = Math.hypot(place.x - before.x, place.y - before.y);
    if (gesture.current.isClick && way < CLICK_SLACK) return;
    if (isLasso && way < CORNER_GAP) return;
    const now = new Map([...at, [event.pointerId, place]]);
    gesture.current = { at: now, isClick: false, isLasso };
    if (isLasso) setOutline((all) => [...all, toMap(view.camera, size, place)]);
    else if (now.size === 1) view.moveBy(place.x - before.x, place.y - before.y);
    else pinch(view, [...at.values()], [...now.values()]);
  };
  const onPointerUp = (event: PointerEvent<HTMLElement>) => {
    const { at, isClick, isLasso } = gesture.current;
    const place = at.get(event.pointerId);
    if (place === undefined) return;
    const left = new Map([...at].filter(([id]) => id !== event.pointerId));
    gesture.current = { at: left, isClick: false, isLasso: false };
    setOutline([]);
    if (event.type !== "pointerup") return;
    if (isClick) onClick(place);
    else if (isLasso) onLasso(outline);
  };
  return {
    outline,
    handlers: {
      onPointerDown,
      onPointerMove,
      onPointerUp,
      onPointerCancel: onPointerUp,
      onPointerLeave: () => onHover(null),
    },
  };
}

/** Two fingers: the place between them stays between them. */
function pinch(
  view: ReturnType<typeof useCamera>,
  before: readonly Point[],
  now: readonly Point[],
): void {
  const [a, b] = before;
  const [c, d] = now;
  if (!a || !b || !c || !d) return;
  const middle = { x: (c.x + d.x) / 2, y: (c.y + d.y) / 2 };
  view.moveBy(middle.x - (a.x + b.x) / 2, middle.y - (a.y + b.y) / 2);
  const was = Math.hypot(a.x - b.x, a.y - b.y);
  view.zoomAt(middle, Math.hypot(c.x - d.x, c.y - d.y) / Math.max(1, was));
}
