// How far an import is, at which rate, for how long still; and at its end what
// came in and what could not, each with a way out.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { api } from "../../api";
import type { ImportState } from "../../api.types";
import { names } from "../../app/queries";
import { useT, type Translator } from "../../i18n";
import { Icon } from "../../parts/Icon";
import { Progress } from "../../parts/Progress";
import styles from "./ImportProgress.module.css";

const EVERY_MS = 500;

/** The import of a project, followed while it runs; outside of a project no events arrive. */
export function useImport(project: string) {
  const client = useQueryClient();
  const state = useQuery({
    queryKey: names.importing(project),
    queryFn: () => api.importState(project),
    refetchInterval: ({ state: { data } }) => (data?.is_running === false ? false : EVERY_MS),
  });
  const isRunning = state.data?.is_running;
  useEffect(() => {
    if (isRunning === false) void client.invalidateQueries({ queryKey: names.projects });
  }, [client, isRunning]);
  return state;
}

export function ImportProgress({ state }: { state: ImportState }) {
  const t = useT();
  const { stage, done, total, rate, eta_s } = state;
  const name = t(`home.stage_${stage ?? "import"}`);
  const notes = [
    total === null ? t.number(done) : t("home.doneOf", { done, total }),
    rate === null ? "" : t("home.rate", { rate: t.number(Math.round(rate)) }),
    eta_s === null ? "" : t("home.left", { time: duration(eta_s, t) }),
  ];
  return (
    <div className={styles["progress"]}>
      <div className={styles["line"]}>
        <strong>{name}</strong>
        <span>{notes.filter((it) => it !== "").join(" · ")}</span>
      </div>
      <Progress label={name} value={total === null ? null : done} max={total ?? 1} />
    </div>
  );
}

/** "3 min", "20 s": rounded to what one can plan with. */
export function duration(seconds: number, t: Translator): string {
  const unit = seconds < 60 ? "second" : seconds < 3600 ? "minute" : "hour";
  const size = { second: 1, minute: 60, hour: 3600 }[unit];
  const digits = unit === "hour" ? 1 : 0;
  return t.number(Math.max(1, seconds / size), {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: digits,
  });
}

export function ImportOutcome({ state }: { state: ImportState }) {
  const t = useT();
  const { n_added, n_duplicates, n_near_duplicates, n_labels, error } = state;
  const notes = [
    n_duplicates === 0 ? "" : t("home.duplicates", { count: n_duplicates }),
    n_near_duplicates === 0 ? "" : t("home.nearDuplicates", { count: n_near_duplicates }),
    n_labels === 0 ? "" : t("home.labels", { count: n_labels }),
  ].filter((it) => it !== "");
  return (
    <div className={styles["outcome"]}>
      {error !== null && (
        <p className={styles["error"]} role="alert">
          <Icon name="warning" size={18} /> {t.server(error)}
        </p>
      )}
      <p className={styles["added"]}>
        {error === null && <Icon name="check" />}
        {t("home.added", { count: n_added })}
      </p>
      {0 < notes.length && (
        <ul className={styles["notes"]}>
          {notes.map((it) => (
            <li key={it}>{it}</li>
          ))}
        </ul>
      )}
      <Problems state={state} />
    </div>
  );
}

function Problems({ state: { problems, n_problems } }: { state: ImportState }) {
  const t = useT();
  if (n_problems === 0) return null;
  return (
    <section className={styles["problems"]}>
      <h3>{t("home.problems", { count: n_problems })}</h3>
      <ul tabIndex={0} aria-label={t("home.problems", { count: n_problems })}>
        {problems.map((it, i) => (
          <li key={i}>
            <strong className={styles["item"]}>{it.item}</strong>
            <span>{t.server(it.message)}</span>
            {it.help !== null && <span className={styles["help"]}>{t.server(it.help)}</span>}
          </li>
        ))}
      </ul>
      {problems.length < n_problems && (
        <p className={styles["help"]}>
          {t("home.moreProblems", { count: n_problems - problems.length })}
        </p>
      )}
    </section>
  );
}
