// The page "Review": items that deserve a second look, in queues by their
// reason, each settled with one key.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api";
import type { Project, ReviewKind, ReviewPage as Loaded } from "../../api.types";
import type { PageProps } from "../../app/App";
import { names, useProject } from "../../app/queries";
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
  // The first answer has the counts, by which the first queue that is not empty opens.
  const counted = useReview(projectId, "suspect");
  const counts = counted.data?.counts;
  const kind = chosen ?? KINDS.find((it) => counts && 0 < counts[it]) ?? "suspect";
  const queue = useReview(projectId, kind);
  const [nSettled, setNSettled] = useState<Partial<Record<ReviewKind, number>>>({});

  const left = (it: ReviewKind) => Math.max(0, (counts?.[it] ?? 0) - (nSettled[it] ?? 0));
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
              count: left(value),
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
                onSettled={(n) => setNSettled((all) => ({ ...all, [kind]: n }))}
              />
            )}
          </Tabs>
        </div>
      )}
    </Page>
  );
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

function Shown(props: {
  loaded: Loaded;
  kind: ReviewKind;
  project: Project;
  onSettled: (n: number) => void;
}) {
  const { loaded, kind, project, onSettled } = props;
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
  return <Queue first={loaded} kind={kind} project={project} onSettled={onSettled} />;
}
