// The page "Home": the projects there are, and the way to a new one by dropping data.

import { useQuery } from "@tanstack/react-query";
import { useState, type DragEvent } from "react";
import { useLocation, useSearch } from "wouter";

import { api } from "../../api";
import type { Phase, ProjectSummary } from "../../api.types";
import { names, useSession } from "../../app/queries";
import { useKeys } from "../../app/useKeys";
import { useT } from "../../i18n";
import { reason } from "../../i18n/told";
import { hintOf } from "../../keys";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { Icon } from "../../parts/Icon";
import { Page } from "../../parts/Page";
import { Problem } from "../../parts/Problem";
import { Skeleton } from "../../parts/Skeleton";
import { useNotify } from "../../parts/Toast";
import { fromDrop, fromExample, type Choosing } from "./files";
import styles from "./index.module.css";
import { NewProject } from "./NewProject";
import { ProjectCard } from "./ProjectCard";

/** Outside of a project no events arrive, so the projects are asked for: often while items come in. */
const SOON_MS = 1000;
const EVERY_MS = 5000;
const PASSING: readonly Phase[] = ["opening", "importing", "embedding"];
const pollOf = (projects: readonly ProjectSummary[] | undefined): number =>
  projects?.some((it) => PASSING.includes(it.phase)) ? SOON_MS : EVERY_MS;

const NONE: Choosing = { files: [], nLeftOut: 0 };

export default function HomePage() {
  const t = useT();
  const [, go] = useLocation();
  // `/?add=PROJECT`: more data for a project there is.
  const addTo = new URLSearchParams(useSearch()).get("add");
  const isOwner = useSession().data?.user?.role === "owner";
  const projects = useQuery({
    queryKey: names.projects,
    queryFn: api.projects,
    refetchInterval: ({ state }) => pollOf(state.data),
  });
  const [choosing, setChoosing] = useState<Choosing | null>(null);
  const choose = useChoosing(setChoosing);
  const drop = useDrop(isOwner, choose);
  const open = () => setChoosing(NONE);
  useKeys({ scopes: ["everywhere"], handlers: isOwner ? { newProject: open } : {} });

  const into = projects.data?.find((it) => it.id === addTo) ?? null;
  const isOpen = isOwner && (choosing !== null || into !== null);
  const close = () => {
    setChoosing(null);
    if (addTo !== null) go("/", { replace: true });
  };
  return (
    <div className={styles["target"]} {...drop.handlers}>
      <Page
        title={t("home.title")}
        lead={t("home.lead")}
        actions={
          isOwner &&
          projects.data?.length !== 0 && (
            <Button look="main" icon="plus" hint={hintOf("newProject")} onClick={open}>
              {t("home.new")}
            </Button>
          )
        }
      >
        {projects.isPending && <Skeleton height={180} />}
        {projects.isError && (
          <Problem error={projects.error} onRetry={() => void projects.refetch()} />
        )}
        {projects.data?.length === 0 && (
          <NoProject onNew={isOwner ? open : null} onExample={() => choose(fromExample())} />
        )}
        {projects.data && 0 < projects.data.length && <Projects of={projects.data} />}
      </Page>
      {isOpen && (
        <NewProject
          key={into?.id ?? "new"}
          into={into}
          choosing={choosing ?? NONE}
          onChoose={setChoosing}
          onClose={close}
        />
      )}
      {drop.isOver && (
        <div className={styles["over"]} aria-hidden="true">
          <Icon name="upload" size={40} />
          <strong>{t("home.dropHere")}</strong>
        </div>
      )}
    </div>
  );
}

function NoProject({ onNew, onExample }: { onNew: (() => void) | null; onExample: () => void }) {
  const t = useT();
  return (
    <EmptyState
      icon="folder"
      title={t("home.emptyTitle")}
      actions={
        onNew && (
          <>
            <Button look="main" icon="plus" onClick={onNew}>
              {t("home.new")}
            </Button>
            <Button icon="sparkle" onClick={onExample}>
              {t("home.tryExample")}
            </Button>
          </>
        )
      }
    >
      {t(onNew ? "home.emptyText" : "home.emptyTextOthers")}
    </EmptyState>
  );
}

function Projects({ of }: { of: readonly ProjectSummary[] }) {
  return (
    <ul className={styles["grid"]}>
      {of.map((it) => (
        <li key={it.id}>
          <ProjectCard project={it} />
        </li>
      ))}
    </ul>
  );
}

/** Takes what was chosen once it is read. */
function useChoosing(onChoose: (choosing: Choosing) => void) {
  const notify = useNotify();
  const t = useT();
  return (reading: Promise<Choosing>) =>
    void reading.then(onChoose, (error: unknown) =>
      notify(t("home.cannotRead"), { tone: "bad", detail: reason(t, error) }),
    );
}

/** The whole page takes files; the browser would open them otherwise. */
function useDrop(isOn: boolean, choose: (reading: Promise<Choosing>) => void) {
  const [isOver, setOver] = useState(false);
  const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  const handlers = {
    onDragOver: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = isOn ? "copy" : "none";
      if (isOn) setOver(true);
    },
    onDragLeave: (event: DragEvent<HTMLElement>) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
    },
    onDrop: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      if (isOn) choose(fromDrop(event.dataTransfer.items));
    },
  };
  return { isOver, handlers };
}
