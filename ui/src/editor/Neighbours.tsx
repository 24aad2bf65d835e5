// The items most like the one on screen, with what they were labelled.

import type { Neighbour, Project } from "../api.types";
import { useT } from "../i18n";
import { hintOf } from "../keys";
import { Button } from "../parts/Button";
import { ClassTag } from "../parts/ClassTag";
import { Thumb } from "../parts/Thumb";
import styles from "./Neighbours.module.css";

export function Neighbours(props: {
  project: Project;
  neighbours: readonly Neighbour[];
  onAlike: (() => void) | undefined;
}) {
  const { project, neighbours, onAlike } = props;
  const t = useT();
  return (
    <section className={styles["neighbours"]} data-tour="neighbours">
      <header className={styles["head"]}>
        <h3>{t("label.mostSimilar")}</h3>
        {onAlike && (
          <Button look="quiet" icon="similar" hint={hintOf("alike")} onClick={onAlike}>
            {t("label.alike")}
          </Button>
        )}
      </header>
      <ul className={styles["list"]}>
        {neighbours.map((it) => {
          const of = it.class === null ? undefined : project.settings.classes[it.class];
          return (
            <li key={it.item} className={styles["one"]}>
              <div className={`${styles["thumb"]} ${styles[it.content.kind]}`}>
                <Thumb
                  project={project.id}
                  item={it.item}
                  name={it.name}
                  content={it.content}
                  width={320}
                />
              </div>
              <div className={styles["said"]}>
                {of && <ClassTag of={of} />}
                <span className={styles["origin"]}>{t(`label.origin_${it.origin}`)}</span>
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
