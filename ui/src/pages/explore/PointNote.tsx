// A word about the point under the pointer: what it is, its label, and who says so.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { api } from "../../api";
import type { MapPoints, Project } from "../../api.types";
import { names } from "../../app/queries";
import { useT } from "../../i18n";
import { ClassTag } from "../../parts/ClassTag";
import { Thumb } from "../../parts/Thumb";
import { ORIGINS } from "../../state/explore";
import { toScreen, type Camera, type Size } from "../../state/plane";
import styles from "./PointNote.module.css";

const REST_MS = 90;
const WIDTH = 250;
const HEIGHT = 190;
const GAP = 16;

export function PointNote(props: {
  project: Project;
  points: MapPoints;
  row: number;
  camera: Camera;
  size: Size;
}) {
  const { project, points, row, camera, size } = props;
  const t = useT();
  const item = points.item[row] ?? 0;
  const isResting = useIsResting(item);
  const { data } = useQuery({
    queryKey: [...names.items(project.id), "one", item],
    queryFn: ({ signal }) => api.items(project.id, { ids: [item], limit: 1 }, signal),
    enabled: isResting,
  });
  const found = data?.items[0];
  const of = project.settings.classes[points.class[row] ?? -1];
  const origin = ORIGINS[points.origin[row] ?? 0] ?? "none";
  const at = toScreen(camera, size, { x: points.x[row] ?? 0, y: points.y[row] ?? 0 });
  const isRight = size.width < at.x + GAP + WIDTH;
  const isLow = size.height < at.y + GAP + HEIGHT;
  return (
    <div
      className={styles["note"]}
      style={{
        width: WIDTH,
        left: isRight ? at.x - GAP - WIDTH : at.x + GAP,
        ...(isLow ? { bottom: size.height - at.y + GAP } : { top: at.y + GAP }),
      }}
      aria-hidden="true"
    >
      {found && (
        <div className={styles[found.content.kind]}>
          <Thumb project={project.id} item={item} name={found.name} content={found.content} />
        </div>
      )}
      <div className={styles["said"]}>
        {of ? <ClassTag of={of} /> : <span>{t("explore.noLabel")}</span>}
        <span className={styles["faint"]}>
          {t(`common.origin_${origin}`)}
          {of && origin !== "person" && ` · ${t.percent((points.confidence[row] ?? 0) / 255)}`}
        </span>
      </div>
    </div>
  );
}

/** Nothing is asked for points that the pointer only passes. */
function useIsResting(item: number): boolean {
  const [resting, setResting] = useState(-1);
  useEffect(() => {
    const timer = setTimeout(() => setResting(item), REST_MS);
    return () => clearTimeout(timer);
  }, [item]);
  return resting === item;
}
