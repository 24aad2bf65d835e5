// Short notes at the lower edge, read out by screen readers. One of them may carry an action.

import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode } from "react";

import { Icon } from "./Icon";
import styles from "./Toast.module.css";

type Tone = "plain" | "good" | "bad";
type Toast = Readonly<{ id: number; text: string; detail: string | null; tone: Tone }>;
export type Notify = (text: string, options?: { tone?: Tone; detail?: string | null }) => void;

const SHOWN_MS = 5_000;
const MOST = 3;
const ToastContext = createContext<Notify | null>(null);

export function useNotify(): Notify {
  const notify = use(ToastContext);
  if (notify === null) throw new Error("useNotify stands outside of Toasts");
  return notify;
}

export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const nextId = useRef(0);
  const remove = useCallback((id: number) => {
    setToasts((all) => all.filter((it) => it.id !== id));
  }, []);
  const notify = useCallback<Notify>(
    (text, { tone = "plain", detail = null } = {}) => {
      const id = nextId.current++;
      setToasts((all) =>
        [...all.filter((it) => it.text !== text), { id, text, detail, tone }].slice(-MOST),
      );
      setTimeout(() => remove(id), tone === "bad" ? 2 * SHOWN_MS : SHOWN_MS);
    },
    [remove],
  );
  return (
    <ToastContext value={notify}>
      {children}
      <div className={styles["stack"]} role="status" aria-live="polite">
        {useMemo(
          () =>
            toasts.map((toast) => (
              <div key={toast.id} className={`${styles["toast"]} ${styles[toast.tone]}`}>
                <Icon
                  name={toast.tone === "bad" ? "warning" : toast.tone === "good" ? "check" : "info"}
                  size={18}
                />
                <div>
                  <div>{toast.text}</div>
                  {toast.detail !== null && <div className={styles["detail"]}>{toast.detail}</div>}
                </div>
              </div>
            )),
          [toasts],
        )}
      </div>
    </ToastContext>
  );
}
