// A session of labelling at work: the pure session, filled from the server and
// written to the journal. Decides no answer; draws nothing.

import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";

import { api, ApiError, watchReachable, type LiveListener } from "../api";
import type { Batch, NewAnnotation, Phase, Question } from "../api.types";
import { useJournal, type Journal } from "../app/journal";
import { isAway, watchReturn } from "../app/presence";
import { useLiveEvents, useSession } from "../app/queries";
import { uuid } from "../app/uuid";
import { useT } from "../i18n";
import { reason } from "../i18n/told";
import { useNotify } from "../parts/Toast";
import {
  current,
  isOpen,
  openAhead,
  step,
  type Event,
  type Given,
  type Session,
} from "../state/session";
import { askBatch, firstSession, takeFirst } from "./batch";

export type Labelling = Readonly<{
  session: Session;
  /** Nothing was heard from the server yet. */
  isLoading: boolean;
  isFetching: boolean;
  error: unknown;
  retry: () => void;
  answer: (items: readonly number[], classOf: (question: Question) => number | null) => void;
  undo: () => void;
  redo: () => void;
  move: (event: Extract<Event, { kind: "next" | "previous" | "go" }>) => void;
  /** Asks for exactly these items; resolves to those the server gave. */
  ask: (items: readonly number[]) => Promise<readonly Question[]>;
  remark: (item: number, text: string, isFlag: boolean) => void;
}>;

type Dispatch = (event: Event) => void;

/** `ahead`: how many open items to have at hand. */
export function useLabelling(project: string, ahead: number): Labelling {
  const journal = useJournal();
  const name = useSession().data?.user?.name ?? "";
  const [session, dispatch] = useReducer(step, null, () => firstSession(project, name));
  const latest = useRef(session);
  useEffect(() => {
    latest.current = session;
  }, [session]);

  const sessionNow = useCallback(() => latest.current, []);
  const filling = useFilling(project, ahead, session, sessionNow, dispatch);
  const clock = useClock(current(session)?.question.item);
  useOutcomes(journal, dispatch);
  useReleaseOnLeaving(project, latest);
  const history = useHistory(project, journal, latest, dispatch, clock);
  // What was asked for ahead is in the session now, or is being waited for.
  useEffect(() => void takeFirst(project, name), [project, name]);

  const { ask, error, isFetching, retry } = filling;
  return useMemo<Labelling>(
    () => ({
      session,
      isLoading: session.phase === null && error === null,
      isFetching,
      error,
      retry,
      ...history,
      move: dispatch,
      ask,
      remark: (item, text, isFlag) => {
        void journal.remark(item, { text, is_flag: isFlag });
        const at = new Date().toISOString();
        const remark = { id: -Date.now(), item, annotator: name, text, is_flag: isFlag, at };
        dispatch({ kind: "remarked", remark: { ...remark, is_resolved: false } });
      },
    }),
    [session, error, isFetching, retry, history, ask, journal, name],
  );
}

const POLL_MS = 4_000;
const REFRESH_MS = 1_500;

/** Asks for items and takes them in, beside what of this session the server knows already. */
function useFetchBatch(
  project: string,
  user: string,
  sessionNow: () => Session,
  dispatch: Dispatch,
) {
  return useCallback(
    async (request: { n: number; items?: number[] }): Promise<Batch> => {
      const ahead = request.items ? null : await takeFirst(project, user);
      // Read before the journal is: what was answered by now is in it, or was sent.
      const filled = ahead ?? (await askBatch(project, user, request, sessionNow()));
      dispatch(filled);
      return filled.batch;
    },
    [project, user, sessionNow, dispatch],
  );
}

