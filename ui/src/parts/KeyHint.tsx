// The key of an action, drawn as a key. Decoration: the action has a name too.

import styles from "./KeyHint.module.css";

/** `keys` as written in the table of keys: parts of a chord are joined by `+`. */
export function KeyHint({ keys }: { keys: string }) {
  const parts = keys === "+" ? ["+"] : keys.split("+");
  return (
    <span className={styles["chord"]} aria-hidden="true">
      {parts.map((part) => (
        <kbd key={part} className={styles["key"]}>
          {part}
        </kbd>
      ))}
    </span>
  );
}
