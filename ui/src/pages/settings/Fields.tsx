// The fields of the settings that are not the classes, in three cards.

import { useQuery } from "@tanstack/react-query";

import { api } from "../../api";
import type { Project, Settings } from "../../api.types";
import { names } from "../../app/queries";
import { useT } from "../../i18n";
import { told } from "../../i18n/told";
import { Card } from "../../parts/Card";
import { SelectField, TextArea, TextField } from "../../parts/Field";
import type { Field } from "../../state/settings";
import styles from "./Fields.module.css";

type Props = {
  settings: Settings;
  faulty: readonly Field[];
  onChange: (part: Partial<Settings>) => void;
};

/** An empty field means that the default holds. */
const countOf = (typed: string): number | null => (typed.trim() === "" ? null : Number(typed));
/** Without the digits that binary fractions leave behind: 0.07 is 7, not 7.000000000000001. */
const percentOf = (share: number): number => Number((100 * share).toPrecision(6));

export function Goals({ settings, faulty, onChange }: Props) {
  const t = useT();
  const { goal } = settings;
  const problem = faulty.includes("goal") ? t("settings.faultShare") : null;
  const field = (name: "max_error" | "confidence") => (
    <TextField
      label={t(`settings.${name}`)}
      hint={t(`settings.${name}Hint`)}
      type="number"
      min={0.01}
      max={99.99}
      step="any"
      value={Number.isFinite(goal[name]) ? percentOf(goal[name]) : ""}
      problem={problem}
      onChange={(event) =>
        onChange({
          goal: {
            ...goal,
            [name]: event.target.value === "" ? 0 : Number(event.target.value) / 100,
          },
        })
      }
    />
  );
  return (
    <Card title={t("settings.goal")}>
      <div className={styles["grid"]}>
        {field("max_error")}
        {field("confidence")}
      </div>
    </Card>
  );
}

export function Steering({ settings, faulty, onChange, project }: Props & { project: Project }) {
  const t = useT();
  const strategy = project.strategies.find((it) => it.name === settings.strategy);
  const count = (name: "batch_len" | "overlap" | "budget", none?: string) => (
    <TextField
      label={t(`settings.${name}`)}
      hint={t(`settings.${name}Hint`)}
      type="number"
      min={1}
      step={1}
      placeholder={none}
      value={settings[name] ?? ""}
      problem={faulty.includes(name) ? t("settings.faultCount") : null}
      onChange={(event) => {
        const typed = countOf(event.target.value);
        onChange({ [name]: none === undefined ? (typed ?? 0) : typed });
      }}
    />
  );
  return (
    <Card title={t("settings.steering")}>
      <div className={styles["grid"]}>
        <SelectField
          label={t("settings.strategy")}
          hint={
            strategy
              ? told(t, "strategy", strategy.name, strategy.summary)
              : t("settings.strategyDefaultHint")
          }
          value={settings.strategy ?? ""}
          onChange={(event) => onChange({ strategy: event.target.value || null })}
        >
          <option value="">{t("settings.strategyDefault")}</option>
          {project.strategies.map((it) => (
            <option key={it.name} value={it.name}>
              {it.name}
            </option>
          ))}
        </SelectField>
        <ModelField settings={settings} project={project} onChange={onChange} />
        {count("batch_len", t("settings.batch_lenNone"))}
        {count("overlap")}
        {count("budget", t("settings.budgetNone"))}
        <TextField
          label={t("settings.lease_s")}
          hint={t("settings.lease_sHint")}
          type="number"
          min={0.5}
          step="any"
          value={settings.lease_s / 60}
          problem={faulty.includes("lease_s") ? t("settings.faultLease") : null}
          onChange={(event) => onChange({ lease_s: Math.round(60 * Number(event.target.value)) })}
        />
      </div>
    </Card>
  );
}

function ModelField(props: Pick<Props, "settings" | "onChange"> & { project: Project }) {
  const { settings, onChange, project } = props;
  const t = useT();
  const models = useQuery({ queryKey: names.models, queryFn: api.models });
  const fitting = (models.data ?? []).filter(
    (it) => project.media === null || it.media === project.media,
  );
  const chosen = fitting.find((it) => it.name === settings.model);
  const isChange = settings.model !== project.settings.model;
  return (
    <SelectField
      label={t("settings.model")}
      hint={
        isChange && 0 < project.n_items
          ? t("settings.modelChange")
          : (chosen?.summary ??
            t("settings.modelHint", { name: project.backbone?.split(/[@+]/)[0] ?? "–" }))
      }
      value={settings.model ?? ""}
      onChange={(event) => onChange({ model: event.target.value || null })}
    >
      <option value="">{t("settings.modelDefault")}</option>
      {fitting.map((it) => (
        <option key={it.name} value={it.name} disabled={!it.is_available}>
          {it.is_available ? it.name : t("settings.modelMissing", { name: it.name })}
        </option>
      ))}
    </SelectField>
  );
}

export function General({ settings, faulty, onChange }: Props) {
  const t = useT();
  return (
    <Card title={t("settings.general")}>
      <div className={styles["grid"]}>
        <TextField
          label={t("settings.name")}
          value={settings.name}
          maxLength={80}
          problem={faulty.includes("name") ? t("settings.faultNoName") : null}
          onChange={(event) => onChange({ name: event.target.value })}
        />
        <TextArea
          label={t("settings.highlights")}
          hint={t("settings.highlightsHint")}
          rows={2}
          value={settings.highlights.join("\n")}
          onChange={(event) =>
            onChange({
              highlights: event.target.value === "" ? [] : event.target.value.split("\n"),
            })
          }
        />
      </div>
    </Card>
  );
}
