// The bar under the item: back and forth, undo, skip, remarks, and how a picture is seen.

import type { Question } from "../api.types";
import { useT } from "../i18n";
import { hintOf } from "../keys";
import { Button, IconButton } from "../parts/Button";
import { Menu } from "../parts/Menu";
import { isFitted, type View } from "../state/view";
import type { EditorActions } from "./Editor";
import styles from "./Toolbar.module.css";
import type { Labelling } from "./useLabelling";

export function Toolbar(props: {
  labelling: Labelling;
  question: Question;
  view: View;
  actions: EditorActions;
}) {
  const { labelling, question, view, actions } = props;
  const t = useT();
  const { move, undo, redo } = labelling;
  const isFlagged = question.remarks.some((it) => it.is_flag && !it.is_resolved);
  return (
    <div className={styles["bar"]} role="toolbar" aria-label={t("label.tools")}>
      <div className={styles["group"]}>
        <IconButton
          icon="previous"
          label={t("keys.previous")}
          hint={hintOf("previous")}
          onClick={() => move({ kind: "previous" })}
        />
        <IconButton
          icon="next"
          label={t("keys.next")}
          hint={hintOf("next")}
          onClick={() => move({ kind: "next" })}
        />
        <span className={styles["gap"]} />
        <IconButton icon="undo" label={t("keys.undo")} hint={hintOf("undo")} onClick={undo} />
        <IconButton icon="redo" label={t("keys.redo")} hint={hintOf("redo")} onClick={redo} />
      </div>
      <div className={styles["group"]}>
        <Button look="plain" icon="skip" hint={hintOf("skip")} onClick={actions.skip}>
          {t("label.skip")}
        </Button>
        <IconButton
          icon="flag"
          label={t("keys.flag")}
          hint={hintOf("flag")}
          isPressed={isFlagged}
          onClick={actions.flag}
        />
        <IconButton
          icon="comment"
          label={t("keys.comment")}
          hint={hintOf("comment")}
          onClick={actions.comment}
        />
      </div>
      <div className={styles["group"]}>
        {question.content.kind === "image" ? (
          <PictureTools view={view} actions={actions} />
        ) : (
          <TextTools actions={actions} />
        )}
        {actions.onGrid && (
          <IconButton
            icon="grid"
            label={t("keys.toggleGrid")}
            hint={hintOf("toggleGrid")}
            onClick={actions.onGrid}
          />
        )}
      </div>
    </div>
  );
}

function PictureTools({ view, actions }: { view: View; actions: EditorActions }) {
  const t = useT();
  const { onView } = actions;
  const slider = (kind: "brightness" | "contrast") => (
    <label className={styles["slider"]}>
      {t(`label.${kind}`)}
      <input
        type="range"
        min={0.2}
        max={2.6}
        step={0.05}
        value={view[kind]}
        onChange={(event) => onView({ kind, change: Number(event.target.value) - view[kind] })}
      />
    </label>
  );
  return (
    <>
      <IconButton
        icon="zoomOut"
        label={t("keys.zoomOut")}
        hint={hintOf("zoomOut")}
        onClick={() => onView({ kind: "zoom", factor: 0.8, x: 0, y: 0 })}
      />
      <IconButton
        icon="zoomIn"
        label={t("keys.zoomIn")}
        hint={hintOf("zoomIn")}
        onClick={() => onView({ kind: "zoom", factor: 1.25, x: 0, y: 0 })}
      />
      <IconButton
        icon="fit"
        label={t("keys.fit")}
        hint={hintOf("fit")}
        disabled={isFitted(view)}
        onClick={() => onView({ kind: "fit" })}
      />
      <div className={styles["light"]}>
        <Menu label={t("label.light")} icon="brightness">
          {() => (
            <>
              {slider("brightness")}
              {slider("contrast")}
            </>
          )}
        </Menu>
      </div>
    </>
  );
}

function TextTools({ actions }: { actions: EditorActions }) {
  const t = useT();
  return (
    <>
      <IconButton
        icon="zoomOut"
        label={t("label.smallerText")}
        hint={hintOf("zoomOut")}
        onClick={() => actions.onScale(0.8)}
      />
      <IconButton
        icon="zoomIn"
        label={t("label.largerText")}
        hint={hintOf("zoomIn")}
        onClick={() => actions.onScale(1.25)}
      />
    </>
  );
}
