// The `?` overlay: every key there is, drawn from the one table.

import type { Class } from "../api.types";
import { useT } from "../i18n";
import { BINDINGS, shown, type Scope } from "../keys";
import { Dialog } from "../parts/Dialog";
import { KeyHint } from "../parts/KeyHint";
import { Swatch } from "../parts/ClassTag";
import styles from "./KeyHelp.module.css";

const SCOPES: readonly Scope[] = ["answer", "image", "grid", "review", "explore", "everywhere"];

export function KeyHelp({
  classes = [],
  onClose,
}: {
  classes?: readonly Class[];
  onClose: () => void;
}) {
  const t = useT();
  const keyed = classes.filter((it) => it.key !== "");
  return (
    <Dialog title={t("app.help")} onClose={onClose} isWide>
      <div className={styles["columns"]}>
        {keyed.length > 0 && (
          <section className={styles["scope"]}>
            <h3>{t("keys.classes")}</h3>
            <dl>
              {keyed.map((it) => (
                <div key={it.key} className={styles["row"]}>
                  <dt className={styles["class"]}>
                    <Swatch colour={it.colour} />
                    <span>{it.name}</span>
                  </dt>
                  <dd>
                    <KeyHint keys={it.key.toUpperCase()} />
                    <span className="visually-hidden">{it.key}</span>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        )}
        {SCOPES.map((scope) => (
          <section key={scope} className={styles["scope"]}>
            <h3>{t(`keys.scope_${scope}`)}</h3>
            <dl>
              {BINDINGS.filter((it) => it.scope === scope).map(({ action, chords }) => (
                <div key={action} className={styles["row"]}>
                  <dt>{t(`keys.${action}`)}</dt>
                  <dd>
                    {chords.map((chord) => (
                      <span key={chord}>
                        <KeyHint keys={shown(chord)} />
                        <span className="visually-hidden">{chord}</span>
                      </span>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
