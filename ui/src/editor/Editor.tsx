// One item to be answered: the item large, beside it the suggestion, the
// classes and the items most like it. Used for labelling and, blind, for audits.

import {
  useEffect,
  useReducer,
  useRef,
  useState,
  type Dispatch,
  type MouseEvent,
  type ReactNode,
} from "react";

import type { Project, Question, Suggestion } from "../api.types";
import { readSetting, writeSetting } from "../app/storage";
import { useKeys } from "../app/useKeys";
import { useT } from "../i18n";
import type { Action } from "../keys";
import { fitted, step, type Event as ViewEvent, type View } from "../state/view";
import { current, openAhead, standing } from "../state/session";
import { ClassList, FILTER_ID } from "./ClassList";
import styles from "./Editor.module.css";
import { Neighbours } from "./Neighbours";
import { PictureView } from "./PictureView";
import { RemarkDialog } from "./RemarkDialog";
import { StageHead } from "./StageHead";
import { SuggestionCard } from "./SuggestionCard";
import { TextView } from "./TextView";
import { Toolbar } from "./Toolbar";
import type { Labelling } from "./useLabelling";
import { usePreloaded } from "./usePreloaded";

const LIKELY: readonly Action[] = ["likely1", "likely2", "likely3", "likely4", "likely5"];

type EditorProps = Readonly<{
  project: Project;
  labelling: Labelling;
  question: Question;
  /** Nothing of the model is shown: the item is part of an audit. */
  isBlind: boolean;
  aside: ReactNode;
  banner?: ReactNode;
  onGrid?: () => void;
  onAlike?: (item: number) => void;
}>;

export function Editor(props: EditorProps) {
  const { project, labelling, question, isBlind, banner } = props;
  const t = useT();
  const { session, remark } = labelling;
  const [view, onView] = useReducer(step, fitted);
  const [scale, onScale] = useTextScale();
  const [isRemarking, setRemarking] = useState(false);
  const { item } = question;
  const suggestion = isBlind ? null : question.suggestion;
  const actions = actionsOf(props, suggestion, onView, onScale, () => setRemarking(true));

  useEffect(() => onView({ kind: "newItem" }), [item]);
  usePreloaded(
    project.id,
    openAhead(session).map((it) => it.question),
  );
  useEditorKeys(project, labelling, question, suggestion?.ranked ?? [], actions);

  return (
    <div className={styles["editor"]} onMouseDown={keepFocus}>
      <section className={styles["stage"]} data-tour="stage">
        {banner}
        <StageHead question={question} classes={project.settings.classes} isBlind={isBlind} />
        <div className={styles["item"]}>
          <Item
            project={project}
            question={question}
            name={isBlind ? t("label.itemInAudit") : question.name}
            view={view}
            onView={onView}
            scale={scale}
          />
        </div>
        <Toolbar labelling={labelling} question={question} view={view} actions={actions} />
      </section>
      <Side {...props} suggestion={suggestion} actions={actions} />
      {isRemarking && (
        <RemarkDialog
          remarks={question.remarks}
          onSend={(text, isFlag) => remark(item, text, isFlag)}
          onClose={() => setRemarking(false)}
        />
      )}
    </div>
  );
}

/** A clicked button takes no focus here: Enter would press it again, on the next item. */
export function keepFocus(event: MouseEvent): void {
  if ((event.target as HTMLElement).closest("button")) event.preventDefault();
}

function actionsOf(
  { labelling, question, onGrid, onAlike }: EditorProps,
  suggestion: Suggestion | null,
  onView: Dispatch<ViewEvent>,
  onScale: (factor: number | null) => void,
  comment: () => void,
): EditorActions {
  const { item, remarks } = question;
  const choose = (position: number | null) => labelling.answer([item], () => position);
  const isFlagged = remarks.some((it) => it.is_flag && !it.is_resolved);
  return {
    choose,
    accept: () => suggestion && choose(suggestion.class),
    skip: () => choose(null),
    flag: () => !isFlagged && labelling.remark(item, "", true),
    comment,
    onView,
    onScale,
    onGrid,
    onAlike: onAlike && (() => onAlike(item)),
  };
}

function Side(props: EditorProps & { suggestion: Suggestion | null; actions: EditorActions }) {
  const { project, labelling, question, isBlind, aside, suggestion, actions } = props;
  const { classes } = project.settings;
  const entry = current(labelling.session);
  return (
    <aside className={styles["side"]}>
      <div className={styles["answer"]}>
        {!isBlind && (
          <SuggestionCard suggestion={suggestion} classes={classes} onAccept={actions.accept} />
        )}
        <ClassList
          classes={classes}
          ranked={suggestion?.ranked ?? []}
          standing={entry && standing(entry)?.class}
          onChoose={actions.choose}
          onAccept={actions.accept}
        />
      </div>
      <div className={styles["context"]}>
        {!isBlind && question.neighbours.length > 0 && (
          <Neighbours
            project={project}
            neighbours={question.neighbours}
            onAlike={actions.onAlike}
          />
        )}
        {aside}
      </div>
    </aside>
  );
}

