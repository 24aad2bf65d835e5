// What the pages read from the server, with one name for each answer, and how
// events of the server refresh it.

import { QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { api, ApiError, subscribe, type LiveListener, type Versioned } from "../api";
import type { LiveEvent, Project } from "../api.types";

export const names = {
  session: ["session"] as const,
  projects: ["projects"] as const,
  users: ["users"] as const,
  models: ["models"] as const,
  project: (id: string) => ["project", id] as const,
  plan: (id: string) => ["project", id, "plan"] as const,
  autoLabel: (id: string) => ["project", id, "auto-label"] as const,
  verify: (id: string) => ["project", id, "verify"] as const,
  review: (id: string) => ["project", id, "review"] as const,
  items: (id: string) => ["project", id, "items"] as const,
  importing: (id: string) => ["project", id, "import"] as const,
  map: (id: string) => ["project", id, "map"] as const,
  exportFormats: (id: string) => ["project", id, "export"] as const,
};

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        // Connectivity is watched by the client itself: see the banner.
        networkMode: "always",
        retry: (failures, error) =>
          error instanceof ApiError && error.isUnreachable && failures < 2,
      },
      mutations: { networkMode: "always" },
    },
  });
}

export function useSession() {
  return useQuery({ queryKey: names.session, queryFn: api.session, staleTime: Infinity });
}

/** The project with the ETag that a change of its settings must name. */
export function useProject(id: string) {
  return useQuery({
    queryKey: names.project(id),
    queryFn: ({ signal }) => api.project(id, signal),
  });
}

const listeners = new Set<LiveListener>();

/** Calls `listener` for every event of the project that is open. It must not change often. */
export function useLiveEvents(listener: LiveListener): void {
  useEffect(() => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, [listener]);
}

/** Follows the events of a project and keeps what was read from it fresh. Once per layout. */
export function useLive(id: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const listener: LiveListener = (event) => {
      applyEvent(event, client, id);
      for (const it of listeners) it(event);
    };
    return subscribe(id, listener, (isFirst) => {
      // Only the state is so short-lived that it may have changed before the first connection.
      void client.invalidateQueries({ queryKey: names.project(id), exact: isFirst });
    });
  }, [client, id]);
}

function applyEvent(event: LiveEvent, client: QueryClient, id: string): void {
  const refresh = (...keys: (readonly string[])[]) => {
    for (const queryKey of keys) void client.invalidateQueries({ queryKey, exact: true });
  };
  const change = (part: Partial<Project>) => {
    client.setQueryData<Versioned<Project>>(
      names.project(id),
      (old) => old && { ...old, value: { ...old.value, ...part } },
    );
  };
  switch (event.name) {
    case "annotation":
      return change({ n_answered: event.data.n_answered });
    case "queue":
      return change({ queue: event.data });
    case "model":
      change({ model: event.data });
      return refresh(names.plan(id), names.autoLabel(id), names.verify(id));
    case "phase":
      change({ phase: event.data.phase });
      return refresh(names.project(id), names.plan(id), names.autoLabel(id), names.projects);
    case "import":
      client.setQueryData(names.importing(id), event.data);
      return event.data.is_running ? undefined : refresh(names.project(id), names.projects);
    case "settings":
      return refresh(names.project(id), names.projects);
    case "certificate":
      return refresh(names.autoLabel(id), names.project(id), names.projects);
    case "map":
      return refresh(names.map(id));
    case "problem":
      return refresh(names.project(id));
    case "remark":
      return;
  }
}
