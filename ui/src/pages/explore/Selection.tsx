// What the list holds, and what can be done with all of it or with the ticked items.

import { useState } from "react";

import type { Project } from "../../api.types";
import { useKeys } from "../../app/useKeys";
import { useT } from "../../i18n";
import { hintOf } from "../../keys";
import { Button, IconButton } from "../../parts/Button";
import { ClassDialog } from "../../parts/ClassDialog";
import { nFilters, type Exploring } from "../../state/explore";
import styles from "./Selection.module.css";
import { MOST_LABELLED, type Explore } from "./useExplore";

/** Whether something confines the list, so that "all of it" is not the whole pool by mistake. */
const isConfined = ({ picked, within, filter }: Exploring) =>
  0 < picked.size || within !== null || 0 < nFilters(filter);

export function Selection({ project, explore }: { project: Project; explore: Explore }) {
  const t = useT();
  const { state, dispatch, nTargets, isBusy, canUndo } = explore;
  const [isAsking, setAsking] = useState(false);
  const isPossible = isConfined(state) && 0 < nTargets && nTargets <= MOST_LABELLED && !isBusy;
  const label = () => isPossible && 0 < project.settings.classes.length && setAsking(true);
  const queue = () => isPossible && void explore.queueFirst(null);
  useKeys({
    scopes: ["explore"],
    handlers: {
      labelSelection: label,
      queueSelection: queue,
      clearSelection: () => dispatch({ kind: "cleared" }),
      undoExplore: () => canUndo && !isBusy && void explore.undo(),
    },
  });
  return (
    <div className={styles["selection"]} role="region" aria-label={t("explore.selection")}>
      <Held explore={explore} />
      <div className={styles["actions"]}>
        <Button
          look="main"
          icon="label"
          hint={hintOf("labelSelection")}
          disabled={!isPossible}
          isBusy={isBusy}
          onClick={label}
        >
          {t("explore.labelAll")}
        </Button>
        <Button
          icon="sparkle"
          hint={hintOf("queueSelection")}
          disabled={!isPossible}
          onClick={queue}
        >
          {t("explore.queueAll")}
        </Button>
        {canUndo && (
          <Button
            look="quiet"
            icon="undo"
            hint={hintOf("undoExplore")}
            disabled={isBusy}
            onClick={() => void explore.undo()}
          >
            {t("keys.undoExplore")}
          </Button>
        )}
      </div>
      {isAsking && (
        <ClassDialog
          title={t("explore.labelAs", { count: nTargets })}
          classes={project.settings.classes}
          onPick={(position) => {
            setAsking(false);
            void explore.labelTargets(position);
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

/** In words: how many, and why these. */
function Held({ explore }: { explore: Explore }) {
  const t = useT();
  const { state, dispatch, nTargets, list } = explore;
  const { picked, within } = state;
  const note =
    MOST_LABELLED < nTargets && isConfined(state)
      ? t("explore.tooMany", { most: MOST_LABELLED })
      : within?.kind === "lasso" && 0 < within.nCut
        ? t("explore.cut", { n: within.items.length })
        : !isConfined(state)
          ? t("explore.howToChoose")
          : null;
  return (
    <div className={styles["held"]}>
      <span role="status">
        {0 < picked.size
          ? t("explore.nPicked", { count: picked.size })
          : within?.kind === "similar"
            ? t("explore.similarTo", { name: within.name })
            : within?.kind === "lasso"
              ? t("explore.nLassoed", { count: list.total ?? within.items.length })
              : t("explore.nItems", { count: list.total ?? 0 })}
        {note !== null && <small>{note}</small>}
      </span>
      {(0 < picked.size || within !== null) && (
        <IconButton
          icon="close"
          label={t("keys.clearSelection")}
          hint={hintOf("clearSelection")}
          onClick={() => dispatch({ kind: "cleared" })}
        />
      )}
    </div>
  );
}
