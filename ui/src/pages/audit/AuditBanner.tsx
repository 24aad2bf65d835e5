// Says that this is an audit, how many items are left, and what skipping means.

import { useT } from "../../i18n";
import { Icon } from "../../parts/Icon";
import { Progress } from "../../parts/Progress";
import type { Session } from "../../state/session";
import styles from "./audit.module.css";

export function AuditBanner({ session }: { session: Session }) {
  const t = useT();
  const { nLeft, nAudit } = session;
  return (
    <div className={styles["banner"]}>
      <Icon name="audit" />
      <div className={styles["told"]}>
        <strong>{nLeft === null ? t("audit.blind") : t("audit.left", { count: nLeft })}</strong>
        <span>{t("audit.blindText")}</span>
      </div>
      {nLeft !== null && nAudit !== null && (
        <div className={styles["bar"]}>
          <Progress label={t("app.audit")} value={nAudit - nLeft} max={nAudit} />
        </div>
      )}
    </div>
  );
}
