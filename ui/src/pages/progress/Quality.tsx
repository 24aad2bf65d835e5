// How good the labels are, measured on answers that were drawn at random: per
// class, what is taken for what, and whether confidence can be believed.

import { useQuery } from "@tanstack/react-query";

import { api } from "../../api";
import type { Measured, Project, Verified } from "../../api.types";
import { names } from "../../app/queries";
import { useT } from "../../i18n";
import { Card } from "../../parts/Card";
import { ClassTag } from "../../parts/ClassTag";
import { Problem } from "../../parts/Problem";
import { Skeleton } from "../../parts/Skeleton";
import { Figure, Stat } from "../../parts/Stat";
import { Confusion } from "./Confusion";
import styles from "./Quality.module.css";

export function Quality({ project }: { project: Project }) {
  const t = useT();
  const verified = useQuery({
    queryKey: names.verify(project.id),
    queryFn: () => api.verify(project.id),
  });
  return (
    <Card title={t("progress.quality")}>
      {verified.isPending && <Skeleton height={120} />}
      {verified.isError && (
        <Problem error={verified.error} onRetry={() => void verified.refetch()} />
      )}
      {verified.data && <Shown verified={verified.data} project={project} />}
    </Card>
  );
}

function Shown({ verified, project }: { verified: Verified; project: Project }) {
  const t = useT();
  const { basis, ece } = verified;
  if (basis === null) return <p className={styles["note"]}>{t("progress.noBasis")}</p>;
  return (
    <>
      <p className={styles["note"]}>{t(`progress.basis_${basis}`)}</p>
      <div className={styles["figures"]}>
        <Stat label={t("progress.accuracyShort")} measured={verified.accuracy} />
        <Stat label={t("progress.macroF1")} measured={verified.macro_f1} />
        <Figure
          label={t("progress.ece")}
          value={ece === null ? "–" : t.percent(ece, 1)}
          note={t(ece === null ? "common.notEnoughData" : "progress.eceNote")}
        />
      </div>
      <PerClass verified={verified} project={project} />
      <Confusion confusion={verified.confusion} classes={project.settings.classes} />
    </>
  );
}

function PerClass({ verified, project }: { verified: Verified; project: Project }) {
  const t = useT();
  return (
    <div
      className={styles["scroll"]}
      tabIndex={0}
      role="region"
      aria-label={t("progress.perClass")}
    >
      <table className={styles["table"]}>
        <caption className="visually-hidden">{t("progress.perClass")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("progress.class")}</th>
            <th scope="col">{t("progress.precision")}</th>
            <th scope="col">{t("progress.recall")}</th>
            <th scope="col">F1</th>
            <th scope="col">{t("progress.support")}</th>
          </tr>
        </thead>
        <tbody>
          {verified.per_class.map((it) => {
            const of = project.settings.classes[it.class];
            return (
              of && (
                <tr key={it.class}>
                  <th scope="row">
                    <ClassTag of={of} />
                  </th>
                  {[it.precision, it.recall, it.f1].map((measured, i) => (
                    <td key={i}>
                      <Share of={measured} />
                    </td>
                  ))}
                  <td>{t.number(it.support)}</td>
                </tr>
              )
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Share({ of }: { of: Measured }) {
  const t = useT();
  if (of === null) return <span className={styles["note"]}>{t("common.notEnoughData")}</span>;
  return (
    <>
      <strong>{t.percent(of.value)}</strong>{" "}
      <span className={styles["note"]}>
        {t("progress.from_to", { low: t.percent(of.low), high: t.percent(of.high) })}
      </span>
    </>
  );
}
