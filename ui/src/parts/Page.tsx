// The frame of an ordinary page: heading, what it is for, content of a readable width.

import type { ReactNode } from "react";

import styles from "./Page.module.css";

export function Page({
  title,
  lead,
  actions,
  isWide = false,
  children,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  isWide?: boolean;
  children: ReactNode;
}) {
  return (
    <div className={`${styles["page"]} ${isWide ? styles["wide"] : ""}`}>
      <header className={styles["head"]}>
        <div>
          <h1>{title}</h1>
          {lead !== undefined && <p className={styles["lead"]}>{lead}</p>}
        </div>
        {actions !== undefined && <div className={styles["actions"]}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
