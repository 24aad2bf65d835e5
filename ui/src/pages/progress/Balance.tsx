// How many items of each class there are, and who said so: people, the data that
// came with them, the machine with a certificate, or a prediction only.

import type { Class, Plan } from "../../api.types";
import { useT } from "../../i18n";
import { ClassTag } from "../../parts/ClassTag";
import { Meter } from "../../parts/Meter";
import styles from "./Balance.module.css";

const STRONG = "color-mix(in srgb, var(--accent) 78%, transparent)";
const FADED = "color-mix(in srgb, var(--accent) 55%, transparent)";
const FAINT = "color-mix(in srgb, var(--accent) 24%, transparent)";

type OfClass = Plan["balance"][number];
type Part = Readonly<{ name: string; colour: string; count: (it: OfClass) => number }>;

export function Balance(props: { balance: Plan["balance"]; classes: readonly Class[] }) {
  const { balance, classes } = props;
  const t = useT();
  const hasImported = balance.some((it) => 0 < it.n_imported);
  const imported: Part = {
    name: t("common.origin_imported"),
    colour: STRONG,
    count: (it) => it.n_imported,
  };
  const parts: readonly Part[] = [
    { name: t("common.origin_person"), colour: "var(--accent)", count: (it) => it.n_person },
    ...(hasImported ? [imported] : []),
    { name: t("common.origin_auto"), colour: FADED, count: (it) => it.n_auto },
    { name: t("common.origin_predicted"), colour: FAINT, count: (it) => it.n_predicted },
  ];
  const total = (it: OfClass) => parts.reduce((sum, { count }) => sum + count(it), 0);
  const most = balance.reduce((max, it) => Math.max(max, total(it)), 1);
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
              return (
                of && (
                  <tr key={it.class}>
                    <th scope="row">
                      <ClassTag of={of} />
                    </th>
                    <td className={styles["bar"]}>
                      <Meter
                        parts={parts.map(({ colour, count }) => ({
                          share: count(it) / most,
                          colour,
                        }))}
                      />
                    </td>
                    <td className={styles["numbers"]}>
                      {parts.map(({ count }) => t.number(count(it))).join(" · ")}
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
