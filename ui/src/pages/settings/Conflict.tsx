// Two people changed the same settings: both values side by side, and a choice for each.

import { useState } from "react";

import type { Settings } from "../../api.types";
import { useT, type Translator } from "../../i18n";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import type { Field } from "../../state/settings";
import styles from "./Conflict.module.css";

export function Conflict(props: {
  mine: Settings;
  theirs: Settings;
  fields: readonly Field[];
  onChoose: (keep: ReadonlySet<Field>) => void;
  onClose: () => void;
}) {
  const { mine, theirs, fields, onChoose, onClose } = props;
  const t = useT();
  const [keep, setKeep] = useState<ReadonlySet<Field>>(() => new Set(fields));
  const choose = (field: Field, isMine: boolean) => {
    const next = new Set(keep);
    if (isMine) next.add(field);
    else next.delete(field);
    setKeep(next);
  };
  return (
    <Dialog
      title={t("settings.conflict")}
      onClose={onClose}
      isWide
      actions={
        <>
          <Button look="quiet" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button look="main" onClick={() => onChoose(keep)}>
            {t("settings.saveChoice")}
          </Button>
        </>
      }
    >
      <p className={styles["lead"]}>{t("settings.conflictText")}</p>
      {fields.map((field) => (
        <fieldset key={field} className={styles["field"]}>
          <legend>{t(`settings.${field}`)}</legend>
          <div className={styles["pair"]}>
            {([true, false] as const).map((isMine) => (
              <label key={String(isMine)} className={styles["side"]}>
                <input
                  type="radio"
                  name={field}
                  checked={keep.has(field) === isMine}
                  onChange={() => choose(field, isMine)}
                />
                <span>
                  <strong>{t(isMine ? "settings.mine" : "settings.theirs")}</strong>
                  <span className={styles["value"]}>
                    {valueText((isMine ? mine : theirs)[field], t)}
                  </span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
      ))}
    </Dialog>
  );
}

function valueText(value: Settings[Field], t: Translator): string {
  if (value === null) return t("settings.byDefault");
  if (typeof value === "string") return value;
  if (typeof value === "number") return t.number(value);
  if (Array.isArray(value)) {
    return value
      .map((it) => (typeof it === "string" ? it : `${it.name} ${it.colour} ${it.key}`))
      .join("\n");
  }
  return t("settings.goalText", {
    error: t.percent(value.max_error, 2),
    confidence: t.percent(value.confidence, 2),
  });
}
