// Side by side: each class in question, who is for it, and the key that settles for it.

import type { Class, ReviewItem } from "../../api.types";
import { useT } from "../../i18n";
import { hintOf, shown } from "../../keys";
import { Badge } from "../../parts/Badge";
import { Swatch } from "../../parts/ClassTag";
import { Icon } from "../../parts/Icon";
import { KeyHint } from "../../parts/KeyHint";
import { Meter } from "../../parts/Meter";
import type { Side } from "../../state/review";
import styles from "./Sides.module.css";

export function Sides(props: {
  item: ReviewItem;
  sides: readonly Side[];
  classes: readonly Class[];
  /** The class as it stands: settling for it dismisses the doubt. */
  kept: number | null;
  settledAs: number | null;
  onSettle: (position: number) => void;
}) {
  const { item, sides, classes, kept, settledAs, onSettle } = props;
  const t = useT();
  const isNew = settledAs !== null && sides.every((it) => it.class !== settledAs);
  return (
    <>
      <ul className={styles["sides"]}>
        {sides.map((side, i) => (
          <li key={side.class}>
            <One
              side={side}
              of={classes[side.class]}
              hint={side.class === kept ? hintOf("dismiss") : shown(`Shift+${i + 1}`)}
              isKept={side.class === kept}
              isChosen={side.class === settledAs}
              onSettle={() => onSettle(side.class)}
            />
          </li>
        ))}
      </ul>
      {isNew && (
        <p className={styles["note"]}>
          <Icon name="check" size={18} />
          {t("review.settledAs", { name: classes[settledAs]?.name ?? "" })}
        </p>
      )}
      {item.prediction === null && <p className={styles["note"]}>{t("review.noPrediction")}</p>}
    </>
  );
}

function One(props: {
  side: Side;
  of: Class | undefined;
  hint: string;
  isKept: boolean;
  isChosen: boolean;
  onSettle: () => void;
}) {
  const { side, of, hint, isKept, isChosen, onSettle } = props;
  const t = useT();
  if (of === undefined) return null;
  return (
    <button type="button" className={styles["side"]} aria-pressed={isChosen} onClick={onSettle}>
      <span className={styles["class"]}>
        <Swatch colour={of.colour} />
        <span className={styles["name"]} dir="auto">
          {of.name}
        </span>
        {isKept && <Badge>{t("review.asItStands")}</Badge>}
        {isChosen ? <Icon name="check" /> : <KeyHint keys={hint} />}
      </span>
      {side.said.map((it) => (
        <span key={it.id} className={styles["voice"]}>
          <Icon name="user" size={16} />
          <span>
            <strong>{it.annotator}</strong> {t(`common.purpose_${it.purpose}`)}
          </span>
          <span className={styles["faint"]}>{t.ago(it.answered_at)}</span>
        </span>
      ))}
      {side.model && (
        <span className={styles["voice"]}>
          <Icon name="sparkle" size={16} />
          <span className={styles["sure"]}>
            <span>
              <strong>{t("common.model")}</strong>{" "}
              {t("review.sure", { share: t.percent(side.model.confidence) })}
            </span>
            <Meter parts={[{ share: side.model.confidence }]} />
          </span>
        </span>
      )}
    </button>
  );
}
