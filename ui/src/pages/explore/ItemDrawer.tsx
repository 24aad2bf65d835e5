// One item of the pool with all that is known of it, and what can be done with it.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api";
import type { ItemDetail, Project } from "../../api.types";
import { names } from "../../app/queries";
import { useKeys } from "../../app/useKeys";
import { RemarkDialog } from "../../editor/RemarkDialog";
import { useT } from "../../i18n";
import { hintOf } from "../../keys";
import { Button, IconButton } from "../../parts/Button";
import { ClassDialog } from "../../parts/ClassDialog";
import { ClassTag } from "../../parts/ClassTag";
import { Drawer } from "../../parts/Drawer";
import { OriginBadge } from "../../parts/OriginBadge";
import { Problem } from "../../parts/Problem";
import { Skeleton } from "../../parts/Skeleton";
import { Thumb } from "../../parts/Thumb";
import { ItemView } from "../review/ItemView";
import { Remarks } from "../review/Remarks";
import styles from "./ItemDrawer.module.css";
import type { Explore } from "./useExplore";

export function ItemDrawer(props: { project: Project; explore: Explore; item: number }) {
  const { project, explore, item } = props;
  const t = useT();
  const { dispatch } = explore;
  const [asked, ask] = useState<"class" | "remark" | null>(null);
  const detail = useQuery({
    queryKey: [...names.items(project.id), "detail", item],
    queryFn: () => api.item(project.id, item),
  });
  const { data } = detail;
  const { classes } = project.settings;
  const liken = () => {
    if (data) dispatch({ kind: "likened", item, name: data.name });
  };
  useKeys({
    scopes: ["explore"],
    classes,
    onClass: (position) => void explore.labelOne(item, position),
    handlers: { findSimilar: liken },
  });
  return (
    <Drawer
      title={data?.name ?? t("explore.item")}
      onClose={() => dispatch({ kind: "opened", item: null })}
      actions={
        <Actions
          canLabel={0 < classes.length}
          onAsk={ask}
          onLiken={liken}
          onQueue={() => void explore.queueFirst([item])}
        />
      }
    >
      {detail.isPending && <Skeleton height={260} />}
      {detail.isError && <Problem error={detail.error} onRetry={() => void detail.refetch()} />}
      {data && <Detail key={item} project={project} detail={data} explore={explore} />}
      {asked === "class" && (
        <ClassDialog
          title={t("explore.labelAs", { count: 1 })}
          classes={classes}
          onPick={(position) => {
            ask(null);
            void explore.labelOne(item, position);
          }}
          onClose={() => ask(null)}
        />
      )}
      {asked === "remark" && (
        <RemarkDialog
          remarks={data?.remarks ?? []}
          onSend={(text, isFlag) => void explore.remark(item, text, isFlag)}
          onClose={() => ask(null)}
        />
      )}
    </Drawer>
  );
}

function Actions(props: {
  canLabel: boolean;
  onAsk: (what: "class" | "remark") => void;
  onLiken: () => void;
  onQueue: () => void;
}) {
  const { canLabel, onAsk, onLiken, onQueue } = props;
  const t = useT();
  return (
    <>
      <Button look="main" icon="label" disabled={!canLabel} onClick={() => onAsk("class")}>
        {t("explore.label")}
      </Button>
      <Button icon="similar" hint={hintOf("findSimilar")} onClick={onLiken}>
        {t("explore.similar")}
      </Button>
      <IconButton icon="sparkle" label={t("explore.queueOne")} onClick={onQueue} />
      <IconButton
        icon="comment"
        label={t("explore.commentOrFlag")}
        onClick={() => onAsk("remark")}
      />
    </>
  );
}

function Detail(props: { project: Project; detail: ItemDetail; explore: Explore }) {
  const { project, detail, explore } = props;
  const t = useT();
  const { classes } = project.settings;
  const nameOf = (position: number | null) =>
    position === null ? t("explore.skipped") : (classes[position]?.name ?? "?");
  const of = detail.class === null ? undefined : classes[detail.class];
  return (
    <>
      <ItemView
        project={project}
        item={{ item: detail.item, name: detail.name, content: detail.full }}
        isSmall
      />
      <dl className={styles["facts"]}>
        <dt>{t("explore.class")}</dt>
        <dd>
          {of ? <ClassTag of={of} /> : t("explore.noLabel")} <OriginBadge origin={detail.origin} />
        </dd>
        {detail.prediction && (
          <>
            <dt>{t("common.model")}</dt>
            <dd>
              {detail.prediction.ranked.slice(0, 3).map((it) => {
                const likely = classes[it.class];
                return (
                  likely && (
                    <span key={it.class} className={styles["likely"]}>
                      <ClassTag of={likely} /> {t.percent(it.confidence)}
                    </span>
                  )
                );
              })}
            </dd>
          </>
        )}
        {detail.annotations.map((it) => (
          <Said key={it.id} by={it.annotator} what={nameOf(it.class)} at={it.answered_at} />
        ))}
        {detail.certificate !== null && (
          <>
            <dt>{t("explore.certificate")}</dt>
            <dd>{t("explore.certified", { id: detail.certificate })}</dd>
          </>
        )}
        {0 < detail.duplicates.length && (
          <>
            <dt>{t("explore.duplicates")}</dt>
            <dd>{t("explore.nDuplicates", { count: detail.duplicates.length })}</dd>
          </>
        )}
      </dl>
      <Remarks remarks={detail.remarks} />
      <Near project={project} item={detail.item} explore={explore} />
    </>
  );
}

function Said({ by, what, at }: { by: string; what: string; at: string }) {
  const t = useT();
  return (
    <>
      <dt>{by}</dt>
      <dd>
        {what} <span className={styles["faint"]}>{t.ago(at)}</span>
      </dd>
    </>
  );
}

function Near({ project, item, explore }: { project: Project; item: number; explore: Explore }) {
  const t = useT();
  const { data } = useQuery({
    queryKey: [...names.items(project.id), "near", item],
    queryFn: () => api.neighbours(project.id, item, 6),
  });
  if (!data || data.length === 0) return null;
  return (
    <section className={styles["near"]}>
      <h3>{t("explore.mostSimilar")}</h3>
      <ul>
        {data.map((it) => {
          const of = it.class === null ? undefined : project.settings.classes[it.class];
          return (
            <li key={it.item}>
              <button
                type="button"
                className={styles[it.content.kind]}
                onClick={() => explore.dispatch({ kind: "opened", item: it.item })}
              >
                <span className={styles["thumb"]}>
                  <Thumb project={project.id} item={it.item} name={it.name} content={it.content} />
                </span>
                <span className={styles["said"]}>
                  {of ? <ClassTag of={of} /> : <span>{t("explore.noLabel")}</span>}
                  <span className={styles["faint"]}>{t.percent(it.similarity)}</span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
