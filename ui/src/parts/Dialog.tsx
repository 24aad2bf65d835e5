// A modal dialog on the browser's own <dialog>: it traps the focus, closes on
// Escape and gives the focus back.

import { useEffect, useId, useRef, type ReactNode } from "react";

import { useT } from "../i18n";
import { IconButton } from "./Button";
import styles from "./Dialog.module.css";

const FIRST = "[data-focus-first]";
const FIELD = "input:not([hidden]), textarea, select";

export function Dialog({
  title,
  onClose,
  children,
  actions,
  isWide = false,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  actions?: ReactNode;
  isWide?: boolean;
}) {
  const t = useT();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) {
      element.showModal();
      // The browser chooses the first control, which is the one that closes.
      const first =
        element.querySelector<HTMLElement>(FIRST) ?? element.querySelector<HTMLElement>(FIELD);
      first?.focus();
    }
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`${styles["dialog"]} ${isWide ? styles["wide"] : ""}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className={styles["sheet"]}>
        <header className={styles["head"]}>
          <h2 id={id}>{title}</h2>
          <IconButton icon="close" label={t("common.close")} onClick={onClose} />
        </header>
        <div className={styles["body"]} tabIndex={0} role="group" aria-labelledby={id}>
          {children}
        </div>
        {actions !== undefined && <footer className={styles["actions"]}>{actions}</footer>}
      </div>
    </dialog>
  );
}
