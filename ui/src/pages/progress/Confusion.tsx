// What is taken for what. A few classes are shown as a table; of many, only
// the pairs that are confused most, since nobody reads 77 × 77 cells.

import type { Class } from "../../api.types";
import { useT } from "../../i18n";
import { ClassTag } from "../../parts/ClassTag";
import styles from "./Confusion.module.css";

const MOST_CLASSES = 12;
const MOST_PAIRS = 8;

type Props = { confusion: readonly (readonly number[])[]; classes: readonly Class[] };

export function Confusion({ confusion, classes }: Props) {
  const t = useT();
  if (confusion.length === 0) return null;
  return (
    <section className={styles["section"]}>
      <h3>{t("progress.confusion")}</h3>
      {classes.length <= MOST_CLASSES ? (
        <Matrix confusion={confusion} classes={classes} />
      ) : (
        <Pairs confusion={confusion} classes={classes} />
      )}
    </section>
  );
}

function Matrix({ confusion, classes }: Props) {
  const t = useT();
  return (
    <div
      className={styles["scroll"]}
      tabIndex={0}
      role="region"
      aria-label={t("progress.confusion")}
    >
      <table className={styles["matrix"]}>
        <thead>
          <tr>
            <th scope="col" className={styles["corner"]}>
              {t("progress.confusionAxes")}
            </th>
            {classes.map((it) => (
              <th key={it.name} scope="col">
                <ClassTag of={it} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {confusion.map((row, i) => {
            const of = classes[i];
            const sum = row.reduce((a, b) => a + b, 0);
            return (
              of && (
                <tr key={of.name}>
                  <th scope="row">
                    <ClassTag of={of} />
                  </th>
                  {row.map((n, j) => (
                    <td
                      key={j}
                      style={{
                        background: `color-mix(in srgb, var(${i === j ? "--good" : "--bad"}) ${Math.round((34 * n) / Math.max(1, sum))}%, transparent)`,
                      }}
                    >
                      {n === 0 ? <span className={styles["zero"]}>0</span> : t.number(n)}
                    </td>
                  ))}
                </tr>
              )
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Pairs({ confusion, classes }: Props) {
  const t = useT();
  const pairs = confusion
    .flatMap((row, i) => row.map((n, j) => ({ n, truth: classes[i], label: classes[j], i, j })))
    .filter(({ n, i, j }) => i !== j && 0 < n)
    .sort((a, b) => b.n - a.n)
    .slice(0, MOST_PAIRS);
  if (pairs.length === 0) return <p>{t("progress.noConfusion")}</p>;
  return (
    <ul className={styles["pairs"]}>
      {pairs.map(
        ({ n, truth, label }) =>
          truth &&
          label && (
            <li key={`${truth.name} ${label.name}`}>
              <ClassTag of={truth} />
              <span>{t("progress.takenFor")}</span>
              <ClassTag of={label} />
              <strong>{t("progress.times", { count: n })}</strong>
            </li>
          ),
      )}
    </ul>
  );
}
