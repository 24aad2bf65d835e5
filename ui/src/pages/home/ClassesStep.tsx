// Where the classes come from: typed, taken from the data, or chosen later; and
// which fields of a table to read, where they are not found out.

import type { ImportRequest } from "../../api.types";
import { useT } from "../../i18n";
import { SelectField, TextArea, TextField } from "../../parts/Field";
import { ClassTag } from "../../parts/ClassTag";
import { Choice } from "../../parts/Menu";
import { withNew } from "../../state/settings";
import {
  classesFrom,
  kindsOf,
  usualName,
  WHOSE,
  type Chosen,
  type Whose,
} from "../../state/upload";
import styles from "./ClassesStep.module.css";

export type ClassChoice = Readonly<{
  from: "typed" | "data" | "later";
  typed: string;
  whose: Whose;
  who: string;
  textField: string;
  labelField: string;
  idField: string;
}>;

export function isReady({ from, typed, who }: ClassChoice): boolean {
  if (from === "typed") return 2 <= classesFrom(typed).length;
  return from === "later" || who.trim() !== "";
}

export function requestOf(choice: ClassChoice): Omit<ImportRequest, "upload" | "path"> {
  const field = (name: keyof ImportRequest, value: string) =>
    value.trim() === "" ? {} : { [name]: value.trim() };
  return {
    ...field("text_field", choice.textField),
    ...field("label_field", choice.labelField),
    ...field("id_field", choice.idField),
    labels_as: choice.from === "data" ? `${choice.whose}:${choice.who.trim()}` : null,
  };
}

type Props = { choice: ClassChoice; onChange: (choice: ClassChoice) => void };

export function ClassesStep(props: Props & { isNew: boolean; me: string }) {
  const { choice, isNew, me, onChange } = props;
  const t = useT();
  const sources = isNew ? (["typed", "data", "later"] as const) : (["later", "data"] as const);
  return (
    <fieldset className={styles["step"]}>
      <legend className={styles["legend"]}>{t(isNew ? "home.classesOf" : "home.labelsOf")}</legend>
      <Choice
        label={t(isNew ? "home.classesOf" : "home.labelsOf")}
        value={choice.from}
        options={sources.map((value) => ({
          value,
          name: t(isNew || value === "data" ? `home.from_${value}` : "home.leaveLabels"),
        }))}
        onChange={(from) => onChange({ ...choice, from })}
      />
      {choice.from === "typed" && <Typed choice={choice} onChange={onChange} />}
      {choice.from === "data" && <FromData choice={choice} me={me} onChange={onChange} />}
      {choice.from === "later" && (
        <p className={styles["note"]}>{t(isNew ? "home.laterNote" : "home.leaveLabelsNote")}</p>
      )}
    </fieldset>
  );
}

function Typed({ choice, onChange }: Props) {
  const t = useT();
  const classes = withNew([], classesFrom(choice.typed));
  return (
    <>
      <TextArea
        label={t("home.typeClasses")}
        hint={t("home.typeClassesHint")}
        placeholder={t("home.typeClassesExample")}
        rows={2}
        value={choice.typed}
        onChange={(event) => onChange({ ...choice, typed: event.target.value })}
      />
      {0 < classes.length && (
        <ul className={styles["classes"]} aria-label={t("home.classesOf")}>
          {classes.map((it) => (
            <li key={it.name}>
              <ClassTag of={it} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function FromData({ choice, me, onChange }: Props & { me: string }) {
  const t = useT();
  const isTyped = choice.who !== usualName(choice.whose, me);
  const choose = (whose: Whose) =>
    onChange({ ...choice, whose, who: isTyped ? choice.who : usualName(whose, me) });
  return (
    <>
      <div className={styles["pair"]}>
        <SelectField
          label={t("home.whose")}
          value={choice.whose}
          onChange={(event) => choose(event.target.value as Whose)}
        >
          {WHOSE.map((it) => (
            <option key={it} value={it}>
              {t(`home.whose_${it}`)}
            </option>
          ))}
        </SelectField>
        <TextField
          label={t("home.who")}
          value={choice.who}
          required
          onChange={(event) => onChange({ ...choice, who: event.target.value })}
        />
      </div>
      <p className={styles["note"]}>{t("home.fromDataNote")}</p>
    </>
  );
}

/** Shown where there is a table: pictures have no fields. */
export function FieldsStep({ choice, files, onChange }: Props & { files: readonly Chosen[] }) {
  const t = useT();
  if (kindsOf(files).n_tables === 0) return null;
  const field = (name: "textField" | "labelField" | "idField") => (
    <TextField
      label={t(`home.${name}`)}
      value={choice[name]}
      placeholder={t("home.foundOut")}
      spellCheck={false}
      onChange={(event) => onChange({ ...choice, [name]: event.target.value })}
    />
  );
  return (
    <details className={styles["details"]}>
      <summary>{t("home.fields")}</summary>
      <div className={styles["triple"]}>
        {field("textField")}
        {field("labelField")}
        {field("idField")}
      </div>
    </details>
  );
}
