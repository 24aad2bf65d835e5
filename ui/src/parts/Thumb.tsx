// A small view of an item: its picture, or the beginning of its text.

import { useEffect, useState } from "react";

import { href, watchReachable } from "../api";
import type { Content } from "../api.types";
import { Icon } from "./Icon";
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
      return <Picture source={href.image(project, item, content, width)} name={name} />;
    case "text":
      return (
        <span className={styles["text"]} dir="auto">
          {content.text}
        </span>
      );
  }
}

/** A picture, or a sign in its place until the server that has it is back. */
function Picture({ source, name }: { source: string; name: string }) {
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => watchReachable((isReachable) => isReachable && setFailed(null)), []);
  if (failed === source) {
    return (
      <span className={styles["missing"]} role="img" aria-label={name}>
        <Icon name="picture" />
      </span>
    );
  }
  return (
    <img
      className={styles["picture"]}
      src={source}
      alt={name}
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => setFailed(source)}
    />
  );
}
