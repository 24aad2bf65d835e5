// A small view of an item: its picture, or the beginning of its text.

import { href } from "../api";
import type { Content } from "../api.types";
import styles from "./Thumb.module.css";

export function Thumb(props: {
  project: string;
  item: number;
  name: string;
  content: Content;
  width?: 96 | 320 | 640;
}) {
  const { project, item, name, content, width = 320 } = props;
  switch (content.kind) {
    case "image":
      return (
        <img
          className={styles["picture"]}
          src={href.image(project, item, content, width)}
          alt={name}
          loading="lazy"
          decoding="async"
          draggable={false}
        />
      );
    case "text":
      return (
        <span className={styles["text"]} dir="auto">
          {content.text}
        </span>
      );
  }
}
