// The page "Review": items that deserve a second look, in queues by their
// reason, each settled with one key.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";

import { api, type LiveListener } from "../../api";
import type { Project, ReviewKind, ReviewPage as Loaded } from "../../api.types";
import type { PageProps } from "../../app/App";
import { names, useLiveEvents, useProject } from "../../app/queries";
import { useT } from "../../i18n";
import { ButtonLink } from "../../parts/ButtonLink";
import { EmptyState } from "../../parts/EmptyState";
import { Page } from "../../parts/Page";
import { Problem } from "../../parts/Problem";
import { Skeleton } from "../../parts/Skeleton";
import { Tabs } from "../../parts/Tabs";
import { Queue } from "./Queue";

const KINDS: readonly ReviewKind[] = ["suspect", "disagreement", "flagged", "low_confidence"];

export default function ReviewPage({ projectId }: PageProps) {
  const t = useT();
  const project = useProject(projectId).data?.value;
  const [chosen, setChosen] = useState<ReviewKind | null>(null);
  // By the counts, the first queue that is not empty opens.
  const counted = useCounts(projectId);
  const counts = counted.data;
  const kind = chosen ?? KINDS.find((it) => counts && 0 < counts[it]) ?? "suspect";
  const queue = useReview(projectId, kind);
  return (
    <Page title={t("app.review")} lead={t("review.lead")} isWide>
      {counted.isPending && <Skeleton height={320} />}
      {counted.isError && <Problem error={counted.error} onRetry={() => void counted.refetch()} />}
      {counts && project && (
        <div>
          <Tabs
            label={t("review.queues")}
            value={kind}
            tabs={KINDS.map((value) => ({
              value,
              name: t(`review.kind_${value}`),
              count: counts[value],
            }))}
            onChange={setChosen}
          >
            {queue.isError && <Problem error={queue.error} onRetry={() => void queue.refetch()} />}
            {queue.isPending && <Skeleton height={320} />}
            {queue.data && (
              <Shown
                key={`${kind} ${queue.dataUpdatedAt}`}
                loaded={queue.data}
                kind={kind}
                project={project}
              />
            )}
          </Tabs>
        </div>
      )}
    </Page>
  );
}

/** How often the counts are asked for, at most, while answers come in. */
const COUNT_MS = 1_000;

/** How many items each queue holds, kept up to date. */
function useCounts(project: string) {
  const counts = useQuery({
    queryKey: [...names.review(project), "counts"],
    queryFn: async () => (await api.review(project, "suspect", null, 1)).counts,
    placeholderData: keepPreviousData,
  });
  const { refetch } = counts;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const listener = useCallback<LiveListener>(
    ({ name }) => {
      if (name !== "annotation" && name !== "remark") return;
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        void refetch();
      }, COUNT_MS);
    },
    [refetch],
  );
  useLiveEvents(listener);
  useEffect(() => () => clearTimeout(timer.current), []);
  return counts;
}

/** The first items of a queue; what is open under the hand is not exchanged for fresh ones. */
function useReview(project: string, kind: ReviewKind) {
  return useQuery({
    queryKey: [...names.review(project), kind],
    queryFn: () => api.review(project, kind),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}

function Shown(props: { loaded: Loaded; kind: ReviewKind; project: Project }) {
  const { loaded, kind, project } = props;
  const t = useT();
  if (loaded.items.length === 0) {
    return (
      <EmptyState
        icon="check"
        title={t(`review.empty_${kind}`)}
        actions={
          <ButtonLink href={`/p/${project.id}/label`} look="main">
            {t("review.goOnLabelling")}
          </ButtonLink>
        }
      >
        {t(`review.about_${kind}`)}
      </EmptyState>
    );
  }
  return <Queue first={loaded} kind={kind} project={project} />;
}
