// One queue of the page Review: the item, who said what about it, and the keys that settle it.

import type { Class, Project, ReviewKind, ReviewPage } from "../../api.types";
import { useKeys } from "../../app/useKeys";
import { RemarkDialog } from "../../editor/RemarkDialog";
import { useT } from "../../i18n";
import { hintOf } from "../../keys";
import { Button, IconButton } from "../../parts/Button";
import { ClassDialog } from "../../parts/ClassDialog";
import { ItemView } from "./ItemView";
import styles from "./Queue.module.css";
import { Remarks } from "./Remarks";
import { Sides } from "./Sides";
import { useQueue, type ReviewQueue } from "./useQueue";

export function Queue(props: { first: ReviewPage; kind: ReviewKind; project: Project }) {
  const { first, kind, project } = props;
  const t = useT();
  const queue = useQueue(project.id, first, kind);
  const { item, settledAs, sides, kept } = queue;
  const { classes } = project.settings;
  useKeys({
    scopes: ["review"],
    classes,
    onClass: queue.settle,
    handlers: {
      settleFirst: () => sides[0] && queue.settle(sides[0].class),
      settleSecond: () => sides[1] && queue.settle(sides[1].class),
      dismiss: () => kept !== null && queue.settle(kept),
      nextReview: () => queue.go(1),
      previousReview: () => queue.go(-1),
      otherClass: () => queue.open("classes"),
      commentReview: () => queue.open("comment"),
      resolveFlags: () => void queue.resolveFlags(),
      undoReview: queue.undo,
    },
  });
  if (item === undefined) return null;
  return (
    <div className={styles["queue"]}>
      <section className={styles["item"]} aria-label={item.name}>
        <Head queue={queue} name={item.name} />
        <ItemView key={item.item} project={project} item={item} />
      </section>
      <section className={styles["verdict"]} aria-label={t("review.verdict")}>
        <p className={styles["why"]}>
          {t.inARow(
            t(`review.why_${kind}`),
            item.self_confidence !== null &&
              t("review.selfConfidence", { share: t.percent(item.self_confidence) }),
          )}
        </p>
        <Sides
          item={item}
          sides={sides}
          classes={classes}
          kept={kept}
          settledAs={settledAs}
          onSettle={queue.settle}
        />
        <Actions queue={queue} />
        <Remarks remarks={queue.remarks} onResolve={() => void queue.resolveFlags()} />
      </section>
      <Opened queue={queue} classes={classes} />
    </div>
  );
}

function Head({ queue, name }: { queue: ReviewQueue; name: string }) {
  const t = useT();
  const { at, items } = queue.state;
  return (
    <header className={styles["head"]}>
      <span className={styles["name"]} title={name}>
        {name}
      </span>
      <span className={styles["place"]}>{t("review.place", { at: at + 1, of: queue.total })}</span>
      <IconButton
        icon="previous"
        label={t("keys.previousReview")}
        hint={hintOf("previousReview")}
        disabled={at === 0}
        onClick={() => queue.go(-1)}
      />
      <IconButton
        icon="next"
        label={t("keys.nextReview")}
        hint={hintOf("nextReview")}
        disabled={at === items.length - 1 && !queue.hasMore}
        onClick={() => queue.go(1)}
      />
    </header>
  );
}

function Actions({ queue }: { queue: ReviewQueue }) {
  const t = useT();
  return (
    <div className={styles["actions"]}>
      <Button icon="label" hint={hintOf("otherClass")} onClick={() => queue.open("classes")}>
        {t("keys.otherClass")}
      </Button>
      <Button icon="comment" hint={hintOf("commentReview")} onClick={() => queue.open("comment")}>
        {t("keys.commentReview")}
      </Button>
      <Button
        icon="undo"
        hint={hintOf("undoReview")}
        disabled={queue.state.settled.length === 0}
        onClick={queue.undo}
      >
        {t("keys.undoReview")}
      </Button>
    </div>
  );
}

function Opened({ queue, classes }: { queue: ReviewQueue; classes: readonly Class[] }) {
  const t = useT();
  const close = () => queue.open(null);
  if (queue.opened === "comment") {
    return <RemarkDialog remarks={queue.remarks} onSend={queue.comment} onClose={close} />;
  }
  if (queue.opened === null) return null;
  return (
    <ClassDialog
      title={t("review.settleAs")}
      classes={classes}
      onPick={(position) => {
        close();
        queue.settle(position);
      }}
      onClose={close}
    />
  );
}
