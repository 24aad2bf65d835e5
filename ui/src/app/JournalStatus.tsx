// Whether every answer has reached the server; how many have not.

import { useT } from "../i18n";
import { Icon } from "../parts/Icon";
import { useJournal } from "./journal";
import styles from "./JournalStatus.module.css";
import { useReachable } from "./Offline";

export function JournalStatus() {
  const t = useT();
  const { nUnsent } = useJournal();
  const isReachable = useReachable();
  // A moment passes between any answer and its acknowledgement, which is no news.
  const isNews = nUnsent > 0 && (!isReachable || nUnsent > 20);
  return (
    <span
      role="status"
      className={`${styles["status"]} ${isNews ? styles["unsent"] : ""}`}
      data-unsent={nUnsent}
    >
      <Icon name={isNews ? "cloudOff" : "check"} size={16} />
      {isNews ? t("app.unsent", { count: nUnsent }) : t("app.saved")}
    </span>
  );
}
