// Name and password, where the server has accounts.

import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api } from "../api";
import { useT } from "../i18n";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import { Problem } from "../parts/Problem";
import { AppearanceMenu } from "./AppearanceMenu";
import styles from "./Login.module.css";
import { names } from "./queries";

export function Login() {
  const t = useT();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const logIn = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    try {
      const session = await api.logIn(String(form.get("name")), String(form.get("password")));
      // Whatever an earlier user was told goes; the session stays, since it is being watched.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== names.session[0] });
      client.setQueryData(names.session, session);
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };

  return (
    <main className={styles["screen"]}>
      <div className={styles["corner"]}>
        <AppearanceMenu />
      </div>
      <form className={styles["card"]} onSubmit={(event) => void logIn(event)}>
        <img src="/icon.svg" alt="" width={44} height={44} />
        <h1>{t("app.loginTitle")}</h1>
        <p className={styles["intro"]}>{t("app.loginIntro")}</p>
        <TextField label={t("app.name")} name="name" autoComplete="username" required />
        <TextField
          label={t("app.password")}
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
        {error !== null && <Problem error={error} />}
        <Button look="main" type="submit" isBusy={isBusy} isWide>
          {t("app.logIn")}
        </Button>
      </form>
    </main>
  );
}
