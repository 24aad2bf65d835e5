// One picture, to be looked at closely: zoom at the pointer, pan, pinch, light.
// The view itself is a pure reducer in state/view.

import { useEffect, useRef, useState, type Dispatch, type PointerEvent } from "react";

import { href, watchReachable } from "../api";
import type { PictureContent } from "../api.types";
import { useT } from "../i18n";
import { sideAt, type View, type Event as ViewEvent } from "../state/view";
import styles from "./PictureView.module.css";

const SMALL_PIXELS = 160;
const WHEEL_STEP = 0.0016;

export function PictureView(props: {
  project: string;
  item: number;
  name: string;
  picture: PictureContent;
  view: View;
  onView: Dispatch<ViewEvent>;
}) {
  const { project, item, name, picture, view, onView } = props;
  const frame = useRef<HTMLDivElement>(null);
  const pointers = usePointers(frame, onView);
  const t = useT();
  const [failed, setFailed] = useState<number | null>(null);

  // What failed because the server was away is asked for again when it is back.
  useEffect(() => watchReachable((isReachable) => isReachable && setFailed(null)), []);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    // React listens passively to the wheel, and a passive listener cannot stop the page.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const factor = Math.exp(-event.deltaY * WHEEL_STEP * (event.deltaMode === 1 ? 16 : 1));
      onView({ kind: "zoom", factor, ...fromCentre(element, event) });
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [onView]);

  const { zoom, x, y, brightness, contrast } = view;
  const source = useSource(project, item, picture, zoom);
  const isSmall = picture.width !== null && picture.width <= SMALL_PIXELS;
  return (
    <div
      ref={frame}
      className={`${styles["frame"]} ${zoom > 1 ? styles["movable"] : ""}`}
      {...pointers}
      onDoubleClick={() => onView({ kind: "fit" })}
    >
      {failed === item ? (
        <p className={styles["failed"]} role="alert">
          {t("label.noPicture")} <a href={href.original(project, item)}>{t("label.original")}</a>
        </p>
      ) : (
        <img
          key={item}
          onError={() => setFailed(item)}
          src={source}
          alt={name}
          decoding="sync"
          draggable={false}
          className={styles["picture"]}
          style={{
            transform: `translate(${x}px, ${y}px) scale(${zoom})`,
            filter:
              brightness === 1 && contrast === 1
                ? "none"
                : `brightness(${brightness}) contrast(${contrast})`,
            imageRendering: isSmall || zoom > 6 ? "pixelated" : "auto",
          }}
        />
      )}
    </div>
  );
}

/** The picture; in more detail once it is looked at closely and the detail has come. */
function useSource(project: string, item: number, picture: PictureContent, zoom: number): string {
  const longest = Math.max(picture.width ?? 0, picture.height ?? 0);
  const whole = href.image(project, item, picture, 1280);
  const wanted = href.image(project, item, picture, sideAt(zoom, longest));
  const [detailed, setDetailed] = useState<{ of: string; source: string } | null>(null);
  useEffect(() => {
    if (wanted === whole) return;
    const image = new Image();
    image.src = wanted;
    // Where it does not come, what is on screen stays.
    image.decode().then(
      () => setDetailed({ of: whole, source: wanted }),
      () => undefined,
    );
    return () => {
      image.src = "";
    };
  }, [whole, wanted]);
  return detailed?.of === whole ? detailed.source : whole;
}

type Point = { x: number; y: number };

/** Dragging with one pointer pans; two pinch. */
function usePointers(frame: { readonly current: HTMLElement | null }, onView: Dispatch<ViewEvent>) {
  const down = useRef(new Map<number, Point>());
  return {
    onPointerDown: (event: PointerEvent) => {
      down.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent) => {
      const before = down.current.get(event.pointerId);
      if (before === undefined || frame.current === null) return;
      const now = { x: event.clientX, y: event.clientY };
      const other = [...down.current].find(([id]) => id !== event.pointerId)?.[1];
      down.current.set(event.pointerId, now);
      if (other === undefined) {
        return onView({ kind: "pan", dx: now.x - before.x, dy: now.y - before.y });
      }
      const factor = distance(now, other) / Math.max(1, distance(before, other));
      const middle = { clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 };
      onView({ kind: "zoom", factor, ...fromCentre(frame.current, middle) });
    },
    onPointerUp: (event: PointerEvent) => void down.current.delete(event.pointerId),
    onPointerCancel: (event: PointerEvent) => void down.current.delete(event.pointerId),
  };
}

const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);

function fromCentre(element: HTMLElement, at: { clientX: number; clientY: number }): Point {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: at.clientX - left - width / 2, y: at.clientY - top - height / 2 };
}
