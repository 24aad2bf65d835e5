// The items that fit, more of them when one comes to the end. Rows are ticked to
// do something with many, and opened to see one.

import { useEffect, useRef } from "react";

import type { Project } from "../../api.types";
import { useT } from "../../i18n";
import { Button } from "../../parts/Button";
import { ClassTag } from "../../parts/ClassTag";
import { EmptyState } from "../../parts/EmptyState";
import { Icon } from "../../parts/Icon";
import { OriginBadge } from "../../parts/OriginBadge";
import { Problem } from "../../parts/Problem";
import { Skeleton } from "../../parts/Skeleton";
import { Thumb } from "../../parts/Thumb";
import styles from "./List.module.css";
import type { Explore, Row } from "./useExplore";

export function List({ project, explore }: { project: Project; explore: Explore }) {
  const t = useT();
  const { list, state, dispatch } = explore;
  if (list.error) return <Problem error={list.error} onRetry={list.retry} />;
  if (list.isLoading) {
    return (
      <div className={styles["waiting"]} aria-busy="true">
        {Array.from({ length: 6 }, (_, i) => (
          <Skeleton key={i} height={64} />
        ))}
      </div>
    );
  }
  if (list.rows.length === 0) {
    return (
      <EmptyState
        icon="search"
        title={t("explore.nothingTitle")}
        actions={
          <Button
            onClick={() => {
              dispatch({ kind: "unfiltered" });
              dispatch({ kind: "cleared" });
            }}
          >
            {t("explore.showAll")}
          </Button>
        }
      >
        {t("explore.nothingText")}
      </EmptyState>
    );
  }
  return (
    <div className={styles["scroll"]} tabIndex={-1}>
      <ul className={styles["list"]} aria-label={t("explore.list")}>
        {list.rows.map((row) => (
          <Line
            key={row.item}
            row={row}
            project={project}
            isPicked={state.picked.has(row.item)}
            isOpened={state.opened === row.item}
            onPick={(isOn) => dispatch({ kind: "picked", items: [row.item], isOn })}
            onOpen={() => dispatch({ kind: "opened", item: row.item })}
          />
        ))}
      </ul>
      {list.hasMore && <More isBusy={list.isLoadingMore} onMore={list.loadMore} />}
    </div>
  );
}

function Line(props: {
  row: Row;
  project: Project;
  isPicked: boolean;
  isOpened: boolean;
  onPick: (isOn: boolean) => void;
  onOpen: () => void;
}) {
  const { row, project, isPicked, isOpened, onPick, onOpen } = props;
  const t = useT();
  const of = row.class === null ? undefined : project.settings.classes[row.class];
  const share = row.similarity ?? row.confidence;
  return (
    <li className={styles["line"]} data-opened={isOpened || undefined}>
      <label className={styles["tick"]}>
        <input
          type="checkbox"
          aria-label={t("explore.pick", { name: row.name })}
          checked={isPicked}
          onChange={(event) => onPick(event.target.checked)}
        />
      </label>
      <button
        type="button"
        className={`${styles["open"]} ${styles[row.content.kind]}`}
        onClick={onOpen}
      >
        <span className={styles["thumb"]}>
          <Thumb
            project={project.id}
            item={row.item}
            name=""
            content={row.content}
            width={row.content.kind === "image" ? 96 : 320}
          />
        </span>
        <span className={styles["said"]}>
          {row.content.kind === "image" && (
            <span className={styles["name"]} dir="auto">
              {row.name}
            </span>
          )}
          <span className={styles["label"]}>
            {of && <ClassTag of={of} />}
            <OriginBadge origin={row.origin} />
            {row.isFlagged && <Icon name="flag" size={16} />}
            {share !== null && <span className={styles["share"]}>{t.percent(share)}</span>}
          </span>
        </span>
      </button>
    </li>
  );
}

/** Comes into sight at the end of the list and then loads more; also a button, for keys. */
function More({ isBusy, onMore }: { isBusy: boolean; onMore: () => void }) {
  const t = useT();
  const end = useRef<HTMLDivElement>(null);
  const latest = useRef(onMore);
  useEffect(() => {
    latest.current = onMore;
  });
  useEffect(() => {
    if (end.current === null || isBusy) return;
    const observer = new IntersectionObserver(
      (seen) => {
        if (seen.some((it) => it.isIntersecting)) latest.current();
      },
      { rootMargin: "400px" },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [isBusy]);
  return (
    <div ref={end} className={styles["more"]}>
      <Button look="quiet" isBusy={isBusy} onClick={onMore}>
        {t("explore.more")}
      </Button>
    </div>
  );
}
