// The classes to answer with: their keys, how likely the model finds them, and
// a search field where there are many. Answers nothing itself; it calls `onChoose`.

import { useRef, useState, type KeyboardEvent } from "react";

import type { Class, Ranked } from "../api.types";
import { useT } from "../i18n";
import { hintOf, type Action } from "../keys";
import { Swatch } from "../parts/ClassTag";
import { Icon } from "../parts/Icon";
import { KeyHint } from "../parts/KeyHint";
import { matching } from "../state/classes";
import styles from "./ClassList.module.css";

/** From so many classes on there is a search field and a list of likely ones. */
const MANY = 12;
const LIKELY_KEYS: readonly Action[] = ["likely1", "likely2", "likely3", "likely4", "likely5"];
export const FILTER_ID = "class-filter";

export function ClassList(props: {
  classes: readonly Class[];
  ranked: readonly Ranked[];
  standing: number | null | undefined;
  onChoose: (position: number) => void;
  onAccept: () => void;
}) {
  const { classes, ranked, standing, onChoose, onAccept } = props;
  const t = useT();
  const [query, setQuery] = useState("");
  const isMany = classes.length > MANY;
  const shown = matching(classes, query);
  const choose = (position: number) => {
    setQuery("");
    onChoose(position);
  };
  const row = (position: number, hint: string) => (
    <ClassButton
      key={position}
      of={classes[position]}
      hint={hint}
      confidence={ranked.find((it) => it.class === position)?.confidence}
      isStanding={standing === position}
      onClick={() => choose(position)}
    />
  );
  return (
    <div className={styles["classes"]} data-tour="classes">
      {isMany && (
        <Filter
          query={query}
          classes={classes}
          shown={shown}
          onQuery={setQuery}
          onChoose={choose}
          onAccept={onAccept}
        />
      )}
      {isMany && query === "" && ranked.length > 0 && (
        <>
          <h3 className={styles["heading"]}>{t("label.likely")}</h3>
          <ul className={styles["list"]}>
            {ranked.slice(0, LIKELY_KEYS.length).map((it, i) => {
              const action = LIKELY_KEYS[i];
              return <li key={it.class}>{row(it.class, action ? hintOf(action) : "")}</li>;
            })}
          </ul>
          <h3 className={styles["heading"]}>{t("label.allClasses", { count: classes.length })}</h3>
        </>
      )}
      <ul className={`${styles["list"]} ${isMany ? styles["many"] : ""}`}>
        {shown.map((position) => (
          <li key={position}>{row(position, classes[position]?.key.toUpperCase() ?? "")}</li>
        ))}
      </ul>
      {shown.length === 0 && <p className={styles["none"]}>{t("label.noClassFound", { query })}</p>}
    </div>
  );
}

function ClassButton(props: {
  of: Class | undefined;
  hint: string;
  confidence: number | undefined;
  isStanding: boolean;
  onClick: () => void;
}) {
  const { of, hint, confidence, isStanding, onClick } = props;
  const t = useT();
  if (of === undefined) return null;
  return (
    <button
      type="button"
      className={styles["class"]}
      aria-pressed={isStanding}
      onClick={onClick}
      title={of.name}
    >
      {confidence !== undefined && (
        <span className={styles["bar"]} style={{ width: `${100 * confidence}%` }} />
      )}
      <Swatch colour={of.colour} />
      <span className={styles["name"]} dir="auto">
        {of.name}
      </span>
      {confidence !== undefined && <span className={styles["share"]}>{t.percent(confidence)}</span>}
      {isStanding && <Icon name="check" size={16} />}
      {hint !== "" && <KeyHint keys={hint} />}
    </button>
  );
}

function Filter(props: {
  query: string;
  classes: readonly Class[];
  shown: readonly number[];
  onQuery: (query: string) => void;
  onChoose: (position: number) => void;
  onAccept: () => void;
}) {
  const { query, classes, shown, onQuery, onChoose, onAccept } = props;
  const t = useT();
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const chosen = query === "" ? undefined : shown[Math.min(at, shown.length - 1)];
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    switch (event.key) {
      case "ArrowDown":
        setAt(Math.min(at + 1, shown.length - 1));
        break;
      case "ArrowUp":
        setAt(Math.max(at - 1, 0));
        break;
      case "Enter":
        if (chosen !== undefined) onChoose(chosen);
        else if (query === "") onAccept();
        break;
      case "Escape":
        onQuery("");
        input.current?.blur();
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  return (
    <div className={styles["filter"]}>
      <Icon name="search" size={18} />
      <input
        ref={input}
        id={FILTER_ID}
        type="text"
        autoComplete="off"
        spellCheck={false}
        aria-label={t("label.findClass")}
        placeholder={t("label.findClass")}
        value={query}
        onChange={(event) => {
          setAt(0);
          onQuery(event.target.value);
        }}
        onKeyDown={onKeyDown}
      />
      {query === "" && <KeyHint keys={hintOf("filterClasses")} />}
      {chosen !== undefined && (
        <span className={styles["chosen"]} aria-live="polite">
          {classes[chosen]?.name} <KeyHint keys={hintOf("accept")} />
        </span>
      )}
    </div>
  );
}
