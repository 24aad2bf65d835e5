// How many items of each class there are, and who said so: people, the machine
// with a certificate, or a prediction only.

import type { Class, Plan } from "../../api.types";
import { useT } from "../../i18n";
import { ClassTag } from "../../parts/ClassTag";
import { Meter } from "../../parts/Meter";
import styles from "./Balance.module.css";

const FADED = "color-mix(in srgb, var(--accent) 55%, transparent)";
const FAINT = "color-mix(in srgb, var(--accent) 24%, transparent)";

export function Balance(props: { balance: Plan["balance"]; classes: readonly Class[] }) {
  const { balance, classes } = props;
  const t = useT();
  const total = (it: Plan["balance"][number]) => it.n_person + it.n_auto + it.n_predicted;
  const most = balance.reduce((max, it) => Math.max(max, total(it)), 1);
  const parts = [
    { name: t("common.origin_person"), colour: "var(--accent)" },
    { name: t("common.origin_auto"), colour: FADED },
    { name: t("common.origin_predicted"), colour: FAINT },
  ];
  return (
    <>
      <ul className={styles["legend"]} aria-hidden="true">
        {parts.map(({ name, colour }) => (
          <li key={name}>
            <i style={{ background: colour }} />
            {name}
          </li>
        ))}
      </ul>
      <div
        className={styles["scroll"]}
        tabIndex={0}
        role="region"
        aria-label={t("progress.balance")}
      >
        <table className={styles["table"]}>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">{t("progress.class")}</th>
              <th scope="col">{parts.map(({ name }) => name).join(", ")}</th>
            </tr>
          </thead>
          <tbody>
            {balance.map((it) => {
              const of = classes[it.class];
              const shares = [it.n_person, it.n_auto, it.n_predicted].map((n) => n / most);
              return (
                of && (
                  <tr key={it.class}>
                    <th scope="row">
                      <ClassTag of={of} />
                    </th>
                    <td className={styles["bar"]}>
                      <Meter
                        parts={shares.map((share, i) => ({
                          share,
                          colour: parts[i]?.colour ?? FAINT,
                        }))}
                      />
                    </td>
                    <td className={styles["numbers"]}>
                      {[it.n_person, it.n_auto, it.n_predicted].map((n) => t.number(n)).join(" · ")}
                    </td>
                  </tr>
                )
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
