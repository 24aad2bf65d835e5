// What is known of the item on screen: why it was chosen, its name, what people remarked.

import type { Class, Question } from "../api.types";
import { useT } from "../i18n";
import { Badge } from "../parts/Badge";
import { Icon } from "../parts/Icon";
import { Tooltip } from "../parts/Tooltip";
import styles from "./StageHead.module.css";

export function StageHead(props: {
  question: Question;
  classes: readonly Class[];
  isBlind: boolean;
}) {
  const { question, classes, isBlind } = props;
  const t = useT();
  const { previous, remarks, reason, name } = question;
  const before = previous === null || previous === undefined ? undefined : classes[previous]?.name;
  const open = remarks.filter((it) => !it.is_resolved);
  return (
    <header className={styles["head"]}>
      <div className={styles["line"]}>
        <span className={styles["reason"]} data-tour="reason">
          <Tooltip text={t(isBlind ? "label.why_audit" : `label.why_${reason}`)}>
            {t(isBlind ? "label.reason_audit" : `label.reason_${reason}`)}
          </Tooltip>
        </span>
        {before !== undefined && <Badge>{t("label.before", { name: before })}</Badge>}
        {/* File names often tell the class, which would sway an audit. */}
        {!isBlind && (
          <span className={styles["name"]} title={name} dir="auto">
            {name}
          </span>
        )}
      </div>
      {open.map((it) => (
        <div key={it.id} className={styles["remark"]}>
          <Icon name={it.is_flag ? "flag" : "comment"} size={16} />
          <span>
            <strong>{it.annotator}</strong>{" "}
            <bdi>{it.text === "" ? t("label.flagged") : it.text}</bdi>
          </span>
        </div>
      ))}
    </header>
  );
}
