// Many items answered with few keys: a page of tiles, selected by click, drag,
// keys or likeness. The page and the selection are a pure reducer in state/grid.

import {
  useCallback,
  useEffect,
  useReducer,
  useRef,
  useState,
  type CSSProperties,
  type ReactNode,
  type RefObject,
} from "react";

import { api } from "../api";
import type { Project, Question } from "../api.types";
import { readSetting, writeSetting } from "../app/storage";
import { useKeys } from "../app/useKeys";
import { useT } from "../i18n";
import { reason } from "../i18n/told";
import { hintOf } from "../keys";
import { Button, IconButton } from "../parts/Button";
import { useNotify } from "../parts/Toast";
import {
  emptyGrid,
  grouped,
  sizeBeside,
  SIZES,
  step,
  targets,
  type Event,
  type Grid,
} from "../state/grid";
import { isOpen, openAhead, type Entry } from "../state/session";
import { ClassList, FILTER_ID } from "./ClassList";
import { keepFocus } from "./Editor";
import styles from "./GridEditor.module.css";
import { Tile } from "./Tile";
import { useDragSelect } from "./useDragSelect";
import type { Labelling } from "./useLabelling";

type GridProps = Readonly<{
  project: Project;
  labelling: Labelling;
  aside: ReactNode;
  size: number;
  onSize: (size: number) => void;
  /** Back to one item at a time. */
  onSingle: () => void;
  /** The item to fill the grid around, once. */
  alike: number | null;
}>;

export function GridEditor(props: GridProps) {
  const { project, labelling, aside, size, onSize, onSingle, alike } = props;
  const t = useT();
  const [grid, dispatch] = useReducer(step, { ...emptyGrid, size });
  const entries = new Map(labelling.session.entries.map((it) => [it.question.item, it]));
  const open = (item: number) => isOpen(entries.get(item) ?? CLOSED);
  usePaging(labelling, grid, open, size, dispatch);
  const fillAlike = useAlike(project.id, labelling, size, dispatch, alike);

  const chosen = targets(grid, open);
  const give = (items: readonly number[], classOf: (it: Question) => number | null) => {
    labelling.answer(items, classOf);
    const left = grid.page.filter((it) => open(it) && !items.includes(it));
    dispatch({ kind: "answered", left });
  };
  const answer = (position: number | null) => give(chosen, () => position);
  const acceptable = (grid.selected.size > 0 ? chosen : grid.page.filter(open)).filter(
    (it) => entries.get(it)?.question.suggestion,
  );
  const accept = () => give(acceptable, (it) => it.suggestion?.class ?? null);
  const root = useRef<HTMLUListElement>(null);
  const actions: GridActions = { answer, accept, onSize, onSingle, fillAlike };
  useGridKeys(project, labelling, grid, dispatch, actions, root);

  return (
    <div className={styles["editor"]} onMouseDown={keepFocus}>
      <section className={styles["stage"]} aria-label={t("label.grid")}>
        <Head
          grid={grid}
          nOpen={grid.page.filter(open).length}
          dispatch={dispatch}
          actions={actions}
          labelling={labelling}
        />
        <Tiles project={project} grid={grid} entries={entries} dispatch={dispatch} root={root} />
      </section>
      <aside className={styles["side"]}>
        <div className={styles["answer"]}>
          <p className={styles["target"]} aria-live="polite">
            {grid.selected.size > 0
              ? t("label.answersSelected", { count: chosen.length })
              : t("label.answersFocused")}
          </p>
          <Button
            look="main"
            hint={hintOf("accept")}
            isWide
            disabled={acceptable.length === 0}
            onClick={accept}
          >
            {t("label.acceptMany", { count: acceptable.length })}
          </Button>
          <ClassList
            classes={project.settings.classes}
            ranked={[]}
            standing={undefined}
            onChoose={answer}
            onAccept={accept}
          />
        </div>
        <div className={styles["context"]}>{aside}</div>
      </aside>
    </div>
  );
}

