// One text, to be read: its own direction and script, keywords marked.

import { useMemo } from "react";

import { highlight } from "../state/highlight";
import styles from "./TextView.module.css";

export function TextView(props: {
  name: string;
  text: string;
  highlights: readonly string[];
  scale: number;
}) {
  const { name, text, highlights, scale } = props;
  const pieces = useMemo(() => highlight(text, highlights), [text, highlights]);
  const isLong = text.length > 900;
  return (
    <div
      className={styles["frame"]}
      tabIndex={0}
      role="region"
      aria-label={name}
      data-keys="through"
    >
      <div
        dir="auto"
        className={`${styles["text"]} ${isLong ? styles["long"] : ""}`}
        style={{ fontSize: `${scale}em` }}
      >
        {pieces.map((piece, i) =>
          piece.isKeyword ? <mark key={i}>{piece.text}</mark> : <span key={i}>{piece.text}</span>,
        )}
      </div>
    </div>
  );
}
