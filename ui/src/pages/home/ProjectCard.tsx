// One project at a glance: how far it is, how good, and who works on it.

import { Link } from "wouter";

import type { Phase, ProjectSummary } from "../../api.types";
import { useT } from "../../i18n";
import { Badge, type Tone } from "../../parts/Badge";
import { Icon } from "../../parts/Icon";
import { Meter } from "../../parts/Meter";
import { Stat } from "../../parts/Stat";
import { titleOf } from "../../state/project";
import { ImportProgress, useImport } from "./ImportProgress";
import styles from "./ProjectCard.module.css";

const TONES: Partial<Record<Phase, Tone>> = {
  training: "accent",
  audit: "accent",
  rest: "accent",
  certified: "good",
  all_answered: "good",
  needs_classes: "warn",
  budget_spent: "warn",
  failed: "bad",
};

/** Where work on a project goes on. */
export const wayInto = ({ id, phase }: Pick<ProjectSummary, "id" | "phase">): string =>
  phase === "empty" ? `/?add=${encodeURIComponent(id)}` : `/p/${id}/${pageFor(phase)}`;

const pageFor = (phase: Phase): string =>
  phase === "needs_classes" ? "settings" : phase === "certified" ? "audit" : "label";

export function ProjectCard({ project }: { project: ProjectSummary }) {
  const t = useT();
  const { phase, media } = project;
  const isImporting = phase === "importing" || phase === "embedding";
  return (
    <article className={styles["card"]}>
      <header className={styles["head"]}>
        <span className={styles["media"]} aria-hidden="true">
          <Icon name={media === "image" ? "picture" : (media ?? "folder")} />
        </span>
        <div className={styles["title"]}>
          <h2>
            <Link href={wayInto(project)} className={styles["link"]}>
              {titleOf(project)}
            </Link>
          </h2>
          <Badge tone={TONES[phase] ?? "plain"}>{t(`app.phase_${phase}`)}</Badge>
        </div>
      </header>
      {isImporting ? <Importing id={project.id} /> : <Body project={project} />}
      <footer className={styles["foot"]}>
        <People names={project.people} />
        <span>
          {project.last_answer_at === null
            ? t("home.noAnswer")
            : t("home.lastAnswer", { ago: t.ago(project.last_answer_at) })}
        </span>
      </footer>
    </article>
  );
}

function Importing({ id }: { id: string }) {
  const state = useImport(id).data;
  return <div className={styles["body"]}>{state && <ImportProgress state={state} />}</div>;
}

function Body({ project }: { project: ProjectSummary }) {
  const t = useT();
  const { n_items, n_answered, n_auto, n_classes, phase } = project;
  if (phase === "empty" || phase === "needs_classes") {
    return (
      <p className={styles["hint"]}>
        {phase === "empty" ? t("home.addDataHint") : t("home.needsClasses", { count: n_items })}
      </p>
    );
  }
  const of = Math.max(1, n_items);
  return (
    <div className={styles["body"]}>
      <div className={styles["progress"]}>
        <Meter
          parts={[
            { share: n_answered / of },
            { share: n_auto / of, colour: "color-mix(in srgb, var(--accent) 45%, transparent)" },
          ]}
        />
        <span>
          {t("home.answered", { n: n_answered, of: n_items })}
          {0 < n_auto && ` · ${t("home.auto", { count: n_auto })}`}
          {` · ${t("home.classes", { count: n_classes })}`}
        </span>
      </div>
      <Stat label={t("home.accuracy")} measured={project.accuracy} />
    </div>
  );
}

const MOST_FACES = 5;

function People({ names }: { names: readonly string[] }) {
  const t = useT();
  if (names.length === 0) return <span>{t("home.nobody")}</span>;
  return (
    <span className={styles["people"]} title={names.join(", ")}>
      <span className="visually-hidden">{names.join(", ")}</span>
      {names.slice(0, MOST_FACES).map((name) => (
        <span key={name} className={styles["face"]} aria-hidden="true">
          {[...name][0]?.toUpperCase()}
        </span>
      ))}
      {MOST_FACES < names.length && (
        <span className={styles["face"]} aria-hidden="true">
          +{names.length - MOST_FACES}
        </span>
      )}
    </span>
  );
}
