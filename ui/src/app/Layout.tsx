// What stands around every page: a rail with the pages of the project, a bar
// with its name and state, the banner for a lost server, and the help overlay.

import { useEffect, useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { ApiError } from "../api";
import type { Phase, Project, Role } from "../api.types";
import { useT, type Key } from "../i18n";
import { hintOf, type Action } from "../keys";
import { Badge, type Tone } from "../parts/Badge";
import { IconButton } from "../parts/Button";
import { EmptyState } from "../parts/EmptyState";
import { Icon, type IconName } from "../parts/Icon";
import { Problem } from "../parts/Problem";
import { titleOf } from "../state/project";
import { AppearanceMenu } from "./AppearanceMenu";
import { JournalProvider } from "./journal";
import { KeyHelp } from "./KeyHelp";
import styles from "./Layout.module.css";
import { JournalStatus } from "./JournalStatus";
import { OfflineBanner } from "./Offline";
import { mayDo } from "./roles";
import { useLive, useProject, useSession } from "./queries";
import { useKeys } from "./useKeys";

type Entry = { page: string; name: Key; icon: IconName; action: Action; role: Role };

const ENTRIES: readonly Entry[] = [
  { page: "label", name: "app.label", icon: "label", action: "goLabel", role: "annotator" },
  {
    page: "progress",
    name: "app.progress",
    icon: "progress",
    action: "goProgress",
    role: "annotator",
  },
  { page: "audit", name: "app.audit", icon: "audit", action: "goAudit", role: "annotator" },
  { page: "review", name: "app.review", icon: "review", action: "goReview", role: "reviewer" },
  { page: "explore", name: "app.explore", icon: "explore", action: "goExplore", role: "annotator" },
  { page: "export", name: "app.export", icon: "export", action: "goExport", role: "reviewer" },
  { page: "settings", name: "app.settings", icon: "settings", action: "goSettings", role: "owner" },
];

const PHASE_TONES: Partial<Record<Phase, Tone>> = {
  training: "accent",
  audit: "accent",
  rest: "accent",
  certified: "good",
  all_answered: "good",
  budget_spent: "warn",
  needs_classes: "warn",
  failed: "bad",
};

export function HomeLayout({ children }: { children: ReactNode }) {
  const t = useT();
  const [isHelpOpen, setHelpOpen] = useState(false);
  useKeys({ scopes: ["everywhere"], handlers: { help: () => setHelpOpen(true) } });
  return (
    <div className={styles["home"]}>
      <SkipLink />
      <header className={styles["bar"]}>
        <Link href="/" className={styles["brand"]}>
          <img src="/icon.svg" alt="" width={26} height={26} />
          Annota
        </Link>
        <div className={styles["tools"]}>
          <IconButton
            icon="keyboard"
            label={t("app.help")}
            hint="?"
            onClick={() => setHelpOpen(true)}
          />
          <AppearanceMenu />
        </div>
      </header>
      <OfflineBanner />
      <main id="content" tabIndex={-1} className={styles["main"]}>
        {children}
      </main>
      {isHelpOpen && <KeyHelp onClose={() => setHelpOpen(false)} />}
    </div>
  );
}

export function ProjectLayout(props: { projectId: string; page: string; children: ReactNode }) {
  const { projectId, page, children } = props;
  const t = useT();
  const role = useSession().data?.user?.role ?? "annotator";
  const project = useProject(projectId);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [, go] = useLocation();
  useLive(projectId);

  const entries = ENTRIES.filter((it) => mayDo(role, it.role));
  const goTo = (entry: Entry) => [entry.action, () => go(`/p/${projectId}/${entry.page}`)] as const;
  useKeys({
    scopes: ["everywhere"],
    handlers: {
      help: () => setHelpOpen(true),
      goHome: () => go("/"),
      ...Object.fromEntries(entries.map(goTo)),
    },
  });

  usePageChange(page, project.data && titleOf(project.data.value));
  const isAllowed = ENTRIES.every((it) => it.page !== page || mayDo(role, it.role));
  return (
    <JournalProvider project={projectId}>
      <div className={styles["project"]}>
        <SkipLink />
        <Rail projectId={projectId} page={page} entries={entries} />
        <div className={styles["side"]}>
          <header className={styles["bar"]}>
            {project.data ? <State project={project.data.value} /> : <span />}
            <div className={styles["tools"]}>
              <JournalStatus />
              <IconButton
                icon="keyboard"
                label={t("app.help")}
                hint="?"
                onClick={() => setHelpOpen(true)}
              />
              <AppearanceMenu
                onHelp={() => setHelpOpen(true)}
                onTour={() => go(`/p/${projectId}/label?tour`)}
              />
            </div>
          </header>
          <OfflineBanner />
          <main id="content" tabIndex={-1} className={styles["main"]}>
            {project.isError && (
              <Lost error={project.error} onRetry={() => void project.refetch()} />
            )}
            {project.data && (isAllowed ? children : <NotAllowed />)}
          </main>
        </div>
        {isHelpOpen && (
          <KeyHelp
            classes={project.data?.value.settings.classes ?? []}
            onClose={() => setHelpOpen(false)}
          />
        )}
      </div>
    </JournalProvider>
  );
}

/** A new page is named in the window's title, and begins at its top for keys and screen readers. */
function usePageChange(page: string, projectName: string | undefined): void {
  const t = useT();
  const name = ENTRIES.find((it) => it.page === page)?.name;
  const title = [name && t(name), projectName, "Annota"].filter((it) => it).join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
  const shown = useRef(page);
  useEffect(() => {
    if (shown.current === page) return;
    shown.current = page;
    document.getElementById("content")?.focus({ preventScroll: true });
  }, [page]);
}

function SkipLink() {
  const t = useT();
  return (
    <a href="#content" className={styles["skip"]}>
      {t("app.skipToContent")}
    </a>
  );
}

function Rail(props: { projectId: string; page: string; entries: readonly Entry[] }) {
  const { projectId, page, entries } = props;
  const t = useT();
  return (
    <nav className={styles["rail"]} aria-label={t("app.navigation")}>
      <Link href="/" className={styles["logo"]} aria-label={t("app.home")} title={t("app.home")}>
        <img src="/icon.svg" alt="" width={32} height={32} />
      </Link>
      {entries.map((entry) => (
        <Link
          key={entry.page}
          href={`/p/${projectId}/${entry.page}`}
          className={styles["entry"]}
          aria-current={entry.page === page ? "page" : undefined}
          title={`${t(entry.name)} (${hintOf(entry.action)})`}
        >
          <Icon name={entry.icon} size={22} />
          <span>{t(entry.name)}</span>
        </Link>
      ))}
    </nav>
  );
}

function State({ project }: { project: Project }) {
  const t = useT();
  return (
    <div className={styles["state"]}>
      <span className={styles["name"]}>{titleOf(project)}</span>
      <Badge tone={PHASE_TONES[project.phase] ?? "plain"}>{t(`app.phase_${project.phase}`)}</Badge>
      <span className={styles["count"]}>
        {t("app.answered", { done: project.n_answered, total: project.n_items })}
      </span>
    </div>
  );
}

function Lost({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const t = useT();
  if (error instanceof ApiError && error.code === "not_found") {
    return (
      <EmptyState
        icon="search"
        title={t("app.notFoundTitle")}
        actions={<Link href="/">{t("app.goHome")}</Link>}
      >
        {t("app.notFoundText")}
      </EmptyState>
    );
  }
  return <Problem error={error} onRetry={onRetry} />;
}

function NotAllowed() {
  const t = useT();
  return (
    <EmptyState icon="key" title={t("app.needsRoleTitle")}>
      {t("app.needsRole")}
    </EmptyState>
  );
}
