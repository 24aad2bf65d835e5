// Deleting a project, which nobody does by mistake: its name has to be typed.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";

import { api } from "../../api";
import type { Project } from "../../api.types";
import { names } from "../../app/queries";
import { useT } from "../../i18n";
import { Button } from "../../parts/Button";
import { Card } from "../../parts/Card";
import { Dialog } from "../../parts/Dialog";
import { TextField } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { titleOf } from "../../state/project";
import styles from "./Danger.module.css";

export function Danger({ project }: { project: Project }) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  return (
    <Card title={t("settings.delete")}>
      <div className={styles["row"]}>
        <p>{t("settings.deleteText", { items: project.n_items, answers: project.n_answered })}</p>
        <Button look="danger" icon="trash" onClick={() => setOpen(true)}>
          {t("settings.delete")}
        </Button>
      </div>
      {isOpen && <Deleting project={project} onClose={() => setOpen(false)} />}
    </Card>
  );
}

function Deleting({ project, onClose }: { project: Project; onClose: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const [, go] = useLocation();
  const [typed, setTyped] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const remove = async () => {
    setBusy(true);
    try {
      await api.removeProject(project.id, project.name);
      go("/");
      client.removeQueries({ queryKey: names.project(project.id) });
      await client.invalidateQueries({ queryKey: names.projects });
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t("settings.deleteTitle", { name: titleOf(project) })}
      onClose={onClose}
      actions={
        <>
          <Button look="quiet" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button
            look="danger"
            isBusy={isBusy}
            disabled={typed !== titleOf(project)}
            onClick={() => void remove()}
          >
            {t("settings.deleteForever")}
          </Button>
        </>
      }
    >
      <div className={styles["body"]}>
        <p>{t("settings.deleteText", { items: project.n_items, answers: project.n_answered })}</p>
        <TextField
          label={t("settings.typeName", { name: project.name })}
          value={typed}
          autoFocus
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
        {error !== null && <Problem error={error} />}
      </div>
    </Dialog>
  );
}
