// The pool as a map: every item a point, those alike near each other. Pan, zoom,
// lasso, and a word about the point under the pointer.

import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";

import type { MapPoints, Project } from "../../api.types";
import { useKeys } from "../../app/useKeys";
import { useT } from "../../i18n";
import { hintOf } from "../../keys";
import { IconButton } from "../../parts/Button";
import {
  cellsOf,
  nearest,
  reachOf,
  rowsInside,
  toMap,
  toScreen,
  type Camera,
  type Point,
  type Size,
} from "../../state/plane";
import styles from "./MapView.module.css";
import { newPainter, type Painter } from "./painter";
import { PointNote } from "./PointNote";
import { useCamera, useGestures, useSize, type Tool } from "./useCamera";

const NEAR = 14;
const ZOOM_STEP = 1.5;
const PAN_STEP = 60;

type Props = {
  project: Project;
  points: MapPoints;
  colours: Uint8Array;
  standings: Uint8Array;
  isShown: (row: number) => boolean;
  opened: number | null;
  onOpen: (item: number) => void;
  onLasso: (items: readonly number[]) => void;
};

export function MapView(props: Props) {
  const { project, points, opened } = props;
  const t = useT();
  const frame = useRef<HTMLDivElement>(null);
  const size = useSize(frame);
  const reach = useMemo(() => reachOf(points.x, points.y), [points.x, points.y]);
  const view = useCamera(frame, size, reach);
  const { camera } = view;
  const [tool, setTool] = useState<Tool>("pan");
  const { hovered, outline, handlers } = usePointing({ ...props, size, view, tool });
  useKeys({
    scopes: ["explore"],
    handlers: {
      lasso: () => setTool("lasso"),
      pan: () => setTool("pan"),
      zoomInMap: () => view.zoomAt(null, ZOOM_STEP),
      zoomOutMap: () => view.zoomAt(null, 1 / ZOOM_STEP),
      fitMap: view.showAll,
    },
  });
  const openedRow = opened === null ? -1 : points.item.indexOf(opened);
  const rings = [hovered ?? -1, openedRow]
    .filter((row) => 0 <= row)
    .map((row) => ({ x: points.x[row] ?? 0, y: points.y[row] ?? 0 }));
  return (
    <div className={styles["map"]}>
      <div
        ref={frame}
        className={styles["frame"]}
        data-tool={tool}
        role="group"
        tabIndex={0}
        aria-label={t("explore.mapLabel", { count: points.item.length })}
        onKeyDown={panning(view.moveBy)}
        {...handlers}
      >
        <Points {...props} camera={camera} size={size} />
        {size && <Over camera={camera} size={size} outline={outline} rings={rings} />}
        {size && hovered !== null && (
          <PointNote project={project} points={points} row={hovered} camera={camera} size={size} />
        )}
      </div>
      <Tools tool={tool} onTool={setTool} view={view} />
    </div>
  );
}

/** What the gestures mean here: the point under the pointer, a click on it, a lasso around some. */
function usePointing(
  props: Props & { size: Size | null; view: ReturnType<typeof useCamera>; tool: Tool },
) {
  const { points, isShown, onOpen, onLasso, size, view, tool } = props;
  const { camera } = view;
  const [hovered, setHovered] = useState<number | null>(null);
  const cells = useMemo(() => cellsOf(points.x, points.y), [points.x, points.y]);
  const rowAt = (at: Point): number | null =>
    size && nearest(cells, toMap(camera, size, at), NEAR / camera.scale, isShown);
  const gestures = useGestures({
    tool,
    size,
    view,
    onHover: (at) => setHovered(at && rowAt(at)),
    onClick: (at) => {
      const row = rowAt(at);
      if (row !== null) onOpen(points.item[row] ?? 0);
    },
    onLasso: (corners) => {
      const rows = rowsInside(points.x, points.y, corners).filter(isShown);
      onLasso(rows.map((row) => points.item[row] ?? 0));
    },
  });
  return { hovered, ...gestures };
}

