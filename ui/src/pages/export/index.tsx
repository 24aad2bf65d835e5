// The page "Export": the labels in the form the training code reads, and what
// is known of them: where they come from, and what the certificate says.

import { useQuery } from "@tanstack/react-query";

import { api, href } from "../../api";
import type { Certificate, ExportFormat, Origin, Project } from "../../api.types";
import type { PageProps } from "../../app/App";
import { names, useProject } from "../../app/queries";
import { useT } from "../../i18n";
import { told } from "../../i18n/told";
import { ButtonLink } from "../../parts/ButtonLink";
import { Card } from "../../parts/Card";
import { EmptyState } from "../../parts/EmptyState";
import { Icon } from "../../parts/Icon";
import { Meter } from "../../parts/Meter";
import { OriginBadge } from "../../parts/OriginBadge";
import { Page } from "../../parts/Page";
import { Problem } from "../../parts/Problem";
import { Skeleton } from "../../parts/Skeleton";
import { ORIGINS } from "../../state/explore";
import { statementOf } from "../audit/statement";
import styles from "./index.module.css";

export default function ExportPage({ projectId }: PageProps) {
  const t = useT();
  const project = useProject(projectId).data?.value;
  const formats = useQuery({
    queryKey: names.exportFormats(projectId),
    queryFn: () => api.exportFormats(projectId),
  });
  if (project?.n_items === 0) {
    return (
      <Page title={t("app.export")}>
        <EmptyState
          icon="export"
          title={t("export.emptyTitle")}
          actions={
            <ButtonLink href={`/?add=${encodeURIComponent(projectId)}`} look="main">
              {t("export.addData")}
            </ButtonLink>
          }
        >
          {t("export.emptyText")}
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page title={t("app.export")} lead={t("export.lead")}>
      {project && (
        <div className={styles["known"]}>
          <Origins project={project} />
          <Certified project={project} />
        </div>
      )}
      <section className={styles["formats"]}>
        <h2>{t("export.formats")}</h2>
        {formats.isPending && <Skeleton height={160} />}
        {formats.isError && (
          <Problem error={formats.error} onRetry={() => void formats.refetch()} />
        )}
        <ul className={styles["list"]}>
          {formats.data?.map((it) => (
            <li key={it.format}>
              <Format of={it} projectId={projectId} />
            </li>
          ))}
        </ul>
      </section>
    </Page>
  );
}

function Format({ of, projectId }: { of: ExportFormat; projectId: string }) {
  const t = useT();
  const kind = of.media_type.includes("zip") ? t("export.zip") : of.media_type;
  return (
    <Card>
      <div className={styles["format"]}>
        <div>
          <h3>{t.server(of.name)}</h3>
          <p>{told(t, "format", of.format, of.summary)}</p>
          <p className={styles["faint"]}>{kind}</p>
        </div>
        <ButtonLink href={href.export(projectId, of.format)} icon="download" isDownload>
          {t("export.download")}
          <span className="visually-hidden"> {t.server(of.name)}</span>
        </ButtonLink>
      </div>
    </Card>
  );
}

const COLOURS: Record<Origin, string> = {
  person: "var(--accent)",
  auto: "color-mix(in srgb, var(--accent) 55%, transparent)",
  imported: "var(--warn)",
  predicted: "color-mix(in srgb, var(--accent) 24%, transparent)",
  none: "transparent",
};
const ORDER: readonly Origin[] = ["person", "auto", "imported", "predicted", "none"];

function Origins({ project }: { project: Project }) {
  const t = useT();
  const counts = useQuery({
    queryKey: [...names.items(project.id), "origins", project.n_answered, project.phase],
    queryFn: async () => {
      const pages = await Promise.all(
        ORIGINS.map((origin) => api.items(project.id, { origin: [origin], limit: 1 })),
      );
      return new Map(ORIGINS.map((origin, i) => [origin, pages[i]?.total ?? 0]));
    },
  });
  const n = (origin: Origin) => counts.data?.get(origin) ?? 0;
  const of = Math.max(1, project.n_items);
  return (
    <Card title={t("export.what")}>
      {counts.isError && <Problem error={counts.error} onRetry={() => void counts.refetch()} />}
      {counts.isPending && <Skeleton height={120} />}
      {counts.data && (
        <>
          <Meter
            parts={ORDER.map((origin) => ({ share: n(origin) / of, colour: COLOURS[origin] }))}
          />
          <table className={styles["table"]}>
            <caption className="visually-hidden">{t("export.what")}</caption>
            <tbody>
              {ORDER.filter((it) => 0 < n(it) || it === "person").map((origin) => (
                <tr key={origin}>
                  <th scope="row">
                    <OriginBadge origin={origin} />
                  </th>
                  <td>{t(`export.about_${origin}`)}</td>
                  <td className={styles["number"]}>{t.number(n(origin))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </Card>
  );
}

function Certified({ project }: { project: Project }) {
  const t = useT();
  const state = useQuery({
    queryKey: names.autoLabel(project.id),
    queryFn: () => api.autoLabel(project.id),
  });
  const certificate = state.data?.certificate ?? null;
  return (
    <Card title={t("export.certificate")}>
      {state.isError && <Problem error={state.error} onRetry={() => void state.refetch()} />}
      {state.isPending && <Skeleton height={120} />}
      {state.data &&
        (certificate ? (
          <Statement certificate={certificate} project={project} />
        ) : (
          <>
            <p className={styles["warn"]}>
              <Icon name="warning" size={18} />
              <span>{t("export.noCertificate")}</span>
            </p>
            <div>
              <ButtonLink href={`/p/${project.id}/audit`} icon="audit">
                {t("export.toAudit")}
              </ButtonLink>
            </div>
          </>
        ))}
    </Card>
  );
}

function Statement({ certificate, project }: { certificate: Certificate; project: Project }) {
  const t = useT();
  return (
    <>
      <p className={styles["good"]}>
        <Icon name="check" size={18} />
        <span>{statementOf(certificate.document, t)}</span>
      </p>
      <p className={styles["faint"]}>{t("export.certificateIn")}</p>
      <div className={styles["row"]}>
        <ButtonLink
          href={href.certificate(project.id, certificate.id, "text")}
          icon="download"
          isDownload
        >
          {t("export.asText")}
        </ButtonLink>
        <ButtonLink
          href={href.certificate(project.id, certificate.id, "json")}
          icon="download"
          isDownload
        >
          {t("export.asJson")}
        </ButtonLink>
      </div>
    </>
  );
}
