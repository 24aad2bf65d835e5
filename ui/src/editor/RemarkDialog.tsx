// What people said about an item, and a field to say something.

import { useState, type KeyboardEvent } from "react";

import type { Remark } from "../api.types";
import { useT } from "../i18n";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { CheckField, TextArea } from "../parts/Field";
import styles from "./RemarkDialog.module.css";

export function RemarkDialog(props: {
  remarks: readonly Remark[];
  onSend: (text: string, isFlag: boolean) => void;
  onClose: () => void;
}) {
  const { remarks, onSend, onClose } = props;
  const t = useT();
  const [text, setText] = useState("");
  const [isFlag, setFlag] = useState(false);
  const send = () => {
    if (text.trim() === "" && !isFlag) return;
    onSend(text.trim(), isFlag);
    onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <Dialog
      title={t("label.comments")}
      onClose={onClose}
      actions={
        <Button look="main" hint="↵" disabled={text.trim() === "" && !isFlag} onClick={send}>
          {t("label.send")}
        </Button>
      }
    >
      <div className={styles["body"]}>
        {remarks.length > 0 && (
          <ul className={styles["list"]}>
            {remarks.map((it) => (
              <li key={it.id}>
                <strong>{it.annotator}</strong> <span className={styles["at"]}>{t.ago(it.at)}</span>
                <div>{it.text === "" ? t("label.flagged") : it.text}</div>
              </li>
            ))}
          </ul>
        )}
        <TextArea
          label={t("label.comment")}
          hint={t("label.commentHint")}
          value={text}
          autoFocus
          dir="auto"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <CheckField
          label={t("label.alsoFlag")}
          checked={isFlag}
          onChange={(event) => setFlag(event.target.checked)}
        />
      </div>
    </Dialog>
  );
}
