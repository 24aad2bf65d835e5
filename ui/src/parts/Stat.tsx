// A measured figure with its interval, or the words "not enough data": never one without the other.

import type { Measured } from "../api.types";
import { useT } from "../i18n";
import styles from "./Stat.module.css";

export function Stat({ label, measured }: { label: string; measured: Measured }) {
  const t = useT();
  if (measured === null) {
    return <Figure label={label} value="–" note={t("common.notEnoughData")} />;
  }
  const { value, low, high, n } = measured;
  return (
    <div className={styles["stat"]}>
      <div className={styles["label"]}>{label}</div>
      <div className={styles["value"]}>{t.percent(value, 1)}</div>
      <div className={styles["interval"]} aria-hidden="true">
        <span style={{ left: `${100 * low}%`, width: `${100 * (high - low)}%` }} />
        <i style={{ left: `${100 * value}%` }} />
      </div>
      <div className={styles["note"]}>
        {t("common.interval", { low: t.percent(low, 1), high: t.percent(high, 1), n })}
      </div>
    </div>
  );
}

/** A plain figure in the same dress, for counts and times. */
export function Figure({ label, value, note }: { label: string; value: string; note?: string }) {
  return (
    <div className={styles["stat"]}>
      <div className={styles["label"]}>{label}</div>
      <div className={styles["value"]}>{value}</div>
      {note !== undefined && <div className={styles["note"]}>{note}</div>}
    </div>
  );
}
