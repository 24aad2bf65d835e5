// A token with which a program acts as the caller. It is shown once, here, and nowhere again.

import { useState } from "react";

import { api } from "../../api";
import { useT } from "../../i18n";
import { Button, IconButton } from "../../parts/Button";
import { Problem } from "../../parts/Problem";
import { useNotify } from "../../parts/Toast";
import styles from "./People.module.css";

export function Token() {
  const t = useT();
  const notify = useNotify();
  const [token, setToken] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const make = async () => {
    setError(null);
    try {
      setToken((await api.newToken()).token);
    } catch (refused) {
      setError(refused);
    }
  };
  // Pages that came over plain HTTP from another machine have no clipboard.
  const copy = (text: string) =>
    void navigator.clipboard.writeText(text).then(
      () => notify(t("settings.copied"), { tone: "good" }),
      () => notify(t("settings.cannotCopy"), { tone: "bad" }),
    );
  return (
    <div className={styles["token"]}>
      <div>
        <h3>{t("settings.token")}</h3>
        <p className={styles["note"]}>{t("settings.tokenNote")}</p>
      </div>
      {token === null ? (
        <Button icon="key" onClick={() => void make()}>
          {t("settings.newToken")}
        </Button>
      ) : (
        <div className={styles["shown"]} role="status">
          <code>{token}</code>
          {"clipboard" in navigator && (
            <IconButton icon="copy" label={t("settings.copy")} onClick={() => copy(token)} />
          )}
          <span className={styles["note"]}>{t("settings.tokenOnce")}</span>
        </div>
      )}
      {error !== null && <Problem error={error} />}
    </div>
  );
}
