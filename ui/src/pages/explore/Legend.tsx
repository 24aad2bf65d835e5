// What the colours of the map mean; a name is also a filter.

import type { Project } from "../../api.types";
import { useT } from "../../i18n";
import { Swatch } from "../../parts/ClassTag";
import { ORIGINS, type Filter } from "../../state/explore";
import type { Colouring } from "../../state/mapColours";
import styles from "./Legend.module.css";

export const ORIGIN_TOKENS = [
  "map-none",
  "map-person",
  "map-auto",
  "map-imported",
  "map-predicted",
] as const;

type Props = {
  project: Project;
  colouring: Colouring;
  filter: Filter;
  onChange: (part: Partial<Filter>) => void;
};

export function Legend(props: Props) {
  const { project, colouring, filter, onChange } = props;
  const t = useT();
  if (colouring === "confidence") {
    return (
      <div className={styles["scale"]}>
        <span>{t.percent(0)}</span>
        <span className={styles["ramp"]} aria-hidden="true" />
        <span>{t.percent(1)}</span>
      </div>
    );
  }
  const entries =
    colouring === "label"
      ? project.settings.classes.map((it, position) => ({
          name: it.name,
          colour: it.colour,
          isOn: filter.class === position,
          toggle: () => onChange({ class: filter.class === position ? "any" : position }),
        }))
      : ORIGINS.map((origin, i) => {
          const isOn = filter.origins.includes(origin);
          return {
            name: t(`common.origin_${origin}`),
            colour: `var(--${ORIGIN_TOKENS[i] ?? "map-none"})`,
            isOn,
            toggle: () => {
              const others = filter.origins.filter((it) => it !== origin);
              onChange({ origins: isOn ? others : [...others, origin] });
            },
          };
        });
  return (
    <ul className={styles["legend"]} aria-label={t("explore.legend")}>
      {entries.map((it) => (
        <li key={it.name}>
          <button
            type="button"
            className={styles["entry"]}
            aria-pressed={it.isOn}
            onClick={it.toggle}
          >
            <Swatch colour={it.colour} />
            <span dir="auto">{it.name}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
