// A link in the dress of a button: it goes somewhere, and can be opened in a new tab.

import type { ReactNode } from "react";
import { Link } from "wouter";

import styles from "./Button.module.css";
import { Icon, type IconName } from "./Icon";

export function ButtonLink(props: {
  href: string;
  look?: "main" | "plain" | "quiet";
  icon?: IconName;
  /** The address is a file of the server, not a page. */
  isDownload?: boolean;
  children: ReactNode;
}) {
  const { href, look = "plain", icon, isDownload = false, children } = props;
  const className = `${styles["button"]} ${styles[look]} ${styles["link"]}`;
  const content = (
    <>
      {icon && <Icon name={icon} size={18} />}
      <span className={styles["name"]}>{children}</span>
    </>
  );
  return isDownload ? (
    <a href={href} download className={className}>
      {content}
    </a>
  ) : (
    <Link href={href} className={className}>
      {content}
    </Link>
  );
}
