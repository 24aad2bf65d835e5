// The page "Settings": what a project asks and how it is steered. Changes are
// collected and saved together; a change that someone else made meanwhile is
// brought together with them, and where that cannot be, one chooses.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { api, ApiError, type Versioned } from "../../api";
import type { Project, Settings } from "../../api.types";
import type { PageProps } from "../../app/App";
import { names, useProject } from "../../app/queries";
import { useT } from "../../i18n";
import { Button } from "../../parts/Button";
import { ButtonLink } from "../../parts/ButtonLink";
import { Card } from "../../parts/Card";
import { Page } from "../../parts/Page";
import { Problem } from "../../parts/Problem";
import { useNotify } from "../../parts/Toast";
import { changed, faultyFields, merge, resolved, type Field } from "../../state/settings";
import { Classes } from "./Classes";
import { Conflict } from "./Conflict";
import { Danger } from "./Danger";
import { General, Goals, Steering } from "./Fields";
import styles from "./index.module.css";
import { People } from "./People";

export default function SettingsPage({ projectId }: PageProps) {
  const project = useProject(projectId);
  return project.data ? <Form key={projectId} loaded={project.data} /> : null;
}

/** What is being changed, since which version. */
type Edit = Readonly<{ base: Versioned<Project>; draft: Settings }>;

function Form({ loaded }: { loaded: Versioned<Project> }) {
  const t = useT();
  const [edit, setEdit] = useState<Edit | null>(null);
  const base = edit?.base ?? loaded;
  const { value: project } = loaded;
  const settings = edit?.draft ?? project.settings;
  const changes = changed(base.value.settings, settings);
  const faulty = faultyFields(settings);
  const nChanges = Object.keys(changes).length;
  const save = useSave(project.id, edit, setEdit);
  useLeaveWarning(0 < nChanges);

  const change = (part: Partial<Settings>) => {
    save.forget();
    setEdit({ base, draft: { ...settings, ...part } });
  };
  const props = { settings, faulty, onChange: change };
  return (
    <Page title={t("app.settings")} lead={t("settings.lead")}>
      {project.problem !== null && <Problem error={new Error(project.problem)} />}
      <Classes {...props} saved={base.value.settings.classes} />
      <Goals {...props} />
      <Steering {...props} project={project} />
      <General {...props} />
      <Card title={t("settings.data")}>
        <p className={styles["note"]}>{t("settings.dataNote", { count: project.n_items })}</p>
        <div>
          <ButtonLink href={`/?add=${encodeURIComponent(project.id)}`} icon="upload">
            {t("settings.addData")}
          </ButtonLink>
        </div>
      </Card>
      <People />
      <Danger project={project} />
      {0 < nChanges && (
        <SaveBar
          nChanges={nChanges}
          faulty={faulty}
          error={save.error}
          isBusy={save.isBusy}
          onDiscard={() => setEdit(null)}
          onSave={() => void save.save(changes)}
        />
      )}
      {save.conflict && (
        <Conflict
          mine={save.conflict.merged.settings}
          theirs={save.conflict.theirs.value.settings}
          fields={save.conflict.merged.conflicts}
          onClose={save.forget}
          onChoose={(keep) => void save.choose(keep)}
        />
      )}
    </Page>
  );
}

function SaveBar(props: {
  nChanges: number;
  faulty: readonly Field[];
  error: unknown;
  isBusy: boolean;
  onDiscard: () => void;
  onSave: () => void;
}) {
  const { nChanges, faulty, error, isBusy, onDiscard, onSave } = props;
  const t = useT();
  return (
    <div className={styles["bar"]} role="region" aria-label={t("settings.unsaved")}>
      {error !== null && <Problem error={error} />}
      <div className={styles["row"]}>
        <span role="status">
          {faulty.length === 0
            ? t("settings.nChanges", { count: nChanges })
            : t("settings.mendFirst", {
                fields: faulty.map((it) => t(`settings.${it}`)).join(", "),
              })}
        </span>
        <Button look="quiet" onClick={onDiscard}>
          {t("settings.discard")}
        </Button>
        <Button look="main" isBusy={isBusy} disabled={0 < faulty.length} onClick={onSave}>
          {t("settings.save")}
        </Button>
      </div>
    </div>
  );
}

type Found = Readonly<{ theirs: Versioned<Project>; merged: ReturnType<typeof merge> }>;

/** Saves; where the settings were changed meanwhile, merges and saves again, or asks. */
function useSave(id: string, edit: Edit | null, setEdit: (edit: Edit | null) => void) {
  const t = useT();
  const notify = useNotify();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [conflict, setConflict] = useState<Found | null>(null);

  const send = async (etag: string, changes: Partial<Settings>) => {
    const saved = await api.changeSettings(id, etag, changes);
    client.setQueryData(names.project(id), saved);
    void client.invalidateQueries({ queryKey: names.projects });
    void client.invalidateQueries({ queryKey: names.plan(id), exact: true });
    setEdit(null);
    notify(t("settings.saved"), { tone: "good" });
  };
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  const bringTogether = async ({ base, draft }: Edit) => {
    const theirs = await api.project(id);
    const merged = merge(base.value.settings, draft, theirs.value.settings);
    if (0 < merged.conflicts.length) return setConflict({ theirs, merged });
    await send(theirs.etag, changed(theirs.value.settings, merged.settings));
  };

  return {
    isBusy,
    error,
    conflict,
    forget: () => {
      setError(null);
      setConflict(null);
    },
    save: (changes: Partial<Settings>) =>
      attempt(async () => {
        if (edit === null) return;
        try {
          await send(edit.base.etag, changes);
        } catch (refused) {
          if (!(refused instanceof ApiError) || refused.code !== "stale") throw refused;
          await bringTogether(edit);
        }
      }),
    choose: (keep: ReadonlySet<Field>) =>
      attempt(async () => {
        if (conflict === null) return;
        const { theirs, merged } = conflict;
        const chosen = resolved(merged, theirs.value.settings, keep);
        setConflict(null);
        setEdit({ base: theirs, draft: chosen });
        const changes = changed(theirs.value.settings, chosen);
        if (Object.keys(changes).length === 0) return setEdit(null);
        await send(theirs.etag, changes);
      }),
  };
}

/** Asks before the tab is closed over changes that are not saved. */
function useLeaveWarning(isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return;
    const onLeave = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", onLeave);
    return () => window.removeEventListener("beforeunload", onLeave);
  }, [isOn]);
}
