// The first-run tour: at most five steps, each beside what it speaks of. It
// stands beside the work and stops nothing; it is shown once, and on request.

import { useEffect, useLayoutEffect, useState } from "react";
import { useLocation, useSearch } from "wouter";

import { readSetting, writeSetting } from "../../app/storage";
import { useT } from "../../i18n";
import { Button, IconButton } from "../../parts/Button";
import styles from "./Tour.module.css";

const STEPS = ["stage", "suggestion", "classes", "reason", "progress"] as const;
const WIDTH = 330;

export function Tour() {
  const [path, go] = useLocation();
  const isAsked = new URLSearchParams(useSearch()).has("tour");
  const [isDone, setDone] = useState(() => readSetting("tour") === "done");
  if (isDone && !isAsked) return null;
  const end = () => {
    writeSetting("tour", "done");
    setDone(true);
    if (isAsked) go(path, { replace: true });
  };
  return <Steps onEnd={end} />;
}

function Steps({ onEnd }: { onEnd: () => void }) {
  const t = useT();
  const [at, setAt] = useState(0);
  const name = STEPS[at] ?? "stage";
  const place = usePlace(name);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") onEnd();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onEnd]);
  const isLast = at === STEPS.length - 1;
  if (place === null) return null;
  return (
    <>
      <div className={styles["ring"]} style={place.ring} aria-hidden="true" />
      <section className={styles["card"]} style={place.card} aria-label={t("label.tour")}>
        <header className={styles["head"]}>
          <h2>{t(`label.tour_${name}`)}</h2>
          <IconButton icon="close" label={t("label.endTour")} onClick={onEnd} />
        </header>
        <p>{t(`label.tourText_${name}`)}</p>
        <footer className={styles["foot"]}>
          <span className={styles["count"]}>
            {t("label.tourStep", { at: at + 1, of: STEPS.length })}
          </span>
          {at > 0 && (
            <Button look="quiet" onClick={() => setAt(at - 1)}>
              {t("label.back")}
            </Button>
          )}
          <Button look="main" onClick={() => (isLast ? onEnd() : setAt(at + 1))}>
            {t(isLast ? "label.start" : "label.nextStep")}
          </Button>
        </footer>
      </section>
    </>
  );
}

type Place = Readonly<{ ring: React.CSSProperties; card: React.CSSProperties }>;

/** Where the ring and the card stand: around the element, and beside it where there is room. */
function usePlace(name: string): Place | null {
  const [place, setPlace] = useState<Place | null>(null);
  useLayoutEffect(() => {
    const measure = () => {
      const found =
        document.querySelector(`[data-tour="${name}"]`) ??
        document.querySelector('[data-tour="classes"]');
      if (found) setPlace(placeBeside(found.getBoundingClientRect()));
    };
    measure();
    window.addEventListener("resize", measure);
    const timer = setInterval(measure, 500);
    return () => {
      window.removeEventListener("resize", measure);
      clearInterval(timer);
    };
  }, [name]);
  return place;
}

const CARD_HEIGHT = 220;
const GAP = 14;
/** Below the line over the item, so that the card hides as little of it as can be. */
const HEAD = 48;

function placeBeside(box: DOMRect): Place {
  const ring = {
    left: box.left - 4,
    top: box.top - 4,
    width: box.width + 8,
    height: box.height + 8,
  };
  const isRoomLeft = box.left > WIDTH + 2 * GAP && box.left > innerWidth / 3;
  const left = isRoomLeft
    ? box.left - WIDTH - GAP
    : Math.min(box.left + GAP, innerWidth - WIDTH - GAP);
  const isTall = box.height > innerHeight / 3;
  const below = box.bottom + GAP;
  const top = isRoomLeft ? box.top : isTall ? box.top + HEAD : below;
  return {
    ring,
    card: {
      left: Math.max(GAP, left),
      top: Math.min(Math.max(GAP, top), innerHeight - CARD_HEIGHT - GAP),
      width: WIDTH,
    },
  };
}
