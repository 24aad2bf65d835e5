// How well people agree beyond chance, pair by pair, with intervals.

import type { Plan } from "../../api.types";
import { useT } from "../../i18n";
import { Tooltip } from "../../parts/Tooltip";
import styles from "./Agreement.module.css";

export function Agreement(props: { agreement: Plan["agreement"]; overlap: number }) {
  const { agreement, overlap } = props;
  const t = useT();
  if (agreement.length === 0) {
    return (
      <p className={styles["note"]}>
        {t(overlap < 2 ? "progress.agreementNoOverlap" : "progress.agreementEmpty")}
      </p>
    );
  }
  return (
    <table className={styles["table"]}>
      <thead>
        <tr>
          <th scope="col">{t("progress.people")}</th>
          <th scope="col">{t("progress.both")}</th>
          <th scope="col">
            <Tooltip text={t("progress.kappaTip")}>{t("progress.kappa")}</Tooltip>
          </th>
        </tr>
      </thead>
      <tbody>
        {agreement.map(({ first, second, n, kappa }) => (
          <tr key={`${first} ${second}`}>
            <th scope="row">{t("progress.pair", { first, second })}</th>
            <td>{t.number(n)}</td>
            <td>
              {kappa === null ? (
                <span className={styles["note"]}>{t("common.notEnoughData")}</span>
              ) : (
                <>
                  <strong>{t.number(kappa.value)}</strong>{" "}
                  <span className={styles["note"]}>
                    {t("progress.from_to", {
                      low: t.number(kappa.low),
                      high: t.number(kappa.high),
                    })}
                  </span>
                </>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
