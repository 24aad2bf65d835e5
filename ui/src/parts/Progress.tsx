// A bar for how far something is. Without `value` it says only that work goes on.

import styles from "./Progress.module.css";

export function Progress({
  label,
  value,
  max = 1,
}: {
  label: string;
  value: number | null;
  max?: number;
}) {
  const share = value === null || max <= 0 ? null : Math.min(1, Math.max(0, value / max));
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === null ? undefined : Math.round(100 * share)}
      className={styles["track"]}
    >
      <div
        className={share === null ? styles["busy"] : styles["bar"]}
        style={share === null ? undefined : { width: `${100 * share}%` }}
      />
    </div>
  );
}
