// What people wrote about an item; flags stand out until they are resolved.

import type { Remark } from "../../api.types";
import { useT } from "../../i18n";
import { hintOf } from "../../keys";
import { Badge } from "../../parts/Badge";
import { Button } from "../../parts/Button";
import styles from "./Remarks.module.css";

export function Remarks(props: { remarks: readonly Remark[]; onResolve?: () => void }) {
  const { remarks, onResolve } = props;
  const t = useT();
  if (remarks.length === 0) return null;
  const isOpen = remarks.some((it) => it.is_flag && !it.is_resolved);
  return (
    <div className={styles["remarks"]}>
      <ul>
        {remarks.map((it) => (
          <li key={it.id} className={styles["remark"]}>
            <span className={styles["head"]}>
              <strong>{it.annotator}</strong>
              <span>{t.ago(it.at)}</span>
              {it.is_flag && (
                <Badge tone={it.is_resolved ? "plain" : "warn"}>
                  {t(it.is_resolved ? "review.resolved" : "review.flagged")}
                </Badge>
              )}
            </span>
            {it.text !== "" && <span dir="auto">{it.text}</span>}
          </li>
        ))}
      </ul>
      {isOpen && onResolve && (
        <Button icon="flag" hint={hintOf("resolveFlags")} onClick={onResolve}>
          {t("keys.resolveFlags")}
        </Button>
      )}
    </div>
  );
}
