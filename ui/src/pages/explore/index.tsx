// The page "Explore": the whole pool as a map and as a list, to find items, see
// where labels are doubtful, and label many at once.

import { useMemo, useState } from "react";

import type { MapPoints, Project } from "../../api.types";
import type { PageProps } from "../../app/App";
import { useProject } from "../../app/queries";
import { useT } from "../../i18n";
import { ButtonLink } from "../../parts/ButtonLink";
import { EmptyState } from "../../parts/EmptyState";
import { Choice } from "../../parts/Menu";
import { Problem } from "../../parts/Problem";
import { useColours } from "../../parts/useColours";
import { isOnMap } from "../../state/explore";
import { COLOURINGS, coloursOf, rgbOf, standingsOf, type Colouring } from "../../state/mapColours";
import { Filters } from "./Filters";
import styles from "./index.module.css";
import { ItemDrawer } from "./ItemDrawer";
import { Legend, ORIGIN_TOKENS } from "./Legend";
import { List } from "./List";
import { MapView } from "./MapView";
import { Selection } from "./Selection";
import { useExplore, type Explore } from "./useExplore";

const TOKENS = [...ORIGIN_TOKENS, "map-low", "map-high"] as const;

export default function ExplorePage({ projectId }: PageProps) {
  const t = useT();
  const project = useProject(projectId).data?.value;
  if (project === undefined) return null;
  if (project.n_items === 0) {
    return (
      <EmptyState
        icon="explore"
        title={t("explore.emptyTitle")}
        actions={
          <ButtonLink href={`/?add=${encodeURIComponent(project.id)}`} look="main" icon="upload">
            {t("explore.addData")}
          </ButtonLink>
        }
      >
        {t("explore.emptyText")}
      </EmptyState>
    );
  }
  return <Shown project={project} />;
}

function Shown({ project }: { project: Project }) {
  const t = useT();
  const explore = useExplore(project);
  const { state, dispatch, map } = explore;
  const [colouring, setColouring] = useState<Colouring>("label");
  return (
    <div className={styles["explore"]}>
      <section className={styles["pool"]} aria-label={t("explore.map")}>
        <header className={styles["head"]}>
          <h1>{t("app.explore")}</h1>
          <Choice
            label={t("explore.colourBy")}
            value={colouring}
            options={COLOURINGS.map((value) => ({ value, name: t(`explore.by_${value}`) }))}
            onChange={setColouring}
          />
        </header>
        {map.error && <Problem error={map.error} onRetry={map.retry} />}
        {map.points === null && (
          <div className={styles["waiting"]}>
            <EmptyState icon="explore" title={t("explore.computingTitle")}>
              {t("explore.computingText")}
            </EmptyState>
          </div>
        )}
        {map.points === undefined && !map.error && <div className={styles["waiting"]} aria-busy />}
        {map.points && (
          <Map project={project} explore={explore} points={map.points} colouring={colouring} />
        )}
        <Legend
          project={project}
          colouring={colouring}
          filter={state.filter}
          onChange={(part) => dispatch({ kind: "filtered", part })}
        />
      </section>
      <section className={styles["side"]} aria-label={t("explore.items")}>
        <Filters
          project={project}
          filter={state.filter}
          onChange={(part) => dispatch({ kind: "filtered", part })}
          onClear={() => dispatch({ kind: "unfiltered" })}
        />
        <List project={project} explore={explore} />
        <Selection project={project} explore={explore} />
      </section>
      {state.opened !== null && (
        <ItemDrawer project={project} explore={explore} item={state.opened} />
      )}
    </div>
  );
}

function Map(props: {
  project: Project;
  explore: Explore;
  points: MapPoints;
  colouring: Colouring;
}) {
  const { project, explore, points, colouring } = props;
  const { state, dispatch, found, list } = explore;
  const tokens = useColours(TOKENS);
  const { classes } = project.settings;
  const colours = useMemo(() => {
    const token = (name: (typeof TOKENS)[number]) => rgbOf(tokens[name]);
    return coloursOf(points, colouring, {
      classes: classes.map((it) => rgbOf(it.colour)),
      origins: ORIGIN_TOKENS.map(token),
      none: token("map-none"),
      low: token("map-low"),
      high: token("map-high"),
    });
  }, [points, colouring, classes, tokens]);

  const { filter, within, picked } = state;
  const isShown = useMemo(() => isOnMap(points, filter), [points, filter]);
  const lit = useMemo(() => {
    if (within?.kind === "similar") {
      return new Set([within.item, ...list.rows.map((it) => it.item)]);
    }
    return found ?? (within === null ? null : new Set(within.items));
  }, [within, found, list.rows]);
  const standings = useMemo(
    () => standingsOf(points, isShown, lit, picked),
    [points, isShown, lit, picked],
  );
  return (
    <MapView
      project={project}
      points={points}
      colours={colours}
      standings={standings}
      isShown={isShown}
      opened={state.opened}
      onOpen={(item) => dispatch({ kind: "opened", item })}
      onLasso={(items) => dispatch({ kind: "lassoed", items })}
    />
  );
}
