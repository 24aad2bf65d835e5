// The classes: name, colour and key of each, with what clashes said beside it.
// Answers name a class by its place, so a class that is saved keeps its place.

import { useState, type KeyboardEvent } from "react";

import type { Class, Settings } from "../../api.types";
import { useT, type Translator } from "../../i18n";
import { Button, IconButton } from "../../parts/Button";
import { Card } from "../../parts/Card";
import { TextField } from "../../parts/Field";
import { faultOf, sameColour, withNew, type Fault } from "../../state/settings";
import { classesFrom } from "../../state/upload";
import styles from "./Classes.module.css";

export function Classes(props: {
  settings: Settings;
  saved: readonly Class[];
  onChange: (part: Partial<Settings>) => void;
}) {
  const { settings, saved, onChange } = props;
  const t = useT();
  const { classes } = settings;
  const change = (at: number, part: Partial<Class>) =>
    onChange({ classes: classes.map((it, i) => (i === at ? { ...it, ...part } : it)) });
  return (
    <Card title={t("settings.classes")}>
      <p className={styles["note"]}>{t("settings.classesNote")}</p>
      {0 < classes.length && (
        <div className={styles["scroll"]}>
          <table className={styles["table"]}>
            <thead>
              <tr>
                <th scope="col">{t("settings.colour")}</th>
                <th scope="col">{t("settings.className")}</th>
                <th scope="col">{t("settings.key")}</th>
                <th scope="col">
                  <span className="visually-hidden">{t("settings.remarks")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {classes.map((it, at) => (
                <Row
                  key={at}
                  of={it}
                  at={at}
                  fault={faultOf(classes, at)}
                  twin={sameColour(classes, at)}
                  onChange={(part) => change(at, part)}
                  onRemove={
                    saved.length <= at
                      ? () => onChange({ classes: classes.filter((_, i) => i !== at) })
                      : null
                  }
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Adding
        onAdd={(names) =>
          onChange({
            classes: withNew(
              classes,
              names.filter((name) => classes.every((it) => it.name !== name)),
            ),
          })
        }
      />
    </Card>
  );
}

function Row(props: {
  of: Class;
  at: number;
  fault: Fault | null;
  /** Another class with this colour. */
  twin: string | null;
  onChange: (part: Partial<Class>) => void;
  /** `null` where the class is saved: it keeps its name, too. */
  onRemove: (() => void) | null;
}) {
  const { of, at, fault, twin, onChange, onRemove } = props;
  const t = useT();
  const named = (what: string) => t("settings.ofClass", { what, name: of.name || `${at + 1}` });
  const isKey = fault !== null && ["badKey", "clash", "kept"].includes(fault.kind);
  const note = fault === null ? undefined : `class-fault-${at}`;
  return (
    <tr>
      <td>
        <input
          type="color"
          className={styles["colour"]}
          value={of.colour}
          aria-label={named(t("settings.colour"))}
          onChange={(event) => onChange({ colour: event.target.value })}
        />
      </td>
      <td>
        <input
          type="text"
          className={styles["input"]}
          dir="auto"
          value={of.name}
          readOnly={onRemove === null}
          aria-label={named(t("settings.className"))}
          aria-invalid={(fault !== null && !isKey) || undefined}
          aria-describedby={note}
          onChange={(event) => onChange({ name: event.target.value })}
        />
      </td>
      <td>
        <input
          type="text"
          className={`${styles["input"]} ${styles["key"]}`}
          value={of.key.toUpperCase()}
          maxLength={1}
          aria-label={named(t("settings.key"))}
          aria-invalid={isKey || undefined}
          aria-describedby={note}
          onFocus={(event) => event.target.select()}
          onChange={(event) => onChange({ key: event.target.value.trim().toUpperCase() })}
        />
      </td>
      <td>
        <span className={styles["last"]}>
          <Note id={note} fault={fault} twin={twin} name={of.name} />
          {onRemove && (
            <IconButton
              icon="trash"
              label={t("settings.removeClass", { name: of.name })}
              onClick={onRemove}
            />
          )}
        </span>
      </td>
    </tr>
  );
}

/** What is wrong with a class, or else what could be better. */
function Note(props: {
  id: string | undefined;
  fault: Fault | null;
  twin: string | null;
  name: string;
}) {
  const { id, fault, twin, name } = props;
  const t = useT();
  if (fault === null) {
    return twin === null ? null : (
      <span className={styles["twin"]}>{t("settings.sameColour", { name: twin })}</span>
    );
  }
  return (
    <span id={id} className={styles["fault"]} role="alert">
      {faultText(fault, name, t)}
    </span>
  );
}

function faultText(fault: Fault, name: string, t: Translator): string {
  switch (fault.kind) {
    case "noName":
      return t("settings.faultNoName");
    case "sameName":
      return t("settings.faultSameName");
    case "badKey":
      return t("settings.faultBadKey");
    case "kept":
      return t("settings.faultKept");
    case "clash": {
      const { action, classes } = fault.clash;
      if (action !== null) return t("settings.faultAction", { action: t(`keys.${action}`) });
      const others = classes.filter((it) => it !== name);
      return t("settings.faultClass", { name: others.join(", ") });
    }
  }
}

function Adding({ onAdd }: { onAdd: (names: string[]) => void }) {
  const t = useT();
  const [typed, setTyped] = useState("");
  const names = classesFrom(typed);
  const add = () => {
    if (names.length === 0) return;
    onAdd(names);
    setTyped("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    event.preventDefault();
    add();
  };
  return (
    <div className={styles["adding"]}>
      <TextField
        label={t("settings.newClasses")}
        placeholder={t("settings.newClassesExample")}
        value={typed}
        onKeyDown={onKeyDown}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Button icon="plus" disabled={names.length === 0} onClick={add}>
        {t("settings.addClasses")}
      </Button>
    </div>
  );
}
