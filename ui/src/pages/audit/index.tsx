// The page "Audit": what an audit is and what is missing for one, the blind
// answers while it is open, and the certificate at its end.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api";
import type { AutoLabelState, Project } from "../../api.types";
import type { PageProps } from "../../app/App";
import { mayDo } from "../../app/roles";
import { names, useProject, useSession } from "../../app/queries";
import { Editor } from "../../editor/Editor";
import { useLabelling } from "../../editor/useLabelling";
import { useT } from "../../i18n";
import { Button } from "../../parts/Button";
import { ButtonLink } from "../../parts/ButtonLink";
import { Card } from "../../parts/Card";
import { EmptyState } from "../../parts/EmptyState";
import { Page } from "../../parts/Page";
import { Problem } from "../../parts/Problem";
import { Progress } from "../../parts/Progress";
import { Skeleton } from "../../parts/Skeleton";
import { Figure } from "../../parts/Stat";
import { current } from "../../state/session";
import { AuditBanner } from "./AuditBanner";
import styles from "./audit.module.css";
import { CertificateSheet } from "./CertificateSheet";

export default function AuditPage({ projectId }: PageProps) {
  const project = useProject(projectId).data?.value;
  const state = useQuery({
    queryKey: names.autoLabel(projectId),
    queryFn: () => api.autoLabel(projectId),
  });
  if (state.isError) {
    return (
      <div className={styles["narrow"]}>
        <Problem error={state.error} onRetry={() => void state.refetch()} />
      </div>
    );
  }
  if (!project || !state.data) {
    return (
      <div className={styles["narrow"]}>
        <Skeleton height={320} />
      </div>
    );
  }
  const { certificate, phase } = state.data;
  if (phase === "audit") return <OpenAudit project={project} state={state.data} />;
  if (certificate) return <CertificateSheet project={project} certificate={certificate} />;
  return <Before project={project} state={state.data} />;
}

const AHEAD = 10;

function OpenAudit({ project, state }: { project: Project; state: AutoLabelState }) {
  const t = useT();
  const labelling = useLabelling(project.id, AHEAD);
  const { session, error, isLoading } = labelling;
  const question = current(session)?.question;
  if (error !== null) {
    return (
      <div className={styles["narrow"]}>
        <Problem error={error} onRetry={labelling.retry} />
      </div>
    );
  }
  if (question === undefined) {
    return (
      <EmptyState icon="clock" title={t(isLoading ? "audit.opening" : "audit.waiting")}>
        {!isLoading && t("audit.waitingText")}
      </EmptyState>
    );
  }
  return (
    <Editor
      project={project}
      labelling={labelling}
      question={question}
      isBlind
      banner={<AuditBanner session={session} />}
      aside={<Rules project={project} state={state} />}
    />
  );
}

function Rules({ project, state }: { project: Project; state: AutoLabelState }) {
  const t = useT();
  return (
    <section className={styles["rules"]}>
      <h3>{t("audit.rulesTitle")}</h3>
      <ul>
        <li>{t("audit.ruleBlind")}</li>
        <li>{t("audit.ruleSkip")}</li>
        <li>{t("audit.ruleUndo")}</li>
      </ul>
      {state.audit && <p>{t("audit.frozen", { at: t.date(state.audit.frozen_at) })}</p>}
      <p>{goalOf(t, project)}</p>
    </section>
  );
}

const goalOf = (t: ReturnType<typeof useT>, { goal }: Project): string =>
  t("audit.goal", {
    error: t.percent(goal.max_error, 1),
    confidence: t.percent(goal.confidence, 1),
  });

function Before({ project, state }: { project: Project; state: AutoLabelState }) {
  const t = useT();
  const role = useSession().data?.user?.role ?? "annotator";
  const { nothing_shown: nothing, is_auditable } = state;
  return (
    <Page title={t("app.audit")} lead={t("audit.lead")}>
      <div className={styles["steps"]}>
        <Card title={t("audit.what1Title")}>
          <p>{t("audit.what1Text")}</p>
        </Card>
        <Card title={t("audit.what2Title")}>
          <p>{t("audit.what2Text")}</p>
        </Card>
        <Card title={t("audit.what3Title")}>
          <p>{t("audit.what3Text")}</p>
        </Card>
      </div>
      <Card title={t(is_auditable ? "audit.readyTitle" : "audit.missingTitle")}>
        <p>{goalOf(t, project)}</p>
        {nothing && <Missing nothing={nothing} />}
        {!nothing && !is_auditable && <p>{t("audit.noModel")}</p>}
        <div className={styles["actions"]}>
          {is_auditable && mayDo(role, "owner") && <StartButton project={project} />}
          {!is_auditable && (
            <ButtonLink href={`/p/${project.id}/label`} look="main" icon="label">
              {t("audit.labelMore")}
            </ButtonLink>
          )}
        </div>
        {is_auditable && <p className={styles["soft"]}>{t("audit.automatic")}</p>}
      </Card>
    </Page>
  );
}

function Missing({ nothing }: { nothing: NonNullable<AutoLabelState["nothing_shown"]> }) {
  const t = useT();
  const { expected_errors: expected, allowed_errors: allowed, smallest_audit } = nothing;
  const worst = Math.max(expected, allowed, 1);
  const amount = (value: number) => t.number(value, { maximumFractionDigits: 0 });
  return (
    <>
      <div className={styles["figures"]}>
        <Figure label={t("audit.expectedErrors")} value={amount(expected)} />
        <Figure label={t("audit.allowedErrors")} value={amount(allowed)} />
        <Figure
          label={t("audit.smallestAudit")}
          value={t("label.nItems", { count: smallest_audit })}
        />
      </div>
      <Progress label={t("audit.allowedErrors")} value={allowed} max={worst} />
      <p className={styles["soft"]}>
        {t(expected > allowed ? "audit.tooMany" : "audit.fewEnough")}
      </p>
    </>
  );
}

function StartButton({ project }: { project: Project }) {
  const t = useT();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const start = async () => {
    setBusy(true);
    setError(null);
    try {
      client.setQueryData(names.autoLabel(project.id), await api.startAudit(project.id));
    } catch (refused) {
      setError(refused);
    }
    setBusy(false);
  };
  return (
    <>
      {error !== null && <Problem error={error} />}
      <Button look="main" icon="audit" isBusy={isBusy} onClick={() => void start()}>
        {t("audit.start")}
      </Button>
    </>
  );
}
