// A surface that holds one subject, with an optional heading and action.

import type { ReactNode } from "react";

import styles from "./Card.module.css";

export function Card({
  title,
  action,
  children,
}: {
  title?: string;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className={styles["card"]}>
      {(title !== undefined || action !== undefined) && (
        <header className={styles["head"]}>
          {title !== undefined && <h2>{title}</h2>}
          {action}
        </header>
      )}
      {children}
    </section>
  );
}
