// One item of the grid: what it is, what the model suggests, whether it is selected or answered.

import type { Project } from "../api.types";
import { useT } from "../i18n";
import { Swatch } from "../parts/ClassTag";
import { Icon } from "../parts/Icon";
import { Thumb } from "../parts/Thumb";
import { standing, type Entry } from "../state/session";
import styles from "./Tile.module.css";

export function Tile(props: {
  project: Project;
  entry: Entry;
  isSelected: boolean;
  isFocused: boolean;
  isSmall: boolean;
}) {
  const { project, entry, isSelected, isFocused, isSmall } = props;
  const t = useT();
  const { question } = entry;
  const { item, name, content, suggestion } = question;
  const answer = standing(entry);
  const { classes } = project.settings;
  const shown = answer ? answer.class : (suggestion?.class ?? null);
  const of = shown === null ? undefined : classes[shown];
  const state = [isFocused && styles["focused"], answer && styles["answered"]].filter((it) => it);
  return (
    <li>
      <button
        type="button"
        data-item={item}
        data-keys="through"
        aria-pressed={isSelected}
        tabIndex={isFocused ? 0 : -1}
        className={`${styles["tile"]} ${styles[content.kind]} ${isSmall ? styles["small"] : ""} ${state.join(" ")}`}
        title={name}
      >
        <span className={styles["content"]}>
          <Thumb project={project.id} item={item} name={name} content={content} width={320} />
        </span>
        <span className={styles["foot"]}>
          {answer && <Icon name={answer.class === null ? "skip" : "check"} size={14} />}
          {of && <Swatch colour={of.colour} />}
          <span className={styles["class"]}>
            {of?.name ?? (answer ? t("label.skipped") : t("label.unlabelled"))}
          </span>
          {!answer && suggestion && <span>{t.percent(suggestion.confidence)}</span>}
        </span>
        {isSelected && (
          <span className={styles["mark"]}>
            <Icon name="check" size={16} />
          </span>
        )}
      </button>
    </li>
  );
}
