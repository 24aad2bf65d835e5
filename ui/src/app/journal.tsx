// The journal for components: write an answer down and go on; it is sent in
// the background. Also says how many answers are not sent yet.

import {
  createContext,
  use,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from "react";

import { watchReachable } from "../api";
import type { NewAnnotation, NewRemark } from "../api.types";
import { useT } from "../i18n";
import { useNotify } from "../parts/Toast";
import type { NewLine } from "../state/journal";
import * as store from "./journalStore";
import { useSession } from "./queries";
import { startSender, type Outcome, type Sender } from "./sender";
import { newUnsent, type Unsent } from "./unsent";
import { uuid } from "./uuid";

export type Journal = Readonly<{
  /** How many lines the server has not acknowledged. */
  nUnsent: number;
  /** Resolves when the answers are safe in this browser; they are sent after. */
  record: (annotations: readonly NewAnnotation[]) => Promise<void>;
  remark: (item: number, remark: Omit<NewRemark, "key">) => Promise<void>;
  /** Takes the answer with the key `of` back, sent or not. */
  takeBack: (of: string, item: number) => Promise<void>;
  /** Sends what there is; resolves when all is sent or the server is away. */
  flush: () => Promise<void>;
  onOutcome: (listener: (outcome: Outcome) => void) => () => void;
}>;

const JournalContext = createContext<Journal | null>(null);

export function useJournal(): Journal {
  const journal = use(JournalContext);
  if (journal === null) throw new Error("useJournal stands outside of JournalProvider");
  return journal;
}

export function JournalProvider({ project, children }: { project: string; children: ReactNode }) {
  const t = useT();
  const notify = useNotify();
  const user = useSession().data?.user?.name ?? "";
  const [nUnsent, setUnsent] = useState(0);
  const unsent = useMemo(
    () => newUnsent(() => store.list(project, user).then((lines) => lines.length), setUnsent),
    [project, user],
  );
  const { count } = unsent;
  const sender = useRef<Sender | null>(null);
  const [listeners] = useState(() => new Set<(outcome: Outcome) => void>());

  useHeldTab(unsent);
  const tellOtherTabs = useOtherTabs(count);
  useEffect(() => {
    const started = startSender(project, user, (outcome) => {
      if (outcome.kind === "changed") {
        void count();
        tellOtherTabs();
      }
      if (outcome.kind === "refused") {
        notify(t("app.refused"), { tone: "bad", detail: t.server(outcome.message) });
      }
      for (const listener of listeners) listener(outcome);
    });
    sender.current = started;
    void count().then(started.send);
    const stopWatching = watchReachable((isReachable) => {
      if (isReachable) void started.send();
    });
    return () => {
      stopWatching();
      started.stop();
    };
  }, [project, user, count, tellOtherTabs, listeners, notify, t]);

  const journal = useMemo<Journal>(() => {
    const send = () => sender.current?.send() ?? Promise.resolve();
    const write = async (lines: NewLine[]) => {
      await unsent.write(lines.length, () => store.append(lines));
      void send();
    };
    const line = (told: NewLine["told"]): NewLine => ({ project, user, told, isTried: false });
    return {
      nUnsent,
      record: (annotations) =>
        write(annotations.map((annotation) => line({ kind: "annotate", annotation }))),
      remark: (item, remark) =>
        write([line({ kind: "remark", item, remark: { key: uuid(), ...remark } })]),
      takeBack: async (of, item) => {
        const undo = { kind: "undo", key: uuid(), of, item } as const;
        await unsent.write(0, () => store.strikeOrTell(project, user, undo));
        void send();
      },
      flush: send,
      onOutcome: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    };
  }, [project, user, nUnsent, unsent, listeners]);

  return <JournalContext value={journal}>{children}</JournalContext>;
}

/** Asks before the tab is closed over answers that are not in the journal yet. */
function useHeldTab({ isWriting }: Unsent): void {
  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent) => {
      if (isWriting()) event.preventDefault();
    };
    window.addEventListener("beforeunload", onLeave);
    return () => window.removeEventListener("beforeunload", onLeave);
  }, [isWriting]);
}

/** Tabs share the journal, so each hears when another one changed it. */
function useOtherTabs(onChange: () => Promise<void>): () => void {
  const channel = useRef<BroadcastChannel | null>(null);
  useEffect(() => {
    const opened = new BroadcastChannel("annota.journal");
    opened.onmessage = () => void onChange();
    channel.current = opened;
    return () => opened.close();
  }, [onChange]);
  return useCallback(() => channel.current?.postMessage("changed"), []);
}
