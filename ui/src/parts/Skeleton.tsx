// Grey shapes where something will stand in a moment.

import styles from "./Skeleton.module.css";

export function Skeleton({ height = 16, width = "100%" }: { height?: number; width?: string }) {
  return <div className={styles["skeleton"]} style={{ height, width }} aria-hidden="true" />;
}