/** Keeps enough open items at hand, and their suggestions as new as the model. */
function useFilling(
  project: string,
  ahead: number,
  session: Session,
  sessionNow: () => Session,
  dispatch: Dispatch,
) {
  const user = useSession().data?.user?.name ?? "";
  const [error, setError] = useState<unknown>(null);
  const [isFetching, setFetching] = useState(false);
  const isBusy = useRef(false);
  const isAskedAgain = useRef(false);

  const fetchBatch = useFetchBatch(project, user, sessionNow, dispatch);
  const fill = useCallback(
    async (n: number) => {
      isAskedAgain.current = isBusy.current;
      if (isBusy.current) return;
      isBusy.current = true;
      setFetching(true);
      try {
        do {
          isAskedAgain.current = false;
          await fetchBatch({ n });
        } while (isAskedAgain.current);
        setError(null);
      } catch (failed) {
        // A lost server is told by the banner, and asked again when it is back.
        if (!(failed instanceof ApiError && failed.isUnreachable)) setError(failed);
      } finally {
        isBusy.current = false;
        setFetching(false);
      }
    },
    [fetchBatch],
  );

  const nOpen = session.entries.filter(isOpen).length;
  const nAhead = session.entries.slice(session.cursor).filter(isOpen).length;
  const wanted = useRef(ahead);
  const nMissing = ahead - nAhead;
  useEffect(() => {
    wanted.current = nOpen + Math.max(0, nMissing);
  }, [nOpen, nMissing]);

  // Asked for in halves, so that not every answer costs a request.
  const isShort = session.phase === null || nAhead <= ahead / 2;
  const place = session.given.length + session.cursor;
  useEffect(() => {
    if (isShort && error === null) void fill(wanted.current);
  }, [isShort, place, nOpen, ahead, error, fill]);

  usePolling(nOpen === 0 && !isOver(session.phase), fill, wanted);
  const soon = useRefreshing(useCallback(() => void fill(wanted.current), [fill]));
  useForeignAnswers(user, sessionNow, dispatch, soon);

  const ask = useCallback(
    async (items: readonly number[]) =>
      (await fetchBatch({ n: items.length, items: [...items] })).questions,
    [fetchBatch],
  );
  const retry = useCallback(() => setError(null), []);
  return { error, isFetching, ask, retry };
}

const isOver = (phase: Phase | null): boolean =>
  phase === "certified" || phase === "all_answered" || phase === "budget_spent";

