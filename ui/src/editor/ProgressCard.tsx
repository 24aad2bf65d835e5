// How far the project is, beside the work: answers, what the model could do, how long it takes.

import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { api } from "../api";
import type { Project } from "../api.types";
import { names } from "../app/queries";
import { useT } from "../i18n";
import { Progress } from "../parts/Progress";
import { minutesLeft } from "../state/plan";
import styles from "./ProgressCard.module.css";

export function ProgressCard({ project }: { project: Project }) {
  const t = useT();
  const { data: plan } = useQuery({
    queryKey: names.plan(project.id),
    queryFn: () => api.plan(project.id),
  });
  const { n_answered, n_items, model } = project;
  const { forecast, pace } = plan ?? {};
  const minutes = plan ? minutesLeft(plan) : null;
  const accuracy = model?.out_of_fold_accuracy ?? null;
  return (
    <section className={styles["card"]} data-tour="progress" aria-label={t("app.progress")}>
      <div className={styles["row"]}>
        <strong>{t("label.answered", { done: n_answered, total: n_items })}</strong>
        {typeof pace?.answers_per_minute === "number" && (
          <span className={styles["soft"]}>
            {t("label.pace", {
              rate: t.number(pace.answers_per_minute, { maximumFractionDigits: 0 }),
            })}
          </span>
        )}
      </div>
      <Progress label={t("app.progress")} value={n_answered} max={n_items} />
      {model && (
        <p className={styles["line"]}>
          <span key={model.n_labelled} className={styles["pulse"]} aria-hidden="true" />
          <span>
            {model.n_sure > 0
              ? t("label.modelSays", { count: model.n_sure })
              : n_answered < n_items && t("label.modelLearns")}
            {accuracy && (
              <span className={styles["soft"]}>
                {" "}
                {t("label.accuracy", {
                  value: t.percent(accuracy.value),
                  low: t.percent(accuracy.low),
                  high: t.percent(accuracy.high),
                })}
              </span>
            )}
          </span>
        </p>
      )}
      {forecast && project.phase !== "certified" && (
        <p className={styles["forecast"]}>
          {minutes !== null
            ? t("label.forecastTime", {
                count: Math.ceil(forecast.answers),
                minutes: Math.max(1, Math.round(minutes)),
                error: t.percent(project.goal.max_error),
              })
            : t("label.forecast", {
                count: Math.ceil(forecast.answers),
                error: t.percent(project.goal.max_error),
              })}{" "}
          <Link href={`/p/${project.id}/progress`}>{t("label.more")}</Link>
        </p>
      )}
    </section>
  );
}
