// What a queue of the page Review does: settles through the journal, takes
// back, resolves flags, and loads more when few are left. The order of things
// is decided in state/review.

import { useReducer, useState } from "react";

import { api } from "../../api";
import type { NewAnnotation, Remark, ReviewItem, ReviewKind, ReviewPage } from "../../api.types";
import { useJournal } from "../../app/journal";
import { uuid } from "../../app/uuid";
import { useT } from "../../i18n";
import { reason } from "../../i18n/told";
import { useNotify } from "../../parts/Toast";
import {
  nOpen,
  NOTHING_TO_REVIEW,
  reviewing,
  sidesOf,
  standing,
  type Side,
} from "../../state/review";

/** More are loaded when no more than so many are open. */
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

export function useQueue(
  project: string,
  first: ReviewPage,
  kind: ReviewKind,
  onSettled: (n: number) => void,
) {
  const journal = useJournal();
  const notify = useNotify();
  const t = useT();
  const [state, dispatch] = useReducer(reviewing, first, ({ items }) =>
    reviewing(NOTHING_TO_REVIEW, { kind: "loaded", items, isFirst: true }),
  );
  const [hasMore, setMore] = useState(first.next_cursor !== null);
  const [opened, open] = useState<"classes" | "comment" | null>(null);
  const item: ReviewItem | undefined = state.items[state.at];
  const remarks = useRemarks(project, item);

  const loadMore = async () => {
    if (!hasMore) return;
    setMore(false);
    try {
      const page = await api.review(project, kind);
      dispatch({ kind: "loaded", items: page.items, isFirst: false });
      setMore(page.next_cursor !== null);
    } catch (error) {
      setMore(true);
      notify(t("review.cannotLoad"), { tone: "bad", detail: reason(t, error) });
    }
  };

  const settle = (position: number) => {
    if (item === undefined) return;
    const key = uuid();
    void journal.record([settlement(item, position, key)]);
    const event = { kind: "settled", item: item.item, class: position, key } as const;
    const next = reviewing(state, event);
    dispatch(event);
    onSettled(next.settled.length);
    if (nOpen(next) <= FEW) void loadMore();
  };

  const undo = () => {
    const last = state.settled.at(-1);
    if (last === undefined) return;
    void journal.takeBack(last.key, last.item);
    dispatch({ kind: "undone" });
    onSettled(state.settled.length - 1);
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
    go: (by: number) => dispatch({ kind: "went", to: state.at + by }),
    ...remarks,
  };
}

export type ReviewQueue = ReturnType<typeof useQueue>;

/** The remarks about an item, and what one can do about them. */
function useRemarks(project: string, item: ReviewItem | undefined) {
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
