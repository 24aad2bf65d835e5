// Sends the journal of one person in one project, in order, from one tab at a
// time, and tries again until the server has everything.

import { api, ApiError } from "../api";
import type { Undone } from "../api.types";
import { afterFailure, sortAcknowledged, type Line } from "../state/journal";
import * as store from "./journalStore";

export type Outcome =
  | Readonly<{ kind: "changed" }>
  | Readonly<{ kind: "refused"; line: Line; message: string }>
  | Readonly<{ kind: "undone"; line: Line; undone: Undone }>;

export type Sender = Readonly<{
  /** Sends what there is; resolves when the journal is empty or the server is away. */
  send: () => Promise<void>;
  stop: () => void;
}>;

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;

export function startSender(
  project: string,
  user: string,
  onOutcome: (outcome: Outcome) => void,
): Sender {
  let isStopped = false;
  let isWanted = false;
  let retryMs = FIRST_RETRY_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | null = null;

  const drain = async (): Promise<"empty" | "wait"> => {
    for (;;) {
      const lines = await store.take(project, user);
      if (lines.length === 0 || isStopped) return "empty";
      try {
        if (!(await sendLines(project, lines, onOutcome))) return "wait";
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (afterFailure(error.status) === "wait") return "wait";
        await store.remove(lines.map((it) => it.seq));
        for (const line of lines) onOutcome({ kind: "refused", line, message: error.message });
      } finally {
        onOutcome({ kind: "changed" });
      }
    }
  };

  const untilEmpty = async () => {
    clearTimeout(timer);
    timer = undefined;
    while (isWanted && !isStopped) {
      isWanted = false;
      if ((await drain()) === "empty") continue;
      timer = setTimeout(() => void send(), retryMs);
      retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
      return;
    }
  };

  const send = (): Promise<void> => {
    isWanted = true;
    running ??= alone(`annota.journal ${project} ${user}`, untilEmpty).finally(() => {
      running = null;
      // Asked for after the last look, and no later try is set.
      if (isWanted && !isStopped && timer === undefined) void send();
    });
    return running;
  };

  return {
    send,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** Sends lines that go together; whether the server said something of each. */
async function sendLines(
  project: string,
  lines: readonly Line[],
  onOutcome: (outcome: Outcome) => void,
): Promise<boolean> {
  const [first] = lines;
  if (first === undefined) return true;
  const { told } = first;
  switch (told.kind) {
    case "annotate": {
      const annotations = lines.flatMap(({ told }) =>
        told.kind === "annotate" ? [told.annotation] : [],
      );
      const { settled, refused } = sortAcknowledged(
        lines,
        await api.annotate(project, annotations),
      );
      await store.remove([...settled, ...refused.map((it) => it.line)].map((it) => it.seq));
      for (const { line, message } of refused) onOutcome({ kind: "refused", line, message });
      return settled.length + refused.length === lines.length;
    }
    case "undo": {
      const undone = await api.undo(project, told.key);
      await store.remove([first.seq]);
      onOutcome({ kind: "undone", line: first, undone });
      return true;
    }
    case "remark":
      await api.remark(project, told.item, told.remark);
      await store.remove([first.seq]);
      return true;
  }
}

/** Runs `work` while no other tab does; without Web Locks the keys alone guard against doubles. */
function alone(name: string, work: () => Promise<void>): Promise<void> {
  const locks = (navigator as Partial<Navigator>).locks;
  return locks ? locks.request(name, work) : work();
}
