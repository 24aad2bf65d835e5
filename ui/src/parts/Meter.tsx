// A thin bar beside a figure. Decoration: the figure is always written too.

import styles from "./Meter.module.css";

/** `parts` are shares of the whole in [0, 1], drawn after one another; `colour` is any CSS colour. */
export function Meter({ parts }: { parts: readonly { share: number; colour?: string }[] }) {
  return (
    <span className={styles["meter"]} aria-hidden="true">
      {parts.map(({ share, colour = "var(--accent)" }, i) => (
        <span key={i} style={{ width: `${100 * share}%`, background: colour }} />
      ))}
    </span>
  );
}
