// What Explore does: asks for the list and the map, labels through the journal,
// takes back, puts first. What is chosen is decided in state/explore.

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useReducer, useState } from "react";

import { api } from "../../api";
import type { ItemQuery, ItemRow, NewAnnotation, Project } from "../../api.types";
import { useJournal } from "../../app/journal";
import { names } from "../../app/queries";
import { uuid } from "../../app/uuid";
import { useT } from "../../i18n";
import { reason } from "../../i18n/told";
import { useNotify } from "../../parts/Toast";
import {
  AT_FIRST,
  exploring,
  isBeyondMap,
  queryOf,
  withLabels,
  type Exploring,
} from "../../state/explore";

const PAGE = 60;
/** Items in a page when only their numbers are wanted: the most the server gives. */
const LARGE_PAGE = 200;
const N_SIMILAR = 60;
/** Items labelled with one key, at most: each is an answer that can be taken back. */
export const MOST_LABELLED = 2_000;
/** Matches of a search that light up on the map, at most. */
const MOST_LIT = 1_000;
const TYPING_MS = 250;

/** A row of the list, wherever it comes from. */
export type Row = Pick<ItemRow, "item" | "name" | "content" | "class" | "origin"> &
  Readonly<{ confidence: number | null; isFlagged: boolean; similarity: number | null }>;

const rowOf = (it: ItemRow): Row => ({ ...it, isFlagged: it.is_flagged, similarity: null });

export function useExplore(project: Project) {
  const [state, dispatch] = useReducer(exploring, AT_FIRST);
  const settled = useSettled(state);
  const list = useList(project, settled);
  const found = useMatches(project.id, settled);
  const [labels, setLabels] = useState<ReadonlyMap<number, number>>(new Map());
  const map = useMap(project.id, labels);
  const acting = useActing(project, state, settled, list.total, setLabels);
  return { state, dispatch, list, map, found, ...acting };
}

export type Explore = ReturnType<typeof useExplore>;

/** What is typed counts when the typing rests. */
function useSettled(state: Exploring): Exploring {
  const [settled, setSettled] = useState(state);
  const { filter, within } = state;
  const isTyped =
    filter.text !== settled.filter.text ||
    filter.minConfidence !== settled.filter.minConfidence ||
    filter.maxConfidence !== settled.filter.maxConfidence;
  useEffect(() => {
    const timer = setTimeout(
      () => setSettled((it) => ({ ...it, filter, within })),
      isTyped ? TYPING_MS : 0,
    );
    return () => clearTimeout(timer);
  }, [filter, within, isTyped]);
  return settled;
}

const lassoed = ({ within }: Exploring) => (within?.kind === "lasso" ? within.items : null);

