// The certificate: to read on screen, to print on one sheet, and to download.

import { href } from "../../api";
import type { Certificate, Project } from "../../api.types";
import { useT } from "../../i18n";
import { Button } from "../../parts/Button";
import { ButtonLink } from "../../parts/ButtonLink";
import { Icon } from "../../parts/Icon";
import { Page } from "../../parts/Page";
import styles from "./audit.module.css";
import { statementOf } from "./statement";

export function CertificateSheet(props: { project: Project; certificate: Certificate }) {
  const { project, certificate } = props;
  const t = useT();
  return (
    <Page
      title={t("audit.certificateTitle")}
      lead={t("audit.certificateLead")}
      actions={
        <>
          <Button icon="print" onClick={() => window.print()}>
            {t("audit.print")}
          </Button>
          <ButtonLink
            isDownload
            icon="download"
            href={href.certificate(project.id, certificate.id, "text")}
          >
            {t("audit.downloadText")}
          </ButtonLink>
          <ButtonLink
            isDownload
            icon="download"
            href={href.certificate(project.id, certificate.id, "json")}
          >
            {t("audit.downloadJson")}
          </ButtonLink>
        </>
      }
    >
      <article className={styles["sheet"]}>
        <header className={styles["seal"]}>
          <span className={styles["mark"]}>
            <Icon name="audit" size={34} />
          </span>
          <div>
            <p className={styles["kicker"]}>{t("audit.certificateOf", { name: project.name })}</p>
            <p className={styles["statement"]}>{statementOf(certificate.document, t)}</p>
          </div>
        </header>
        <pre className={styles["text"]} tabIndex={0} aria-label={certificate.document.statement}>
          {certificate.text}
        </pre>
        <footer className={styles["soft"]}>{t("audit.scope")}</footer>
      </article>
      <div className={`${styles["actions"]} ${styles["screen"]}`}>
        <ButtonLink href={`/p/${project.id}/export`} look="main" icon="export">
          {t("app.export")}
        </ButtonLink>
        <ButtonLink href={`/p/${project.id}/review`} icon="review">
          {t("app.review")}
        </ButtonLink>
      </div>
    </Page>
  );
}