function Tiles(props: {
  project: Project;
  grid: Grid;
  entries: ReadonlyMap<number, Entry>;
  dispatch: (event: Event) => void;
  root: RefObject<HTMLUListElement | null>;
}) {
  const { project, grid, entries, dispatch, root } = props;
  const isText = project.media === "text";
  const drag = useDragSelect(root, grid, dispatch);
  const columns = { "--columns": columnsOf(grid.size, isText) } as CSSProperties;
  return (
    <div className={styles["scroll"]} {...drag.handlers}>
      <ul
        ref={root}
        className={`${styles["grid"]} ${isText ? styles["texts"] : ""}`}
        style={columns}
      >
        {grid.page.map((item) => {
          const entry = entries.get(item);
          return (
            entry && (
              <Tile
                key={item}
                project={project}
                entry={entry}
                isSelected={grid.selected.has(item)}
                isFocused={grid.focus === item}
                isSmall={grid.size > 36}
              />
            )
          );
        })}
      </ul>
      {drag.box && <div className={styles["box"]} style={drag.box} />}
    </div>
  );
}

const CLOSED: Entry = { question: {} as Question, answers: [{ key: "", class: null }] };

export function useGridSize(): [number, (size: number) => void] {
  const [size, setSize] = useState(() => {
    const kept = Number(readSetting("gridSize"));
    return SIZES.includes(kept) ? kept : emptyGrid.size;
  });
  const change = useCallback((next: number) => {
    setSize(next);
    writeSetting("gridSize", String(next));
  }, []);
  return [size, change];
}

export const columnsOf = (size: number, isText: boolean): number =>
  isText ? Math.min(4, Math.ceil(Math.sqrt(size))) : Math.ceil(Math.sqrt(size));

type GridActions = Readonly<{
  answer: (position: number | null) => void;
  accept: () => void;
  onSize: (size: number) => void;
  onSingle: () => void;
  fillAlike: (item: number) => void;
}>;

/** Turns to the next page when all of this one is answered, or the size changed. */
function usePaging(
  labelling: Labelling,
  grid: Grid,
  open: (item: number) => boolean,
  size: number,
  dispatch: (event: Event) => void,
): void {
  const { session, isFetching } = labelling;
  const ahead = openAhead(session).map((it) => it.question);
  const isDone = !grid.page.some(open);
  const isResized = grid.size !== size;
  // The first page may have come before all its items were there.
  const isPart = grid.page.length < Math.min(size, ahead.length);
  const isUntouched = grid.selected.size === 0 && grid.page.every(open);
  const isToTurn = isDone || isResized || (isPart && isUntouched);
  const isReady = ahead.length >= size || (!isFetching && ahead.length > 0);
  const items = grouped(ahead.slice(0, size)).map((it) => it.item);
  const list = items.join(" ");
  useEffect(() => {
    if (!isReady || !isToTurn) return;
    if (isResized) dispatch({ kind: "resize", size });
    dispatch({ kind: "turn", items: list.split(" ").map(Number) });
  }, [isReady, isToTurn, isResized, size, list, dispatch]);
}

/** Fills the page with the items most like one, all selected: weed out, then press one key. */
function useAlike(
  project: string,
  labelling: Labelling,
  size: number,
  dispatch: (event: Event) => void,
  first: number | null,
): (item: number) => void {
  const t = useT();
  const notify = useNotify();
  const { ask } = labelling;
  const fill = useCallback(
    async (item: number) => {
      try {
        const neighbours = await api.neighbours(project, item, 2 * size);
        // What came with the data is asked like everything else.
        const open = neighbours.filter((it) => it.origin !== "person" && it.origin !== "auto");
        const items = [item, ...open.map((it) => it.item)].slice(0, size);
        const given = new Set((await ask(items)).map((it) => it.item));
        dispatch({ kind: "turn", items: items.filter((it) => given.has(it)) });
        dispatch({ kind: "all" });
      } catch (error) {
        notify(t("label.noAlike"), { tone: "bad", detail: reason(t, error) });
      }
    },
    [project, ask, size, dispatch, notify, t],
  );
  const isFilled = useRef(false);
  useEffect(() => {
    if (first === null || isFilled.current) return;
    isFilled.current = true;
    void fill(first);
  }, [first, fill]);
  return useCallback((item) => void fill(item), [fill]);
}

