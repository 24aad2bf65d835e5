// What a queue of the page Review does: settles through the journal, takes
// back, resolves flags, and loads more when few are left. The order of things
// is decided in state/review.

import { useEffect, useReducer, useRef, useState } from "react";

import { api, ApiError } from "../../api";
import type { NewAnnotation, Remark, ReviewItem, ReviewKind, ReviewPage } from "../../api.types";
import { useJournal } from "../../app/journal";
import { uuid } from "../../app/uuid";
import { useT } from "../../i18n";
import { reason } from "../../i18n/told";
import { useNotify } from "../../parts/Toast";
import {
  nOpenBehind,
  NOTHING_TO_REVIEW,
  reviewing,
  sidesOf,
  standing,
  type Reviewing,
  type ReviewEvent,
  type Side,
} from "../../state/review";

/** More are loaded when no more than so many come behind the one on screen. */
const FEW = 5;
const NO_SIDES: readonly Side[] = [];
const NO_REMARKS: readonly Remark[] = [];

function settlement(item: ReviewItem, position: number, key: string): NewAnnotation {
  const { prediction } = item;
  return {
    key,
    item: item.item,
    class: position,
    lease: null,
    purpose: "review",
    asked_at: null,
    took_ms: null,
    suggestion: prediction && {
      class: prediction.class,
      confidence: prediction.confidence,
      model_version: prediction.model_version,
    },
  };
}

export function useQueue(project: string, first: ReviewPage, kind: ReviewKind) {
  const journal = useJournal();
  const [state, dispatch] = useReducer(reviewing, first, ({ items }) =>
    reviewing(NOTHING_TO_REVIEW, { kind: "loaded", items, isFirst: true }),
  );
  const [opened, open] = useState<"classes" | "comment" | null>(null);
  const item: ReviewItem | undefined = state.items[state.at];
  const { hasMore, loadMore } = useLoading(project, first, kind, state, dispatch);
  const remarks = useRemarks(project, item, (of) => {
    if (kind === "flagged") dispatch({ kind: "resolved", item: of });
  });

  const settle = (position: number) => {
    if (item === undefined) return;
    const key = uuid();
    void journal.record([settlement(item, position, key)]);
    dispatch({ kind: "settled", item: item.item, class: position, key });
  };

  /** What lies behind the last item that is here is fetched first. */
  const go = async (by: number) => {
    const to = state.at + by;
    if (state.items.length <= to) await loadMore();
    dispatch({ kind: "went", to });
  };

  const undo = () => {
    const last = state.settled.at(-1);
    if (last === undefined) return;
    void journal.takeBack(last.key, last.item);
    dispatch({ kind: "undone" });
  };

  return {
    state,
    item,
    total: Math.max(state.items.length, first.total ?? 0),
    sides: item ? sidesOf(item) : NO_SIDES,
    kept: item ? standing(item) : null,
    settledAs: state.settled.find((it) => it.item === item?.item)?.class ?? null,
    opened,
    open,
    settle,
    undo,
    hasMore,
    go: (by: number) => void go(by),
    ...remarks,
  };
}

/** Loads more when few are left, and when asked to. */
function useLoading(
  project: string,
  first: ReviewPage,
  kind: ReviewKind,
  state: Reviewing,
  dispatch: (event: ReviewEvent) => void,
) {
  const journal = useJournal();
  const notify = useNotify();
  const t = useT();
  const [hasMore, setMore] = useState(first.next_cursor !== null);
  const latest = useRef(state);
  useEffect(() => {
    latest.current = state;
  }, [state]);
  const loading = useRef<Promise<void> | null>(null);
  const fetchMore = async () => {
    try {
      // What is settled leaves the queue once the server knows of it.
      await journal.flush();
      const items = await unknownItems(project, kind, () => latest.current);
      dispatch({ kind: "loaded", items, isFirst: false });
      setMore(items.length > 0);
    } catch (error) {
      // A lost server is told by the banner.
      if (!(error instanceof ApiError && error.isUnreachable))
        notify(t("review.cannotLoad"), { tone: "bad", detail: reason(t, error) });
    } finally {
      loading.current = null;
    }
  };
  const loadMore = (): Promise<void> => {
    if (!hasMore) return Promise.resolve();
    loading.current ??= fetchMore();
    return loading.current;
  };
  const isShort = hasMore && nOpenBehind(state) <= FEW;
  const load = useRef(loadMore);
  useEffect(() => {
    load.current = loadMore;
  });
  useEffect(() => {
    if (isShort) void load.current();
  }, [isShort, state.at, state.items.length]);
  return { hasMore, loadMore };
}

/** The first part of the queue that holds items which are not here yet; nothing if none does. */
async function unknownItems(
  project: string,
  kind: ReviewKind,
  stateNow: () => Reviewing,
): Promise<readonly ReviewItem[]> {
  let cursor: string | null = null;
  do {
    const page: ReviewPage = await api.review(project, kind, cursor);
    const known = new Set(stateNow().items.map((it) => it.item));
    const unknown = page.items.filter((it) => !known.has(it.item));
    if (unknown.length > 0) return unknown;
    cursor = page.next_cursor;
  } while (cursor !== null);
  return [];
}

export type ReviewQueue = ReturnType<typeof useQueue>;

/** The remarks about an item, and what one can do about them. */
function useRemarks(
  project: string,
  item: ReviewItem | undefined,
  onResolved: (item: number) => void,
) {
  const journal = useJournal();
  const notify = useNotify();
  const t = useT();
  const [resolvedIds, setResolved] = useState<ReadonlySet<number>>(new Set());
  const remarks = item?.remarks.map((it) =>
    resolvedIds.has(it.id) ? { ...it, is_resolved: true } : it,
  );
  const resolveFlags = async () => {
    const flags = (remarks ?? []).filter((it) => it.is_flag && !it.is_resolved);
    try {
      for (const flag of flags) await api.resolveRemark(project, flag.item, flag.id);
      setResolved((all) => new Set([...all, ...flags.map((it) => it.id)]));
      if (item !== undefined && flags.length > 0) onResolved(item.item);
    } catch (error) {
      notify(t("review.cannotResolve"), { tone: "bad", detail: reason(t, error) });
    }
  };

  const comment = (text: string, isFlag: boolean) => {
    if (item === undefined) return;
    void journal.remark(item.item, { text, is_flag: isFlag });
    notify(t("review.commented"), { tone: "good" });
  };

  return { remarks: remarks ?? NO_REMARKS, comment, resolveFlags };
}
