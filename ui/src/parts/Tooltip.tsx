// An explanation beside a word, shown on hover and focus and read out by screen readers.

import { useId, type ReactNode } from "react";

import styles from "./Tooltip.module.css";

export function Tooltip({ text, children }: { text: string; children: ReactNode }) {
  const id = useId();
  return (
    <span className={styles["root"]}>
      <button type="button" className={styles["anchor"]} aria-describedby={id}>
        {children}
      </button>
      <span role="tooltip" id={id} className={styles["tip"]}>
        {text}
      </span>
    </span>
  );
}