function useList(project: Project, { filter, within }: Exploring) {
  const similarTo = within?.kind === "similar" ? within.item : null;
  const query = queryOf(filter, within?.kind === "lasso" ? within.items : null);
  const pages = useInfiniteQuery({
    queryKey: [...names.items(project.id), "list", query],
    queryFn: ({ pageParam, signal }) =>
      api.items(project.id, { ...query, limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    enabled: similarTo === null,
    placeholderData: (before) => before,
  });
  const similar = useQuery({
    queryKey: [...names.items(project.id), "similar", similarTo],
    queryFn: () => api.neighbours(project.id, similarTo ?? 0, N_SIMILAR),
    enabled: similarTo !== null,
  });
  const rows = useMemo<readonly Row[]>(
    () =>
      similarTo === null
        ? (pages.data?.pages.flatMap((it) => it.items.map(rowOf)) ?? [])
        : (similar.data ?? []).map((it) => ({ ...it, confidence: null, isFlagged: false })),
    [similarTo, pages.data, similar.data],
  );
  const source = similarTo === null ? pages : similar;
  return {
    rows,
    total: similarTo === null ? (pages.data?.pages[0]?.total ?? null) : rows.length,
    isLoading: source.isPending,
    error: source.error,
    retry: () => void source.refetch(),
    hasMore: similarTo === null && pages.hasNextPage,
    isLoadingMore: pages.isFetchingNextPage,
    loadMore: () => {
      if (pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage();
    },
  };
}

/** The items that a search found, to light up on the map; `null` where the map can tell by itself. */
function useMatches(project: string, state: Exploring): ReadonlySet<number> | null {
  const isAsked = isBeyondMap(state.filter) && state.within?.kind !== "similar";
  const query = queryOf(state.filter, lassoed(state));
  const { data } = useQuery({
    queryKey: [...names.items(project), "matches", query],
    queryFn: ({ signal }) => numbersOf(project, query, MOST_LIT, signal),
    enabled: isAsked,
  });
  return useMemo(() => (isAsked && data ? new Set(data) : null), [isAsked, data]);
}

async function numbersOf(
  project: string,
  query: ItemQuery,
  most: number,
  signal?: AbortSignal,
): Promise<number[]> {
  const numbers: number[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof api.items>> = await api.items(
      project,
      { ...query, limit: LARGE_PAGE, cursor },
      signal,
    );
    numbers.push(...page.items.map((it) => it.item));
    cursor = page.next_cursor;
  } while (cursor !== null && numbers.length < most);
  return numbers.slice(0, most);
}

/** While the server still computes the map, it is asked again: the event may have come before us. */
const COMPUTING_MS = 2_000;

function useMap(project: string, labels: ReadonlyMap<number, number>) {
  const map = useQuery({
    queryKey: names.map(project),
    queryFn: () => api.map(project),
    refetchInterval: ({ state }) => (state.data === null ? COMPUTING_MS : false),
  });
  const points = useMemo(() => map.data && withLabels(map.data, labels), [map.data, labels]);
  return { points, error: map.error, retry: () => void map.refetch() };
}

/** The ticked items, or else all of the list. */
async function targetsOf(
  project: string,
  { picked }: Exploring,
  { filter, within }: Exploring,
): Promise<readonly number[]> {
  if (0 < picked.size) return [...picked];
  if (within?.kind === "similar") {
    const near = await api.neighbours(project, within.item, N_SIMILAR);
    return near.map((it) => it.item);
  }
  return numbersOf(project, queryOf(filter, within?.items ?? null), MOST_LABELLED);
}

function useActing(
  project: Project,
  state: Exploring,
  settled: Exploring,
  total: number | null,
  setLabels: (change: (before: ReadonlyMap<number, number>) => Map<number, number>) => void,
) {
  const t = useT();
  const notify = useNotify();
  const journal = useJournal();
  const client = useQueryClient();
  const [given, setGiven] = useState<readonly { key: string; item: number }[]>([]);
  const [isBusy, setBusy] = useState(false);

  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      notify(t("explore.failed"), { tone: "bad", detail: reason(t, error) });
    } finally {
      setBusy(false);
    }
  };
  /** The list is asked again once the journal is sent, which nobody waits for. */
  const refreshWhenSent = () =>
    void journal
      .flush()
      .then(() => client.invalidateQueries({ queryKey: names.items(project.id) }));

  const give = async (items: readonly number[], position: number) => {
    const annotations = items.map((item) => answerOf(item, position));
    await journal.record(annotations);
    setGiven(annotations.map(({ key, item }) => ({ key, item })));
    setLabels((before) => new Map([...before, ...items.map((it) => [it, position] as const)]));
    const name = project.settings.classes[position]?.name ?? "";
    notify(t("explore.labelled", { count: items.length, name }), { tone: "good" });
    refreshWhenSent();
  };
  return {
    isBusy,
    nTargets: 0 < state.picked.size ? state.picked.size : (total ?? 0),
    canUndo: 0 < given.length,
    labelTargets: (position: number) =>
      attempt(async () => give(await targetsOf(project.id, state, settled), position)),
    labelOne: (item: number, position: number) => attempt(() => give([item], position)),
    queueFirst: (items: readonly number[] | null) =>
      attempt(async () => {
        const numbers = items ?? (await targetsOf(project.id, state, settled));
        const { queued } = await api.queueItems(project.id, [...numbers]);
        notify(t("explore.queued", { count: queued }), { tone: "good" });
      }),
    undo: () =>
      attempt(async () => {
        for (const { key, item } of [...given].reverse()) await journal.takeBack(key, item);
        const items = new Set(given.map((it) => it.item));
        setLabels((before) => new Map([...before].filter(([item]) => !items.has(item))));
        setGiven([]);
        notify(t("explore.undone", { count: items.size }));
        refreshWhenSent();
      }),
    remark: (item: number, text: string, isFlag: boolean) =>
      attempt(async () => {
        await journal.remark(item, { text, is_flag: isFlag });
        refreshWhenSent();
      }),
  };
}

function answerOf(item: number, position: number): NewAnnotation {
  return {
    key: uuid(),
    item,
    class: position,
    lease: null,
    purpose: "training",
    asked_at: null,
    took_ms: null,
    suggestion: null,
  };
}
