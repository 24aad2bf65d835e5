// The item under review, large: a picture to zoom into, or a text to read.

import { useReducer } from "react";

import type { Content, Project } from "../../api.types";
import { PictureView } from "../../editor/PictureView";
import { TextView } from "../../editor/TextView";
import { fitted, step } from "../../state/view";
import styles from "./ItemView.module.css";

const SMALL = 0.75;

export function ItemView(props: {
  project: Project;
  item: { item: number; name: string; content: Content };
  /** Beside other things, in less room. */
  isSmall?: boolean;
}) {
  const { project, item, isSmall = false } = props;
  const { name, content } = item;
  const [view, onView] = useReducer(step, fitted);
  return (
    <div className={`${styles[content.kind]} ${isSmall ? styles["small"] : ""}`}>
      {content.kind === "image" ? (
        <PictureView
          project={project.id}
          item={item.item}
          name={name}
          picture={content}
          view={view}
          onView={onView}
        />
      ) : (
        <TextView
          name={name}
          text={content.text}
          highlights={project.settings.highlights}
          scale={isSmall ? SMALL : 1}
        />
      )}
    </div>
  );
}
