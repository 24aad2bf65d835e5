// A failed request, shown where its result would stand, with the way out the server named.

import { ApiError } from "../api";
import { useT } from "../i18n";
import { reason } from "../i18n/told";
import { Button } from "./Button";
import { Icon } from "./Icon";
import styles from "./Problem.module.css";

export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useT();
  const help = error instanceof ApiError ? error.help : null;
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <div className={styles["problem"]} role="alert">
      <Icon name="warning" />
      <div className={styles["text"]}>
        <div>{reason(t, error)}</div>
        {help !== null && <div className={styles["help"]}>{t.server(help)}</div>}
        {requestId !== null && (
          <div className={styles["help"]}>{t("common.requestId", { id: requestId })}</div>
        )}
      </div>
      {onRetry && <Button onClick={onRetry}>{t("common.retry")}</Button>}
    </div>
  );
}
