// What stands where there is nothing yet: what this place is for and what to do.

import type { ReactNode } from "react";

import styles from "./EmptyState.module.css";
import { Icon, type IconName } from "./Icon";

export function EmptyState({
  icon,
  title,
  children,
  actions,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={styles["empty"]}>
      <div className={styles["icon"]}>
        <Icon name={icon} size={28} />
      </div>
      <h2>{title}</h2>
      {children !== undefined && <div className={styles["text"]}>{children}</div>}
      {actions !== undefined && <div className={styles["actions"]}>{actions}</div>}
    </div>
  );
}