export type EditorActions = Readonly<{
  choose: (position: number | null) => void;
  accept: () => void;
  skip: () => void;
  flag: () => void;
  comment: () => void;
  onView: Dispatch<ViewEvent>;
  onScale: (factor: number | null) => void;
  onGrid: (() => void) | undefined;
  onAlike: (() => void) | undefined;
}>;

function Item(props: {
  project: Project;
  question: Question;
  name: string;
  view: View;
  onView: Dispatch<ViewEvent>;
  scale: number;
}) {
  const { project, question, name, view, onView, scale } = props;
  const { item, content } = question;
  switch (content.kind) {
    case "image":
      return (
        <PictureView
          project={project.id}
          item={item}
          name={name}
          picture={content}
          view={view}
          onView={onView}
        />
      );
    case "text":
      return (
        <TextView
          key={item}
          name={name}
          text={content.text}
          highlights={project.settings.highlights}
          scale={scale}
        />
      );
  }
}

const ZOOM_STEP = 1.25;
const LIGHT_STEP = 0.1;

function useEditorKeys(
  project: Project,
  labelling: Labelling,
  question: Question,
  ranked: readonly { class: number }[],
  actions: EditorActions,
): void {
  const { choose, onView, onScale } = actions;
  const { undo, redo, move } = labelling;
  const isPicture = question.content.kind === "image";
  const space = useSpace(actions.skip);
  const zoom = (factor: number | null) => {
    if (!isPicture) return onScale(factor);
    onView(factor === null ? { kind: "fit" } : { kind: "zoom", factor, x: 0, y: 0 });
  };
  const likely = LIKELY.map((action, i) => {
    const { class: position } = ranked[i] ?? {};
    return [action, () => position !== undefined && choose(position)] as const;
  });
  useKeys({
    scopes: ["answer", "image"],
    classes: project.settings.classes,
    onClass: choose,
    handlers: {
      accept: actions.accept,
      // Space may also begin a drag over a picture, so it skips when it is let go.
      skip: (event) => (event.key === " " && isPicture ? space(event) : actions.skip()),
      undo,
      redo,
      next: () => move({ kind: "next" }),
      previous: () => move({ kind: "previous" }),
      flag: actions.flag,
      comment: actions.comment,
      filterClasses: () => document.getElementById(FILTER_ID)?.focus(),
      ...(actions.onGrid && { toggleGrid: actions.onGrid }),
      ...(actions.onAlike && { alike: actions.onAlike }),
      ...Object.fromEntries(likely),
      zoomIn: () => zoom(ZOOM_STEP),
      zoomOut: () => zoom(1 / ZOOM_STEP),
      fit: () => zoom(null),
      ...(isPicture && {
        brighter: () => onView({ kind: "brightness", change: LIGHT_STEP }),
        darker: () => onView({ kind: "brightness", change: -LIGHT_STEP }),
        moreContrast: () => onView({ kind: "contrast", change: LIGHT_STEP }),
        lessContrast: () => onView({ kind: "contrast", change: -LIGHT_STEP }),
      }),
    },
  });
}

/** Space with a drag pans, see PictureView; let go without one, it skips. */
function useSpace(skip: () => void): (event: KeyboardEvent) => void {
  const held = useRef<{ wasDragged: boolean } | null>(null);
  const latest = useRef(skip);
  useEffect(() => {
    latest.current = skip;
  });
  useEffect(() => {
    const onMove = (event: globalThis.PointerEvent) => {
      if (held.current !== null && event.buttons > 0) held.current.wasDragged = true;
    };
    const onKeyUp = (event: KeyboardEvent) => {
      if (event.key !== " " || held.current === null) return;
      const { wasDragged } = held.current;
      held.current = null;
      if (!wasDragged) latest.current();
    };
    window.addEventListener("pointermove", onMove);
    window.addEventListener("keyup", onKeyUp);
    return () => {
      window.removeEventListener("pointermove", onMove);
      window.removeEventListener("keyup", onKeyUp);
    };
  }, []);
  return (event) => {
    if (!event.repeat) held.current = { wasDragged: false };
  };
}

const SCALES = { least: 0.7, most: 2.2 };

/** The size of texts, kept from item to item and visit to visit. */
function useTextScale(): [number, (factor: number | null) => void] {
  const [scale, setScale] = useState(() => Number(readSetting("textScale") ?? 1) || 1);
  const change = (factor: number | null) => {
    const next =
      factor === null ? 1 : Math.min(SCALES.most, Math.max(SCALES.least, scale * factor));
    setScale(next);
    writeSetting("textScale", String(next));
  };
  return [scale, change];
}
