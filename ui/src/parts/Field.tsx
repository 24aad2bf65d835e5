// Inputs with their name, a hint and what is wrong with them, tied together for screen readers.

import { useId, type ComponentProps, type ReactNode } from "react";

import styles from "./Field.module.css";

type Around = { label: string; hint?: ReactNode; problem?: string | null };

export function TextField({
  label,
  hint,
  problem,
  ...rest
}: Around & Omit<ComponentProps<"input">, "className">) {
  return (
    <Field label={label} hint={hint} problem={problem ?? null}>
      {(wiring) => <input type="text" {...rest} {...wiring} className={styles["input"]} />}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  problem,
  ...rest
}: Around & Omit<ComponentProps<"textarea">, "className">) {
  return (
    <Field label={label} hint={hint} problem={problem ?? null}>
      {(wiring) => <textarea rows={3} {...rest} {...wiring} className={styles["input"]} />}
    </Field>
  );
}

export function SelectField({
  label,
  hint,
  problem,
  children,
  ...rest
}: Around & Omit<ComponentProps<"select">, "className">) {
  return (
    <Field label={label} hint={hint} problem={problem ?? null}>
      {(wiring) => (
        <select {...rest} {...wiring} className={styles["input"]}>
          {children}
        </select>
      )}
    </Field>
  );
}

export function CheckField({
  label,
  hint,
  ...rest
}: Omit<Around, "problem"> & Omit<ComponentProps<"input">, "className" | "type">) {
  const id = useId();
  return (
    <label className={styles["check"]}>
      <input type="checkbox" {...rest} aria-describedby={hint ? `${id}-hint` : undefined} />
      <span>
        {label}
        {hint !== undefined && (
          <span id={`${id}-hint`} className={styles["hint"]}>
            {hint}
          </span>
        )}
      </span>
    </label>
  );
}

type Wiring = {
  id: string;
  "aria-invalid"?: true | undefined;
  "aria-describedby"?: string | undefined;
};

function Field({
  label,
  hint,
  problem = null,
  children,
}: Around & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const notes = [hint ? `${id}-hint` : "", problem ? `${id}-problem` : ""].filter((it) => it);
  return (
    <div className={styles["field"]}>
      <label htmlFor={id} className={styles["label"]}>
        {label}
      </label>
      {children({
        id,
        "aria-invalid": problem ? true : undefined,
        "aria-describedby": notes.join(" ") || undefined,
      })}
      {hint !== undefined && (
        <div id={`${id}-hint`} className={styles["hint"]}>
          {hint}
        </div>
      )}
      {problem && (
        <div id={`${id}-problem`} className={styles["problem"]} role="alert">
          {problem}
        </div>
      )}
    </div>
  );
}
