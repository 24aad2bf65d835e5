// The frame: providers, the session, and which page an address shows. Pages
// are loaded when first opened; the label page, where work begins, comes with
// the frame, in one file.

import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, type ComponentType } from "react";
import { Link, Route, Switch } from "wouter";

import { api, watchLogin } from "../api";
import type { Session } from "../api.types";
import { askFirst } from "../editor/batch";
import { LanguageProvider, loadMessages, useT } from "../i18n";
import LabelPage from "../pages/label";
import { EmptyState } from "../parts/EmptyState";
import { Problem } from "../parts/Problem";
import { Skeleton } from "../parts/Skeleton";
import { Toasts } from "../parts/Toast";
import styles from "./App.module.css";
import { ErrorBoundary } from "./ErrorBoundary";
import { openJournal } from "./journalStore";
import { HomeLayout, ProjectLayout } from "./Layout";
import { Login } from "./Login";
import { names, newQueryClient, useSession } from "./queries";

/** What every page inside a project is given. */
export type PageProps = { projectId: string };

const Home = lazy(() => import("../pages/home"));
export const PAGES: Record<string, ComponentType<PageProps>> = {
  label: LabelPage,
  progress: lazy(() => import("../pages/progress")),
  audit: lazy(() => import("../pages/audit")),
  review: lazy(() => import("../pages/review")),
  explore: lazy(() => import("../pages/explore")),
  export: lazy(() => import("../pages/export")),
  settings: lazy(() => import("../pages/settings")),
};

const client = newQueryClient();

/**
 * Asks for what the first page needs before anything is drawn, all at once;
 * resolves when it is here, or has failed, which the page tells.
 */
export async function warmUp(): Promise<void> {
  const messages = loadMessages();
  const session = client.prefetchQuery({
    queryKey: names.session,
    queryFn: api.session,
    staleTime: Infinity,
  });
  await Promise.allSettled([messages, session, warmUpProject(session)]);
}

async function warmUpProject(session: Promise<void>): Promise<void> {
  const [, name, page = "label"] = /^\/p\/([^/]+)(?:\/(\w+))?/.exec(location.pathname) ?? [];
  if (name === undefined) return;
  const id = decodeURIComponent(name);
  const project = client.prefetchQuery({
    queryKey: names.project(id),
    queryFn: () => api.project(id),
  });
  if (page === "label") {
    openJournal();
    await session;
    const user = client.getQueryData<Session>(names.session)?.user?.name;
    if (user !== undefined) await askFirst(id, user);
  }
  await project;
}

export function App() {
  return (
    <QueryClientProvider client={client}>
      <LanguageProvider>
        <Toasts>
          <ErrorBoundary>
            <Gate />
          </ErrorBoundary>
        </Toasts>
      </LanguageProvider>
    </QueryClientProvider>
  );
}

/** Lets in whoever is logged in, or everyone where no login is asked for. */
function Gate() {
  const session = useSession();
  const { refetch } = session;
  useEffect(() => watchLogin(() => void refetch()), [refetch]);
  if (session.isPending) return <Waiting />;
  if (session.isError) {
    return (
      <main className={styles["narrow"]}>
        <Problem error={session.error} onRetry={() => void session.refetch()} />
      </main>
    );
  }
  return session.data.user === null ? <Login /> : <Pages />;
}

function Pages() {
  return (
    <Switch>
      <Route path="/">
        <HomeLayout>
          <Suspense fallback={<Waiting />}>
            <Home />
          </Suspense>
        </HomeLayout>
      </Route>
      <Route path="/p/:project/:page?">
        {({ project = "", page = "label" }) => {
          const Shown = PAGES[page];
          return (
            <ProjectLayout key={project} projectId={project} page={page}>
              <ErrorBoundary key={page}>
                <Suspense fallback={<Waiting />}>
                  {Shown ? <Shown projectId={project} /> : <NotFound />}
                </Suspense>
              </ErrorBoundary>
            </ProjectLayout>
          );
        }}
      </Route>
      <Route>
        <HomeLayout>
          <NotFound />
        </HomeLayout>
      </Route>
    </Switch>
  );
}

function Waiting() {
  return (
    <div className={styles["waiting"]} aria-busy="true">
      <Skeleton height={32} width="240px" />
      <Skeleton height={180} />
      <Skeleton height={180} />
    </div>
  );
}

function NotFound() {
  const t = useT();
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
