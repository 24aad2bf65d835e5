// The page "Label": one item after another or many in a grid, best first, and
// an audit when the model is good enough for one.

import { useState } from "react";
import { Link } from "wouter";

import type { PageProps } from "../../app/App";
import { useProject } from "../../app/queries";
import { AHEAD } from "../../editor/batch";
import { Editor } from "../../editor/Editor";
import { GridEditor, useGridSize } from "../../editor/GridEditor";
import { ProgressCard } from "../../editor/ProgressCard";
import { useLabelling } from "../../editor/useLabelling";
import { useKeys } from "../../app/useKeys";
import { useT } from "../../i18n";
import { Icon } from "../../parts/Icon";
import { Problem } from "../../parts/Problem";
import { Skeleton } from "../../parts/Skeleton";
import type { Project } from "../../api.types";
import { current } from "../../state/session";
import { AuditBanner } from "../audit/AuditBanner";
import styles from "./label.module.css";
import { Nothing } from "./Nothing";
import { Tour } from "./Tour";

const WITHOUT_ITEMS = ["opening", "empty", "importing", "embedding", "needs_classes", "failed"];

export default function LabelPage({ projectId }: PageProps) {
  const project = useProject(projectId).data?.value;
  if (project === undefined) return <Waiting />;
  if (WITHOUT_ITEMS.includes(project.phase))
    return <Nothing project={project} phase={project.phase} />;
  return <Workbench project={project} />;
}

type Mode = Readonly<{ kind: "single" }> | Readonly<{ kind: "grid"; alike: number | null }>;

function Workbench({ project }: { project: Project }) {
  const [mode, setMode] = useState<Mode>({ kind: "single" });
  const [size, setSize] = useGridSize();
  const isGrid = mode.kind === "grid";
  const labelling = useLabelling(project.id, isGrid ? 2 * size : AHEAD);
  const { session, error, isLoading, undo, redo } = labelling;
  const question = current(session)?.question;
  useKeys({
    scopes: ["answer"],
    handlers: { undo, redo },
    isOff: question !== undefined,
  });

  if (isLoading) return <Waiting />;
  if (error !== null) {
    return (
      <div className={styles["problem"]}>
        <Problem error={error} onRetry={labelling.retry} />
      </div>
    );
  }
  if (question === undefined) {
    return <Nothing project={project} phase={session.phase ?? project.phase} onUndo={undo} />;
  }
  const isBlind = question.purpose === "audit";
  const aside = <ProgressCard project={project} />;
  if (isGrid && !isBlind) {
    return (
      <GridEditor
        project={project}
        labelling={labelling}
        aside={aside}
        size={size}
        onSize={setSize}
        onSingle={() => setMode({ kind: "single" })}
        alike={mode.alike}
      />
    );
  }
  return (
    <>
      <Editor
        project={project}
        labelling={labelling}
        question={question}
        isBlind={isBlind}
        aside={aside}
        banner={isBlind ? <AuditBanner session={session} /> : <Certified project={project} />}
        {...(!isBlind && {
          onGrid: () => setMode({ kind: "grid", alike: null }),
          onAlike: (item: number) => setMode({ kind: "grid", alike: item }),
        })}
      />
      <Tour />
    </>
  );
}

/** Labelling goes on after the certificate, for whoever wants fewer errors still. */
function Certified({ project }: { project: Project }) {
  const t = useT();
  if (project.phase !== "certified") return null;
  return (
    <p className={styles["certified"]}>
      <Icon name="check" size={18} />
      {t("label.certified")}{" "}
      <Link href={`/p/${project.id}/audit`}>{t("label.seeCertificate")}</Link>
    </p>
  );
}

function Waiting() {
  return (
    <div className={styles["waiting"]} aria-busy="true">
      <div className={styles["stage"]}>
        <Skeleton height={24} width="180px" />
        <Skeleton height={420} />
      </div>
      <div className={styles["side"]}>
        <Skeleton height={84} />
        <Skeleton height={40} />
        <Skeleton height={40} />
        <Skeleton height={40} />
        <Skeleton height={40} />
      </div>
    </div>
  );
}