/** With nothing at hand others may hold the last items, so they are asked for again. */
function usePolling(
  isIdle: boolean,
  fill: (n: number) => Promise<void>,
  wanted: { readonly current: number },
): void {
  useEffect(() => {
    if (!isIdle) return;
    const timer = setInterval(() => {
      if (!isAway()) void fill(wanted.current);
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [isIdle, fill, wanted]);
}

/**
 * Calls `refresh` soon after the model, the phase or the connection changed; while
 * nobody is there, once they are back: what is kept for them expires meanwhile.
 */
function useRefreshing(refresh: () => void): (ms: number) => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const isDue = useRef(false);
  const soon = useCallback(
    (ms: number) => {
      clearTimeout(timer.current);
      isDue.current = isAway();
      if (!isDue.current) timer.current = setTimeout(refresh, ms);
    },
    [refresh],
  );
  const listener = useCallback<LiveListener>(
    ({ name }) => {
      if (name === "model") soon(REFRESH_MS);
      if (name === "phase" || name === "settings") soon(0);
    },
    [soon],
  );
  useLiveEvents(listener);
  useEffect(() => {
    const watches = [
      watchReachable((isReachable) => {
        if (isReachable) soon(0);
      }),
      watchReturn(() => {
        if (isDue.current) soon(0);
      }),
    ];
    return () => {
      watches.forEach((stop) => stop());
      clearTimeout(timer.current);
    };
  }, [soon]);
  return soon;
}

/**
 * An item that the same person answers in another tab need not be shown here; one
 * that somebody else answers may still want a second answer, which the server knows.
 */
function useForeignAnswers(
  user: string,
  sessionNow: () => Session,
  dispatch: Dispatch,
  refreshSoon: (ms: number) => void,
): void {
  const listener = useCallback<LiveListener>(
    (event) => {
      if (event.name !== "annotation" || event.data.class === null) return;
      const { item, annotator } = event.data;
      if (annotator === user) dispatch({ kind: "gone", item });
      else if (sessionNow().entries.some((it) => isOpen(it) && it.question.item === item)) {
        refreshSoon(0);
      }
    },
    [user, sessionNow, dispatch, refreshSoon],
  );
  useLiveEvents(listener);
}

type Clock = { askedAt: number; wasHidden: boolean };

/** Since when the item is on screen, and whether the page was out of sight meanwhile. */
function useClock(item: number | undefined) {
  const clock = useRef<Clock>({ askedAt: 0, wasHidden: false });
  useEffect(() => {
    clock.current = { askedAt: Date.now(), wasHidden: document.hidden };
    const onHide = () => {
      if (document.hidden) clock.current.wasHidden = true;
    };
    document.addEventListener("visibilitychange", onHide);
    return () => document.removeEventListener("visibilitychange", onHide);
  }, [item]);
  return clock;
}

function useHistory(
  project: string,
  journal: Journal,
  latest: { readonly current: Session },
  dispatch: Dispatch,
  clock: { readonly current: Clock },
) {
  const t = useT();
  const notify = useNotify();
  return useMemo(() => {
    const fail = (error: unknown, nothing: string) => {
      const isNothing = error instanceof ApiError && error.status === 409;
      notify(isNothing ? nothing : reason(t, error), isNothing ? {} : { tone: "bad" });
    };
    const give = (given: readonly Given[]) => {
      const questions = new Map(
        latest.current.entries.map((it) => [it.question.item, it.question]),
      );
      const known = given.filter((it) => questions.has(it.item));
      void journal.record(
        known.map((it) => annotationOf(it, questions.get(it.item), clock.current, given.length)),
      );
    };
    const answer: Labelling["answer"] = (items, classOf) => {
      const chosen = new Set(items);
      const given = latest.current.entries
        .filter((it) => chosen.has(it.question.item))
        .map(({ question }) => ({ item: question.item, key: uuid(), class: classOf(question) }));
      if (given.length === 0) return;
      give(given);
      dispatch({ kind: "answer", answers: given });
    };
    const undo = async () => {
      const group = latest.current.given.at(-1);
      if (group) {
        dispatch({ kind: "undo" });
        for (const { key, item } of [...group].reverse()) await journal.takeBack(key, item);
        return;
      }
      try {
        await journal.flush();
        const { undone, question } = await api.undo(project, uuid());
        dispatch({ kind: "restore", question, class: undone.class });
      } catch (error) {
        fail(error, t("label.nothingToUndo"));
      }
    };
    const redo = async () => {
      const group = latest.current.takenBack.at(-1);
      if (group) {
        const given = group.map((it) => ({ ...it, key: uuid() }));
        give(given);
        return dispatch({ kind: "redo", answers: given });
      }
      try {
        await journal.flush();
        const { redone } = await api.redo(project, uuid());
        dispatch({ kind: "gone", item: redone.item });
        notify(t("label.redone", { name: redone.name }));
      } catch (error) {
        fail(error, t("label.nothingToRedo"));
      }
    };
    return { answer, undo: () => void undo(), redo: () => void redo() };
  }, [project, journal, latest, dispatch, clock, notify, t]);
}

function annotationOf(
  { key, item, class: answer }: Given,
  question: Question | undefined,
  { askedAt, wasHidden }: Clock,
  nTogether: number,
): NewAnnotation {
  const shown = question?.suggestion ?? null;
  return {
    key,
    item,
    class: answer,
    lease: question?.lease ?? null,
    purpose: "training",
    asked_at: new Date(askedAt).toISOString(),
    took_ms: wasHidden ? null : Math.round((Date.now() - askedAt) / nTogether),
    suggestion: shown && {
      class: shown.class,
      confidence: shown.confidence,
      model_version: shown.model_version,
    },
  };
}

/** What the server said of answers and undos, once it said something. */
function useOutcomes(journal: Journal, dispatch: Dispatch): void {
  const t = useT();
  const notify = useNotify();
  const { onOutcome } = journal;
  useEffect(
    () =>
      onOutcome((outcome) => {
        if (outcome.kind === "refused" && outcome.line.told.kind === "annotate") {
          const { item, key } = outcome.line.told.annotation;
          dispatch({ kind: "retracted", item, key });
        }
        if (outcome.kind !== "undone" || outcome.line.told.kind !== "undo") return;
        const { undone, question } = outcome.undone;
        if (undone.item === outcome.line.told.item) return;
        dispatch({ kind: "restore", question, class: undone.class });
        notify(t("label.undoneElsewhere"));
      }),
    [onOutcome, dispatch, notify, t],
  );
}

/** Items left unanswered are free for others at once, not only when their lease expires. */
function useReleaseOnLeaving(project: string, latest: { readonly current: Session }): void {
  useEffect(
    () => () => {
      const items = openAhead(latest.current).map((it) => it.question.item);
      if (items.length > 0) void api.release(project, items).catch(() => undefined);
    },
    [project, latest],
  );
}
