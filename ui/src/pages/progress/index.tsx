// The page "Progress": how good the labels are by now, how many answers are
// still to give, and what the pool looks like. Follows the server's events.

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";

import { api } from "../../api";
import type { Plan, Project } from "../../api.types";
import type { PageProps } from "../../app/App";
import { mayDo } from "../../app/roles";
import { names, useProject, useSession } from "../../app/queries";
import { useT } from "../../i18n";
import { ButtonLink } from "../../parts/ButtonLink";
import { Card } from "../../parts/Card";
import { EmptyState } from "../../parts/EmptyState";
import { Page } from "../../parts/Page";
import { Problem } from "../../parts/Problem";
import { Skeleton } from "../../parts/Skeleton";
import { Stat } from "../../parts/Stat";
import { Agreement } from "./Agreement";
import { Balance } from "./Balance";
import { Certified, Errors, Forecast, Information, Pace } from "./Figures";
import styles from "./index.module.css";
import { Quality } from "./Quality";

// The chart's library is fetched only where there is a curve to draw.
const Curve = lazy(() => import("./Curve"));

export default function ProgressPage({ projectId }: PageProps) {
  const t = useT();
  const project = useProject(projectId).data?.value;
  const role = useSession().data?.user?.role ?? "annotator";
  const plan = useQuery({
    queryKey: names.plan(projectId),
    queryFn: () => api.plan(projectId),
  });
  return (
    <Page title={t("app.progress")} lead={t("progress.lead")}>
      {plan.isPending && <Skeleton height={220} />}
      {plan.isError && <Problem error={plan.error} onRetry={() => void plan.refetch()} />}
      {plan.data && project && <Shown plan={plan.data} project={project} />}
      {plan.data && project && 0 < plan.data.n_answered && mayDo(role, "reviewer") && (
        <Quality project={project} />
      )}
    </Page>
  );
}

function Shown({ plan, project }: { plan: Plan; project: Project }) {
  const t = useT();
  const { model, settings } = project;
  if (plan.n_answered === 0) {
    return (
      <EmptyState
        icon="progress"
        title={t("progress.emptyTitle")}
        actions={
          <ButtonLink href={`/p/${project.id}/label`} look="main">
            {t("progress.startLabelling")}
          </ButtonLink>
        }
      >
        {t("progress.emptyText")}
      </EmptyState>
    );
  }
  return (
    <>
      {project.phase === "certified" ? (
        <Certified project={project} />
      ) : (
        <Forecast plan={plan} goal={project.goal} />
      )}
      <div className={styles["figures"]}>
        <Card>
          <Stat label={t("progress.accuracy")} measured={model?.out_of_fold_accuracy ?? null} />
        </Card>
        <Card>
          <Errors plan={plan} />
        </Card>
        <Card>
          <Pace plan={plan} nSure={model?.n_sure ?? 0} />
        </Card>
      </div>
      <Card title={t("progress.curve")}>
        {plan.curve.length < 2 ? (
          <p className={styles["note"]}>{t("progress.curveEmpty")}</p>
        ) : (
          <Suspense fallback={<Skeleton height={280} />}>
            <Curve curve={plan.curve} maxError={project.goal.max_error} />
          </Suspense>
        )}
      </Card>
      <div className={styles["halves"]}>
        <Card title={t("progress.balance")}>
          <Balance balance={plan.balance} classes={settings.classes} />
        </Card>
        <div className={styles["stack"]}>
          <Card title={t("progress.agreement")}>
            <Agreement agreement={plan.agreement} overlap={settings.overlap} />
          </Card>
          <Card title={t("progress.information")}>
            <Information plan={plan} nClasses={settings.classes.length} />
          </Card>
        </div>
      </div>
    </>
  );
}
