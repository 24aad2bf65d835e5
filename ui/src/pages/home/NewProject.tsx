// The dialog that makes a project: what to label, its name, its classes; then
// it shows the files going and the import running, and leads into the project.

import { useState } from "react";
import { useLocation } from "wouter";

import type { ProjectSummary } from "../../api.types";
import { useSession } from "../../app/queries";
import { useT } from "../../i18n";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { TextField } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { Progress } from "../../parts/Progress";
import { titleOf } from "../../state/project";
import { classesFrom, sizeOf, suggestedName, type Making, type Sent } from "../../state/upload";
import { ClassesStep, FieldsStep, isReady, requestOf, type ClassChoice } from "./ClassesStep";
import { DataStep, sizeText } from "./DataStep";
import type { ChosenFile, Choosing } from "./files";
import { ImportOutcome, ImportProgress, useImport } from "./ImportProgress";
import styles from "./NewProject.module.css";
import { wayInto } from "./ProjectCard";
import { useMaking, type Plan } from "./useMaking";

type Props = {
  into: ProjectSummary | null;
  choosing: Choosing;
  onChoose: (choosing: Choosing) => void;
  onClose: () => void;
};

export function NewProject({ into, choosing, onChoose, onClose }: Props) {
  const t = useT();
  const { files, classes: known } = choosing;
  const me = useSession().data?.user?.name ?? "person";
  const [typedName, setTypedName] = useState(known ? t("home.exampleName") : null);
  const [choice, setChoice] = useState<ClassChoice>({
    from: into === null ? "typed" : "later",
    typed: known?.join(", ") ?? "",
    whose: "person",
    who: me,
    textField: "",
    labelField: "",
    idField: "",
  });
  const { state, start, retry } = useMaking();
  const name = typedName ?? suggestedName(files);
  const plan: Plan = {
    into: into?.id ?? null,
    name: name.trim(),
    classes: choice.from === "typed" ? classesFrom(choice.typed) : [],
    files,
    request: requestOf(choice),
  };
  const canStart = 0 < files.length && (into !== null || plan.name !== "") && isReady(choice);
  const title = into ? t("home.addTo", { name: titleOf(into) }) : t("home.new");

  switch (state.kind) {
    case "importing":
      return <Importing title={title} project={state.project} onClose={onClose} />;
    case "creating":
    case "sending":
    case "stopped":
      return (
        <Going
          title={title}
          files={files}
          state={state}
          onRetry={() => retry(plan)}
          onClose={onClose}
        />
      );
    case "choosing":
      return (
        <Dialog
          title={title}
          onClose={onClose}
          isWide
          actions={
            <>
              <Button look="quiet" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button look="main" disabled={!canStart} onClick={() => start(plan)}>
                {t(into ? "home.startImport" : "home.create")}
              </Button>
            </>
          }
        >
          <div className={styles["steps"]}>
            <DataStep choosing={choosing} onChoose={onChoose} />
            {into === null && <NameField value={name} onChange={setTypedName} />}
            <ClassesStep choice={choice} isNew={into === null} me={me} onChange={setChoice} />
            <FieldsStep choice={choice} files={files} onChange={setChoice} />
          </div>
        </Dialog>
      );
  }
}

function NameField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const t = useT();
  return (
    <TextField
      label={t("home.name")}
      value={value}
      maxLength={80}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function Going(props: {
  title: string;
  files: readonly ChosenFile[];
  state: Making;
  onRetry: () => void;
  onClose: () => void;
}) {
  const { title, files, state, onRetry, onClose } = props;
  const t = useT();
  const isStopped = state.kind === "stopped";
  const at = isStopped ? state.at : state;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        isStopped && (
          <Button look="main" onClick={onRetry}>
            {at.kind === "creating" ? t("home.back") : t("common.retry")}
          </Button>
        )
      }
    >
      <div className={styles["steps"]}>
        {isStopped && <Problem error={state.error} />}
        <Sending files={files} sent={at.kind === "sending" ? at.sent : null} />
      </div>
    </Dialog>
  );
}

function Sending({ files, sent }: { files: readonly ChosenFile[]; sent: Sent | null }) {
  const t = useT();
  const size = sizeOf(files);
  return (
    <>
      <p>
        {t("home.sending", {
          done: sent?.nFiles ?? 0,
          total: files.length,
          sent: sizeText(sent?.size ?? 0, t),
          of: sizeText(size, t),
        })}
      </p>
      <Progress
        label={t("home.sendingLabel")}
        value={sent === null ? null : sent.size}
        max={Math.max(1, size)}
      />
      <p className={styles["note"]}>{t("home.sendingNote")}</p>
    </>
  );
}

function Importing(props: { title: string; project: string; onClose: () => void }) {
  const { title, project, onClose } = props;
  const t = useT();
  const [, go] = useLocation();
  const { data: state, error, refetch } = useImport(project);
  const isDone = state?.is_running === false;
  const needsClasses = isDone && state.n_labels === 0;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button look="quiet" onClick={onClose}>
            {t(isDone ? "common.close" : "home.inBackground")}
          </Button>
          {isDone && 0 < state.n_added && (
            <Button look="main" onClick={() => go(wayInto({ id: project, phase: "training" }))}>
              {t("home.startLabelling")}
            </Button>
          )}
        </>
      }
    >
      <div className={styles["steps"]}>
        {error !== null && <Problem error={error} onRetry={() => void refetch()} />}
        {state && (isDone ? <ImportOutcome state={state} /> : <ImportProgress state={state} />)}
        {!isDone && <p className={styles["note"]}>{t("home.importNote")}</p>}
        {needsClasses && <p className={styles["note"]}>{t("home.noLabelsNote")}</p>}
      </div>
    </Dialog>
  );
}
