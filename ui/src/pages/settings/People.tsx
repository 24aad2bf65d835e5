// Who may work here: accounts with their roles, and a token for programs. The
// server keeps passwords; this page forgets them when they are sent.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api } from "../../api";
import type { Role, User } from "../../api.types";
import { names, useSession } from "../../app/queries";
import { useT } from "../../i18n";
import { Badge } from "../../parts/Badge";
import { Button, IconButton } from "../../parts/Button";
import { Card } from "../../parts/Card";
import { Dialog } from "../../parts/Dialog";
import { SelectField, TextField } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { Skeleton } from "../../parts/Skeleton";
import styles from "./People.module.css";
import { Token } from "./Token";

const ROLES: readonly Role[] = ["annotator", "reviewer", "owner"];

export function People() {
  const t = useT();
  const me = useSession().data;
  const users = useQuery({ queryKey: names.users, queryFn: api.users });
  const [opened, open] = useState<"add" | User | null>(null);
  return (
    <Card
      title={t("settings.people")}
      action={
        <Button icon="plus" onClick={() => open("add")}>
          {t("settings.addPerson")}
        </Button>
      }
    >
      {users.isPending && <Skeleton height={80} />}
      {users.isError && <Problem error={users.error} onRetry={() => void users.refetch()} />}
      {me?.is_login_required === false && (
        <p className={styles["note"]}>{t("settings.aloneNote")}</p>
      )}
      <ul className={styles["list"]}>
        {users.data?.map((it) => (
          <li key={it.name} className={styles["person"]}>
            <span className={styles["face"]} aria-hidden="true">
              {[...it.name][0]?.toUpperCase()}
            </span>
            <span className={styles["name"]}>
              <strong>{it.name}</strong>
              <span>{t("settings.since", { date: t.date(it.created_at) })}</span>
            </span>
            <Badge tone={it.role === "owner" ? "accent" : "plain"}>
              {t(`settings.role_${it.role}`)}
            </Badge>
            <IconButton
              icon="trash"
              label={t("settings.removePerson", { name: it.name })}
              disabled={it.name === me?.user?.name}
              onClick={() => open(it)}
            />
          </li>
        ))}
      </ul>
      <Token />
      {opened === "add" && <Adding onClose={() => open(null)} />}
      {opened !== null && opened !== "add" && <Removing user={opened} onClose={() => open(null)} />}
    </Card>
  );
}

/** Runs a request of a dialog, shows what went wrong in it, and closes it after. */
function useRequest(onDone: () => void) {
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = async (request: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await request();
      await client.invalidateQueries({ queryKey: names.users });
      await client.invalidateQueries({ queryKey: names.session });
      onDone();
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };
  return { isBusy, error, run };
}

function Adding({ onClose }: { onClose: () => void }) {
  const t = useT();
  const request = useRequest(onClose);
  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const role = ROLES.find((it) => it === form.get("role")) ?? "annotator";
    const name = String(form.get("name")).trim();
    void request.run(() => api.addUser({ name, password: String(form.get("password")), role }));
  };
  return (
    <Dialog title={t("settings.addPerson")} onClose={onClose}>
      <form className={styles["form"]} onSubmit={add}>
        <TextField label={t("app.name")} name="name" required autoComplete="off" autoFocus />
        <TextField
          label={t("app.password")}
          hint={t("settings.passwordHint")}
          name="password"
          type="password"
          required
          minLength={8}
          autoComplete="new-password"
        />
        <SelectField label={t("settings.role")} name="role" defaultValue="annotator">
          {ROLES.map((it) => (
            <option key={it} value={it}>
              {t(`settings.may_${it}`)}
            </option>
          ))}
        </SelectField>
        {request.error !== null && <Problem error={request.error} />}
        <Button look="main" type="submit" isBusy={request.isBusy}>
          {t("settings.addPerson")}
        </Button>
      </form>
    </Dialog>
  );
}

function Removing({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useT();
  const request = useRequest(onClose);
  return (
    <Dialog
      title={t("settings.removePerson", { name: user.name })}
      onClose={onClose}
      actions={
        <>
          <Button look="quiet" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button
            look="danger"
            isBusy={request.isBusy}
            onClick={() => void request.run(() => api.removeUser(user.name))}
          >
            {t("settings.remove")}
          </Button>
        </>
      }
    >
      <div className={styles["form"]}>
        <p>{t("settings.removePersonText")}</p>
        {request.error !== null && <Problem error={request.error} />}
      </div>
    </Dialog>
  );
}
