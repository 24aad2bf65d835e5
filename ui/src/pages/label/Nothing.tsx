// What the label page says when there is nothing to label: why, and what to do.

import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { api } from "../../api";
import type { Phase, Project } from "../../api.types";
import { names } from "../../app/queries";
import { useT, type Key } from "../../i18n";
import { hintOf } from "../../keys";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import type { IconName } from "../../parts/Icon";
import { ButtonLink } from "../../parts/ButtonLink";
import { Progress } from "../../parts/Progress";
import styles from "./label.module.css";

type Way = readonly [page: string, name: Key];
type Told = Readonly<{ icon: IconName; title: Key; text: Key | null; ways: readonly Way[] }>;

const CERTIFICATE: Way = ["audit", "label.seeCertificate"];
const CLASSES: Way = ["settings", "label.setClasses"];
const EXPORT: Way = ["export", "app.export"];
const REVIEW: Way = ["review", "app.review"];
const SETTINGS: Way = ["settings", "app.settings"];

const WAIT: Told = { icon: "clock", title: "label.waitTitle", text: "label.waitText", ways: [] };
const TOLD: Record<Exclude<Phase, "empty" | "importing" | "embedding">, Told> = {
  needs_classes: {
    icon: "settings",
    title: "label.needsClassesTitle",
    text: "label.needsClassesText",
    ways: [CLASSES],
  },
  failed: { icon: "warning", title: "label.failedTitle", text: null, ways: [SETTINGS] },
  certified: {
    icon: "check",
    title: "label.certifiedTitle",
    text: "label.certifiedText",
    ways: [CERTIFICATE, EXPORT, REVIEW],
  },
  all_answered: {
    icon: "check",
    title: "label.allAnsweredTitle",
    text: "label.allAnsweredText",
    ways: [EXPORT, REVIEW],
  },
  budget_spent: {
    icon: "clock",
    title: "label.budgetTitle",
    text: "label.budgetText",
    ways: [SETTINGS, EXPORT],
  },
  opening: { icon: "clock", title: "label.openingTitle", text: "label.openingText", ways: [] },
  training: WAIT,
  audit: WAIT,
  rest: WAIT,
};

export function Nothing(props: { project: Project; phase: Phase; onUndo?: () => void }) {
  const { project, phase, onUndo } = props;
  const t = useT();
  if (phase === "importing" || phase === "embedding") return <Importing project={project} />;
  if (phase === "empty") {
    return (
      <EmptyState
        icon="folder"
        title={t("label.emptyTitle")}
        actions={
          <ButtonLink href="/" look="main">
            {t("label.addData")}
          </ButtonLink>
        }
      >
        {t("label.emptyText")}
      </EmptyState>
    );
  }
  const { icon, title, text, ways } = TOLD[phase];
  return (
    <EmptyState
      icon={icon}
      title={t(title)}
      actions={
        <>
          {ways.map(([page, name], i) => (
            <ButtonLink
              key={page}
              href={`/p/${project.id}/${page}`}
              look={i === 0 ? "main" : "plain"}
            >
              {t(name)}
            </ButtonLink>
          ))}
          {onUndo && (
            <Button icon="undo" hint={hintOf("undo")} onClick={onUndo}>
              {t("keys.undo")}
            </Button>
          )}
        </>
      }
    >
      {text === null ? project.problem && t.server(project.problem) : t(text)}
    </EmptyState>
  );
}

function Importing({ project }: { project: Project }) {
  const t = useT();
  const { data: state } = useQuery({
    queryKey: names.importing(project.id),
    queryFn: () => api.importState(project.id),
    refetchInterval: 2_000,
  });
  const stage = state?.stage ?? "import";
  return (
    <EmptyState
      icon="upload"
      title={t(`label.stage_${stage}`)}
      actions={<Link href="/">{t("app.home")}</Link>}
    >
      <div className={styles["progress"]}>
        <Progress
          label={t(`label.stage_${stage}`)}
          value={state?.total ? state.done : null}
          max={state?.total ?? 1}
        />
      </div>
      <p>
        {state?.total ? t("label.nOfTotal", { done: state.done, total: state.total }) : ""}
        {typeof state?.eta_s === "number" &&
          ` · ${t("label.secondsLeft", { count: Math.max(1, Math.round(state.eta_s)) })}`}
      </p>
    </EmptyState>
  );
}
