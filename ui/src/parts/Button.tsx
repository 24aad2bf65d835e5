// Buttons: one look for every action. `main` is for the one thing to do next.

import type { ComponentProps, ReactNode } from "react";

import styles from "./Button.module.css";
import { Icon, type IconName } from "./Icon";
import { KeyHint } from "./KeyHint";

type Look = "main" | "plain" | "quiet" | "danger";

export type ButtonProps = Omit<ComponentProps<"button">, "className"> & {
  look?: Look;
  icon?: IconName;
  /** Shown behind the name, as in the table of keys. */
  hint?: string | undefined;
  isBusy?: boolean;
  isWide?: boolean;
  children?: ReactNode;
};

export function Button(props: ButtonProps) {
  const { look = "plain", icon, hint, isBusy = false, isWide = false, children, ...rest } = props;
  return (
    <button
      type="button"
      {...rest}
      className={`${styles["button"]} ${styles[look]} ${isWide ? styles["wide"] : ""}`}
      disabled={rest.disabled === true || isBusy}
      aria-busy={isBusy || undefined}
    >
      {isBusy ? <span className={styles["spinner"]} /> : icon && <Icon name={icon} size={18} />}
      {children !== undefined && <span className={styles["name"]}>{children}</span>}
      {hint !== undefined && hint !== "" && <KeyHint keys={hint} />}
    </button>
  );
}

/** A button that shows its icon alone; `label` is its name for everyone else. */
export function IconButton(
  props: Omit<ComponentProps<"button">, "className" | "children"> & {
    icon: IconName;
    label: string;
    hint?: string | undefined;
    isPressed?: boolean;
  },
) {
  const { icon, label, hint, isPressed, ...rest } = props;
  return (
    <button
      type="button"
      {...rest}
      className={styles["icon"]}
      aria-label={label}
      aria-pressed={isPressed}
      title={hint ? `${label} (${hint})` : label}
    >
      <Icon name={icon} />
    </button>
  );
}
