// A banner while the server cannot be reached, and how a component asks for that.

import { useSyncExternalStore } from "react";

import { isReachable, watchReachable } from "../api";
import { useT } from "../i18n";
import { Icon } from "../parts/Icon";
import styles from "./Offline.module.css";

export function useReachable(): boolean {
  return useSyncExternalStore(watchReachable, isReachable);
}

export function OfflineBanner() {
  const t = useT();
  return (
    <div role="status">
      {!useReachable() && (
        <div className={styles["banner"]}>
          <Icon name="cloudOff" size={18} />
          {t("app.offline")}
        </div>
      )}
    </div>
  );
}
