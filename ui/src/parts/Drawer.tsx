// A panel at the right edge for one thing, over what lies there; the rest stays usable.

import { useEffect, useId, useRef, type ReactNode } from "react";

import { useT } from "../i18n";
import { IconButton } from "./Button";
import styles from "./Drawer.module.css";

export function Drawer({
  title,
  onClose,
  actions,
  children,
}: {
  title: string;
  onClose: () => void;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const t = useT();
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <aside
      className={styles["drawer"]}
      aria-labelledby={id}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
        event.preventDefault();
        event.stopPropagation();
        onClose();
      }}
    >
      <header className={styles["head"]}>
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <IconButton icon="close" label={t("common.close")} hint="Esc" onClick={onClose} />
      </header>
      <div className={styles["body"]}>{children}</div>
      {actions !== undefined && <footer className={styles["actions"]}>{actions}</footer>}
    </aside>
  );
}
