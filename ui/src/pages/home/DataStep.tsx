// What to label: drop it or pick it, and see what it looks like before it is sent.

import { useRef, type ChangeEvent } from "react";

import { useT, type Translator } from "../../i18n";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { kindsOf, sizeOf } from "../../state/upload";
import styles from "./DataStep.module.css";
import { fromInput, type Choosing } from "./files";

/** Lets the picker choose folders; React's types do not know the attribute. */
const FOLDERS = { webkitdirectory: "" };

export function DataStep(props: { choosing: Choosing; onChoose: (choosing: Choosing) => void }) {
  const { choosing, onChoose } = props;
  const t = useT();
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const onPick = (event: ChangeEvent<HTMLInputElement>) => {
    if (event.target.files) onChoose(fromInput(event.target.files));
    event.target.value = "";
  };
  const isEmpty = choosing.files.length === 0;
  return (
    <section className={`${styles["zone"]} ${isEmpty ? "" : styles["filled"]}`}>
      <span className={styles["icon"]} aria-hidden="true">
        <Icon name={isEmpty ? "upload" : "folder"} size={26} />
      </span>
      {isEmpty ? (
        <p className={styles["text"]}>
          <strong>{t("home.drop")}</strong>
          <span>{t("home.dropKinds")}</span>
        </p>
      ) : (
        <Summary choosing={choosing} />
      )}
      <div className={styles["pick"]}>
        <Button icon="folder" onClick={() => folder.current?.click()}>
          {t("home.pickFolder")}
        </Button>
        <Button icon="plus" onClick={() => files.current?.click()}>
          {t("home.pickFiles")}
        </Button>
      </div>
      <input
        ref={folder}
        type="file"
        hidden
        {...FOLDERS}
        onChange={onPick}
        aria-label={t("home.pickFolder")}
      />
      <input
        ref={files}
        type="file"
        hidden
        multiple
        onChange={onPick}
        aria-label={t("home.pickFiles")}
      />
    </section>
  );
}

function Summary({ choosing: { files, nLeftOut } }: { choosing: Choosing }) {
  const t = useT();
  const { n_pictures, n_arrays, n_tables, n_others } = kindsOf(files);
  const notes = [
    n_pictures === 0 ? "" : t("home.nPictures", { count: n_pictures }),
    n_arrays === 0 ? "" : t("home.nArrays", { count: n_arrays }),
    n_tables === 0 ? "" : t("home.nTables", { count: n_tables }),
    n_others === 0 ? "" : t("home.nOthers", { count: n_others }),
    nLeftOut === 0 ? "" : t("home.nLeftOut", { count: nLeftOut }),
  ];
  return (
    <p className={styles["text"]} role="status">
      <strong>
        {t("home.nFiles", { count: files.length })} · {sizeText(sizeOf(files), t)}
      </strong>
      <span>{notes.filter((it) => it !== "").join(" · ")}</span>
    </p>
  );
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

export function sizeText(size: number, t: Translator): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, size)) / 3));
  return t.number(size / 1000 ** power, {
    style: "unit",
    unit: UNITS[power] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: power < 2 ? 0 : 1,
  });
}
