// Choosing one class: by its key, by a part of its name, or with the pointer.

import { useState, type KeyboardEvent } from "react";

import type { Class } from "../api.types";
import { useT } from "../i18n";
import { chordOf, classOf } from "../keys";
import { matching } from "../state/classes";
import styles from "./ClassDialog.module.css";
import { Swatch } from "./ClassTag";
import { Dialog } from "./Dialog";
import { TextField } from "./Field";
import { KeyHint } from "./KeyHint";

/** Above so many classes, they are found by typing. */
const MOST_SHOWN = 12;

export function ClassDialog(props: {
  title: string;
  classes: readonly Class[];
  onPick: (position: number) => void;
  onClose: () => void;
}) {
  const { title, classes, onPick, onClose } = props;
  const t = useT();
  const [query, setQuery] = useState("");
  const found = matching(classes, query);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const isTyped = event.target instanceof HTMLInputElement;
    const first = found[0];
    if (isTyped && event.key === "Enter" && first !== undefined) {
      event.preventDefault();
      onPick(first);
    }
    const position = isTyped ? undefined : classOf(chordOf(event.nativeEvent), classes);
    if (position !== undefined) {
      event.preventDefault();
      onPick(position);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {/* Holds the focus at first: keys answer, and Enter alone answers nothing. */}
      <div
        className={styles["body"]}
        onKeyDown={onKeyDown}
        role="group"
        aria-label={title}
        tabIndex={-1}
        data-focus-first={MOST_SHOWN < classes.length ? undefined : ""}
      >
        {MOST_SHOWN < classes.length && (
          <TextField
            label={t("common.findClass")}
            type="search"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
        )}
        <ul className={styles["list"]}>
          {found.map((position) => {
            const it = classes[position];
            return (
              it && (
                <li key={position}>
                  <button
                    type="button"
                    className={styles["class"]}
                    onClick={() => onPick(position)}
                  >
                    <Swatch colour={it.colour} />
                    <span className={styles["name"]} dir="auto">
                      {it.name}
                    </span>
                    {it.key !== "" && <KeyHint keys={it.key.toUpperCase()} />}
                  </button>
                </li>
              )
            );
          })}
        </ul>
        {found.length === 0 && <p className={styles["none"]}>{t("common.noClass", { query })}</p>}
      </div>
    </Dialog>
  );
}