/** The lasso as it is drawn, and rings around the points one means; both in units of the map. */
function Over(props: {
  camera: Camera;
  size: Size;
  outline: readonly Point[];
  rings: readonly Point[];
}) {
  const { camera, size, outline, rings } = props;
  const onScreen = (it: Point) => toScreen(camera, size, it);
  return (
    <svg className={styles["over"]} aria-hidden="true">
      {outline.length > 1 && (
        <polygon
          className={styles["outline"]}
          points={outline
            .map(onScreen)
            .map(({ x, y }) => `${x},${y}`)
            .join(" ")}
        />
      )}
      {rings.map(onScreen).map(({ x, y }, i) => (
        <circle key={i} className={styles["ring"]} cx={x} cy={y} r={9} />
      ))}
    </svg>
  );
}

/** The canvas alone, so that a new one takes its place when the graphics card goes away. */
function Points(props: {
  points: MapPoints;
  colours: Uint8Array;
  standings: Uint8Array;
  camera: Camera;
  size: Size | null;
}) {
  const { points, colours, standings, camera, size } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isPlain, setPlain] = useState(false);
  const [painter, setPainter] = useState<Painter | null>(null);
  useEffect(() => {
    if (canvas.current === null) return;
    const made = newPainter(canvas.current, isPlain, () => setPlain(true));
    setPainter(made);
    return made.dispose;
  }, [isPlain]);
  useEffect(() => painter?.place(points.x, points.y), [painter, points.x, points.y]);
  useEffect(() => painter?.dress(colours, standings), [painter, colours, standings]);

  const { x, y, scale } = camera;
  useEffect(() => {
    if (painter === null || size === null) return;
    const request = requestAnimationFrame(() => {
      const ratio = window.devicePixelRatio;
      const width = Math.round(ratio * size.width);
      const height = Math.round(ratio * size.height);
      const it = canvas.current;
      if (it && (it.width !== width || it.height !== height)) Object.assign(it, { width, height });
      painter.draw({ x, y, scale }, size, ratio);
    });
    return () => cancelAnimationFrame(request);
  }, [painter, points, colours, standings, size, x, y, scale]);
  return <canvas key={String(isPlain)} ref={canvas} className={styles["canvas"]} />;
}

function Tools(props: {
  tool: Tool;
  onTool: (tool: Tool) => void;
  view: ReturnType<typeof useCamera>;
}) {
  const { tool, onTool, view } = props;
  const t = useT();
  return (
    <div className={styles["tools"]} role="toolbar" aria-label={t("explore.mapTools")}>
      <IconButton
        icon="move"
        label={t("keys.pan")}
        hint={hintOf("pan")}
        isPressed={tool === "pan"}
        onClick={() => onTool("pan")}
      />
      <IconButton
        icon="lasso"
        label={t("keys.lasso")}
        hint={hintOf("lasso")}
        isPressed={tool === "lasso"}
        onClick={() => onTool("lasso")}
      />
      <IconButton
        icon="zoomIn"
        label={t("keys.zoomInMap")}
        hint={hintOf("zoomInMap")}
        onClick={() => view.zoomAt(null, ZOOM_STEP)}
      />
      <IconButton
        icon="zoomOut"
        label={t("keys.zoomOutMap")}
        hint={hintOf("zoomOutMap")}
        onClick={() => view.zoomAt(null, 1 / ZOOM_STEP)}
      />
      <IconButton
        icon="fit"
        label={t("keys.fitMap")}
        hint={hintOf("fitMap")}
        onClick={view.showAll}
      />
    </div>
  );
}

/** Arrow keys move the map while it has the focus. */
function panning(moveBy: (dx: number, dy: number) => void) {
  const ways: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [PAN_STEP, 0],
    ArrowRight: [-PAN_STEP, 0],
    ArrowUp: [0, PAN_STEP],
    ArrowDown: [0, -PAN_STEP],
  };
  return (event: KeyboardEvent) => {
    const way = ways[event.key];
    if (way === undefined || event.shiftKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    moveBy(...way);
  };
}
