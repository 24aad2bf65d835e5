// A class as people see it everywhere: its colour and its name, never the colour alone.

import type { Class } from "../api.types";
import styles from "./ClassTag.module.css";

export function ClassTag({ of }: { of: Class }) {
  return (
    <span className={styles["tag"]}>
      <Swatch colour={of.colour} />
      <span className={styles["name"]} dir="auto">
        {of.name}
      </span>
    </span>
  );
}

export function Swatch({ colour }: { colour: string }) {
  return <span className={styles["swatch"]} style={{ background: colour }} aria-hidden="true" />;
}
