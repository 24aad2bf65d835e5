// What the model would answer, how sure it is, and the key that accepts it.

import type { Class, Suggestion } from "../api.types";
import { useT } from "../i18n";
import { hintOf } from "../keys";
import { Swatch } from "../parts/ClassTag";
import { Icon } from "../parts/Icon";
import { KeyHint } from "../parts/KeyHint";
import styles from "./SuggestionCard.module.css";

export function SuggestionCard(props: {
  suggestion: Suggestion | null;
  classes: readonly Class[];
  onAccept: () => void;
}) {
  const { suggestion, classes, onAccept } = props;
  const t = useT();
  const suggested = suggestion === null ? undefined : classes[suggestion.class];
  if (suggestion === null || suggested === undefined) {
    return (
      <p className={styles["none"]}>
        <Icon name="sparkle" size={18} />
        {t("label.noSuggestion")}
      </p>
    );
  }
  const { confidence } = suggestion;
  return (
    <button type="button" className={styles["card"]} onClick={onAccept} data-tour="suggestion">
      <span className={styles["label"]}>{t("label.suggestion")}</span>
      <span className={styles["class"]}>
        <Swatch colour={suggested.colour} />
        <span className={styles["name"]} dir="auto">
          {suggested.name}
        </span>
      </span>
      <span className={styles["sure"]}>
        {t("label.confidence", { share: t.percent(confidence) })}
      </span>
      <span className={styles["accept"]}>
        {t("label.accept")} <KeyHint keys={hintOf("accept")} />
      </span>
      <span className={styles["track"]}>
        <span style={{ width: `${100 * confidence}%` }} />
      </span>
    </button>
  );
}