function useGridKeys(
  project: Project,
  labelling: Labelling,
  grid: Grid,
  dispatch: (event: Event) => void,
  actions: GridActions,
  root: { readonly current: HTMLElement | null },
): void {
  const { undo, redo, session, move } = labelling;
  const { answer, accept, onSize, onSingle, fillAlike } = actions;
  const columns = columnsOf(grid.size, project.media === "text");
  const moveBy = (by: number) => dispatch({ kind: "move", by });
  const turn = () => {
    const onPage = new Set(grid.page);
    const rest = openAhead(session).filter((it) => !onPage.has(it.question.item));
    const items = rest.map((it) => it.question).slice(0, grid.size);
    if (items.length > 0) dispatch({ kind: "turn", items: grouped(items).map((it) => it.item) });
  };
  const { focus } = grid;
  useEffect(() => {
    root.current?.querySelector(`[data-item="${focus}"]`)?.scrollIntoView({ block: "nearest" });
  }, [focus, root]);
  useKeys({
    scopes: ["answer", "grid"],
    classes: project.settings.classes,
    onClass: answer,
    handlers: {
      accept,
      skip: () => answer(null),
      undo,
      redo,
      next: (event) => (event.key === "ArrowRight" ? moveBy(1) : turn()),
      previous: (event) => event.key === "ArrowLeft" && moveBy(-1),
      up: () => moveBy(-columns),
      down: () => moveBy(columns),
      toggleSelected: () => focus !== null && dispatch({ kind: "toggle", item: focus }),
      selectAll: () => dispatch({ kind: "all" }),
      selectNone: () => dispatch({ kind: "none" }),
      alike: () => focus !== null && fillAlike(focus),
      toggleGrid: () => {
        if (focus !== null) move({ kind: "go", item: focus });
        onSingle();
      },
      largerGrid: () => onSize(sizeBeside(grid.size, 1)),
      smallerGrid: () => onSize(sizeBeside(grid.size, -1)),
      filterClasses: () => document.getElementById(FILTER_ID)?.focus(),
    },
  });
}

function Head(props: {
  grid: Grid;
  nOpen: number;
  dispatch: (event: Event) => void;
  actions: GridActions;
  labelling: Labelling;
}) {
  const { grid, nOpen, dispatch, actions, labelling } = props;
  const t = useT();
  const { focus } = grid;
  return (
    <header className={styles["head"]}>
      <span className={styles["count"]}>{t("label.openHere", { count: nOpen })}</span>
      <div className={styles["tools"]}>
        <Button look="quiet" hint={hintOf("selectAll")} onClick={() => dispatch({ kind: "all" })}>
          {t("label.selectAll")}
        </Button>
        <Button
          look="quiet"
          icon="similar"
          hint={hintOf("alike")}
          disabled={focus === null}
          onClick={() => focus !== null && actions.fillAlike(focus)}
        >
          {t("label.alike")}
        </Button>
        <IconButton
          icon="undo"
          label={t("keys.undo")}
          hint={hintOf("undo")}
          onClick={labelling.undo}
        />
        <label className={styles["size"]}>
          <span className="visually-hidden">{t("label.gridSize")}</span>
          <select
            value={grid.size}
            onChange={(event) => actions.onSize(Number(event.target.value))}
          >
            {SIZES.map((it) => (
              <option key={it} value={it}>
                {t("label.nItems", { count: it })}
              </option>
            ))}
          </select>
        </label>
        <IconButton
          icon="single"
          label={t("label.oneItem")}
          hint={hintOf("toggleGrid")}
          onClick={actions.onSingle}
        />
      </div>
    </header>
  );
}
