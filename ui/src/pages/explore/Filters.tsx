// Search, filters and order of the list. Each filter is typed: none is a query language.

import { useRef, useState } from "react";

import type { Project } from "../../api.types";
import { useKeys } from "../../app/useKeys";
import { useT } from "../../i18n";
import { hintOf } from "../../keys";
import { Button, IconButton } from "../../parts/Button";
import { CheckField, SelectField, TextField } from "../../parts/Field";
import { nFilters, ORIGINS, SORTS, type Filter, type Sort } from "../../state/explore";
import styles from "./Filters.module.css";

type Props = {
  project: Project;
  filter: Filter;
  onChange: (part: Partial<Filter>) => void;
  onClear: () => void;
};

export function Filters({ project, filter, onChange, onClear }: Props) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useKeys({ scopes: ["explore"], handlers: { search: () => field.current?.focus() } });
  const n = nFilters(filter);
  return (
    <div className={styles["filters"]} role="search">
      <div className={styles["row"]}>
        <input
          ref={field}
          type="search"
          className={styles["search"]}
          placeholder={t("explore.searchIn", { key: hintOf("search") })}
          aria-label={t("keys.search")}
          value={filter.text}
          onChange={(event) => onChange({ text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
          }}
        />
        <Button icon="filter" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {n === 0 ? t("explore.filters") : t("explore.nFilters", { n })}
        </Button>
      </div>
      {isOpen && <Fields project={project} filter={filter} onChange={onChange} />}
      <div className={styles["row"]}>
        <SortField filter={filter} onChange={onChange} />
        {0 < n && (
          <Button look="quiet" icon="close" onClick={onClear}>
            {t("explore.clearFilters")}
          </Button>
        )}
      </div>
    </div>
  );
}

function SortField({ filter, onChange }: Pick<Props, "filter" | "onChange">) {
  const t = useT();
  return (
    <div className={styles["sort"]}>
      <select
        aria-label={t("explore.sort")}
        value={filter.sort}
        onChange={(event) => onChange({ sort: event.target.value as Sort })}
      >
        {SORTS.map((it) => (
          <option key={it} value={it}>
            {t(`explore.sort_${it}`)}
          </option>
        ))}
      </select>
      <IconButton
        icon={filter.isDescending ? "down" : "up"}
        label={t(filter.isDescending ? "explore.descending" : "explore.ascending")}
        onClick={() => onChange({ isDescending: !filter.isDescending })}
      />
    </div>
  );
}

function Fields({ project, filter, onChange }: Omit<Props, "onClear">) {
  const t = useT();
  const { classes } = project.settings;
  return (
    <div className={styles["fields"]}>
      <SelectField
        label={t("explore.class")}
        value={String(filter.class)}
        onChange={({ target }) =>
          onChange({ class: target.value === "any" ? "any" : Number(target.value) })
        }
      >
        <option value="any">{t("explore.anyClass")}</option>
        {classes.map((it, position) => (
          <option key={position} value={position}>
            {it.name}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t("explore.person")}
        value={filter.annotator}
        onChange={({ target }) => onChange({ annotator: target.value })}
      >
        <option value="">{t("explore.anyone")}</option>
        {project.people.map((it) => (
          <option key={it}>{it}</option>
        ))}
      </SelectField>
      <fieldset className={styles["origins"]}>
        <legend>{t("explore.origin")}</legend>
        {ORIGINS.map((origin) => (
          <CheckField
            key={origin}
            label={t(`common.origin_${origin}`)}
            checked={filter.origins.includes(origin)}
            onChange={({ target }) =>
              onChange({
                origins: target.checked
                  ? [...filter.origins, origin]
                  : filter.origins.filter((it) => it !== origin),
              })
            }
          />
        ))}
      </fieldset>
      <div className={styles["range"]}>
        <Percent
          label={t("explore.minConfidence")}
          value={filter.minConfidence}
          onChange={(minConfidence) => onChange({ minConfidence })}
        />
        <Percent
          label={t("explore.maxConfidence")}
          value={filter.maxConfidence}
          onChange={(maxConfidence) => onChange({ maxConfidence })}
        />
      </div>
      <CheckField
        label={t("explore.onlyFlagged")}
        checked={filter.isFlagged}
        onChange={({ target }) => onChange({ isFlagged: target.checked })}
      />
    </div>
  );
}

function Percent(props: { label: string; value: number; onChange: (share: number) => void }) {
  const { label, value, onChange } = props;
  return (
    <TextField
      label={label}
      type="number"
      min={0}
      max={100}
      step={1}
      value={Math.round(100 * value)}
      onChange={({ target }) => onChange(Math.max(0, Math.min(1, Number(target.value) / 100)))}
    />
  );
}
