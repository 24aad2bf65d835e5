// The figures of the page Progress: what is left to do, errors against what is
// allowed, the pace, and how much the labels tell.

import type { Goal, Plan, Project } from "../../api.types";
import { useT, type Translator } from "../../i18n";
import { ButtonLink } from "../../parts/ButtonLink";
import { Icon } from "../../parts/Icon";
import { Figure } from "../../parts/Stat";
import { minutesLeft, secondsEach } from "../../state/plan";
import styles from "./Figures.module.css";

/** "12 min", "1.5 hr": as one plans a day. */
const timeText = (minutes: number, t: Translator): string =>
  t.number(minutes < 90 ? Math.max(1, minutes) : minutes / 60, {
    style: "unit",
    unit: minutes < 90 ? "minute" : "hour",
    unitDisplay: "long",
    maximumFractionDigits: minutes < 90 ? 0 : 1,
  });

export function Forecast({ plan, goal }: { plan: Plan; goal: Goal }) {
  const t = useT();
  const { forecast, n_items, n_answered } = plan;
  const minutes = minutesLeft(plan);
  const aim = t("progress.aim", {
    count: n_items,
    error: t.percent(goal.max_error, 1),
    confidence: t.percent(goal.confidence, 1),
  });
  return (
    <section className={styles["forecast"]} aria-live="polite">
      <Icon name="sparkle" size={28} />
      <div>
        {forecast === null ? (
          <p className={styles["headline"]}>{t("progress.noForecast")}</p>
        ) : (
          <p className={styles["headline"]}>
            {t("progress.forecast", { count: Math.ceil(forecast.answers) })}
            {minutes !== null && t("progress.forecastTime", { time: timeText(minutes, t) })}
          </p>
        )}
        <p>
          {t.inARow(
            aim,
            forecast !== null &&
              t("progress.forecastRange", {
                low: Math.floor(forecast.low),
                high: Math.ceil(forecast.high),
              }),
            t("progress.soFar", { count: n_answered }),
          )}
        </p>
      </div>
    </section>
  );
}

/** What stands in the place of the forecast when there is no more to forecast. */
export function Certified({ project }: { project: Project }) {
  const t = useT();
  const { max_error, confidence } = project.goal;
  return (
    <section className={styles["forecast"]}>
      <Icon name="check" size={28} />
      <div>
        <p className={styles["headline"]}>{t("progress.certified", { count: project.n_items })}</p>
        <p>
          {t("progress.certifiedText", {
            error: t.percent(max_error, 1),
            confidence: t.percent(confidence, 1),
          })}
        </p>
      </div>
      <ButtonLink href={`/p/${project.id}/audit`}>{t("progress.readCertificate")}</ButtonLink>
    </section>
  );
}

export function Errors({ plan }: { plan: Plan }) {
  const t = useT();
  const { expected_errors, allowed_errors } = plan;
  if (expected_errors === null) {
    return (
      <Figure
        label={t("progress.errors")}
        value="–"
        note={t("progress.errorsUnknown", { allowed: t.number(Math.floor(allowed_errors)) })}
      />
    );
  }
  const expected = Math.round(expected_errors);
  const isGood = expected_errors <= allowed_errors;
  const most = Math.max(1, expected_errors, allowed_errors) * 1.08;
  return (
    <div className={styles["errors"]}>
      <Figure label={t("progress.errors")} value={t.number(expected)} />
      <div className={styles["scale"]} aria-hidden="true">
        <span
          className={isGood ? styles["good"] : styles["bad"]}
          style={{ width: `${(100 * expected_errors) / most}%` }}
        />
        <i style={{ left: `${(100 * allowed_errors) / most}%` }} />
      </div>
      <p className={styles["note"]}>
        {t(isGood ? "progress.errorsGood" : "progress.errorsBad", {
          allowed: Math.floor(allowed_errors),
        })}
      </p>
    </div>
  );
}

export function Pace({ plan, nSure }: { plan: Plan; nSure: number }) {
  const t = useT();
  const { answers_per_minute, n_today } = plan.pace;
  const seconds = secondsEach(plan);
  const notes = [
    seconds === null ? "" : t("progress.secondsEach", { seconds: t.number(seconds, ONE_DIGIT) }),
    t("progress.today", { count: n_today }),
    nSure === 0 ? "" : t("progress.nSure", { count: nSure }),
  ];
  return (
    <Figure
      label={t("progress.pace")}
      value={
        answers_per_minute === null
          ? "–"
          : t("progress.perMinute", { rate: t.number(answers_per_minute, ONE_DIGIT) })
      }
      note={notes.filter((it) => it !== "").join(" · ")}
    />
  );
}

const ONE_DIGIT = { maximumFractionDigits: 1 };

export function Information({ plan, nClasses }: { plan: Plan; nClasses: number }) {
  const t = useT();
  const { entropy_bits, mutual_information_bits } = plan;
  const bits = (value: number | null) =>
    value === null ? "–" : t("progress.bits", { bits: t.number(value) });
  const most = Math.log2(Math.max(2, nClasses));
  return (
    <div className={styles["pair"]}>
      <Figure
        label={t("progress.entropy")}
        value={bits(entropy_bits)}
        note={t("progress.entropyNote", { most: t.number(most) })}
      />
      <Figure
        label={t("progress.mutual")}
        value={bits(mutual_information_bits)}
        note={
          mutual_information_bits === null || !entropy_bits
            ? t("common.notEnoughData")
            : t("progress.mutualNote", {
                share: t.percent(mutual_information_bits / entropy_bits),
              })
        }
      />
    </div>
  );
}
