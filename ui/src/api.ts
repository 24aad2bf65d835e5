// The client of `annota serve`: every request and the event stream. The only
// file that fetches; it keeps no state but whether the server can be reached.

import type {
  Acknowledged,
  Annotation,
  AutoLabelState,
  Batch,
  ExportFormat,
  ImportRequest,
  ImportState,
  ItemDetail,
  ItemQuery,
  ItemRow,
  LiveEvent,
  MapPoints,
  Model,
  ModelChoice,
  Neighbour,
  NewAnnotation,
  NewRemark,
  PictureContent,
  Page,
  Plan,
  Project,
  ProjectSummary,
  Redone,
  Remark,
  ReviewKind,
  ReviewPage,
  Role,
  Session,
  Settings,
  Undone,
  User,
  Verified,
} from "./api.types";
import type { Side } from "./state/view";
import { mapFromBytes } from "./state/map";

/** A refusal by the server, or its silence (`code` is then `"unreachable"`). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly help: string | null;
  readonly requestId: string | null;

  constructor(
    status: number,
    body: { code: string; message: string; help?: string | null; request_id?: string | null },
  ) {
    super(body.message);
    this.name = "ApiError";
    this.status = status;
    this.code = body.code;
    this.help = body.help ?? null;
    this.requestId = body.request_id ?? null;
  }

  get isUnreachable(): boolean {
    return this.code === "unreachable";
  }
}

const project = (id: string) => `/api/projects/${encodeURIComponent(id)}`;
const item = (id: string, n: number) => `${project(id)}/items/${n}`;

export const api = {
  session: () => get<Session>("/api/session"),
  logIn: (name: string, password: string) => post<Session>("/api/session", { name, password }),
  logOut: () => send<undefined>("DELETE", "/api/session"),
  users: () => get<User[]>("/api/users"),
  addUser: (user: { name: string; password: string; role: Role }) => post<User>("/api/users", user),
  removeUser: (name: string) => send<undefined>("DELETE", `/api/users/${encodeURIComponent(name)}`),
  newToken: () => post<{ token: string }>("/api/tokens"),
  models: () => get<ModelChoice[]>("/api/models"),

  projects: () => get<ProjectSummary[]>("/api/projects"),
  newProject: (name: string, classes: string[]) =>
    post<Project>("/api/projects", { name, classes }),
  project: async (id: string, signal?: AbortSignal): Promise<Versioned<Project>> => {
    const response = await reach("GET", project(id), signal ? { signal } : {});
    return { value: (await response.json()) as Project, etag: response.headers.get("etag") ?? "" };
  },
  /** Fails with the code `stale` where someone else changed the settings since `etag`. */
  changeSettings: async (id: string, etag: string, settings: Partial<Settings>) => {
    const response = await reach("PATCH", project(id), {
      body: JSON.stringify(settings),
      headers: { "content-type": "application/json", "if-match": etag },
    });
    return { value: (await response.json()) as Project, etag: response.headers.get("etag") ?? "" };
  },
  removeProject: (id: string, name: string) =>
    send<undefined>("DELETE", `${project(id)}${query({ confirm: name })}`),

  /** Data to try on that comes with the page, named as the page's files are. */
  example: async (name: string): Promise<Blob> => (await reach("GET", `/examples/${name}`)).blob(),
  upload: (id: string, upload: string, files: readonly { path: string; file: Blob }[]) => {
    const form = new FormData();
    for (const { path, file } of files) form.append("file", file, path);
    return send<{ received: number }>("POST", `${project(id)}/uploads${query({ upload })}`, form);
  },
  startImport: (id: string, request: ImportRequest) =>
    post<ImportState>(`${project(id)}/import`, request),
  importState: (id: string) => get<ImportState>(`${project(id)}/import`),

  select: (id: string, request: { n: number; items?: number[]; have?: number[] }) =>
    post<Batch>(`${project(id)}/select`, request),
  queueItems: (id: string, items: number[]) =>
    post<{ queued: number }>(`${project(id)}/select/queue`, { items }),
  release: (id: string, items: number[]) =>
    post<undefined>(`${project(id)}/select/release`, { items }),
  annotate: (id: string, annotations: NewAnnotation[]) =>
    post<Acknowledged>(`${project(id)}/annotate`, { annotations }),
  undo: (id: string, key: string) => post<Undone>(`${project(id)}/annotate/undo`, { key }),
  redo: (id: string, key: string) => post<Redone>(`${project(id)}/annotate/redo`, { key }),
  history: (id: string, limit = 50, cursor: string | null = null) =>
    get<Page<Annotation>>(`${project(id)}/annotate${query({ limit, cursor })}`),

  items: (id: string, itemQuery: ItemQuery, signal?: AbortSignal) =>
    post<Page<ItemRow>>(`${project(id)}/items/query`, itemQuery, signal),
  item: (id: string, n: number) => get<ItemDetail>(item(id, n)),
  neighbours: (id: string, n: number, count = 8) =>
    get<Neighbour[]>(`${item(id, n)}/neighbours${query({ n: count })}`),
  remark: (id: string, n: number, remark: NewRemark) =>
    post<Remark>(`${item(id, n)}/remarks`, remark),
  resolveRemark: (id: string, n: number, remark: number) =>
    post<undefined>(`${item(id, n)}/remarks/${remark}/resolve`),

  train: (id: string) => get<Model>(`${project(id)}/train`),
  plan: (id: string) => get<Plan>(`${project(id)}/plan`),
  autoLabel: (id: string) => get<AutoLabelState>(`${project(id)}/auto-label`),
  startAudit: (id: string, goal: { max_error?: number; confidence?: number } = {}) =>
    post<AutoLabelState>(`${project(id)}/auto-label`, goal),
  verify: (id: string) => get<Verified>(`${project(id)}/verify`),
  /** A part of the queue. What is settled leaves it, and the next come up from behind. */
  review: (id: string, kind: ReviewKind, cursor: string | null = null, limit = 20) =>
    get<ReviewPage>(`${project(id)}/review${query({ kind, cursor, limit })}`),
  exportFormats: (id: string) => get<ExportFormat[]>(`${project(id)}/export`),

  /** The pool as a map, or `null` while the server still computes it. */
  map: async (id: string): Promise<MapPoints | null> => {
    const response = await reach("GET", `${project(id)}/explore`);
    return response.status === 202 ? null : mapFromBytes(await response.arrayBuffer());
  },
};

export type Versioned<T> = Readonly<{ value: T; etag: string }>;

/** Addresses for `<img>` and links; the browser fetches these itself. */
export const href = {
  /** With the hash of its bytes an address lasts, so that the browser need not ask again. */
  image: (id: string, n: number, picture: PictureContent, width: 96 | 320 | 640 | Side) =>
    `${item(id, n)}/image${query({ width, v: picture.hash })}`,
  original: (id: string, n: number) => `${item(id, n)}/original`,
  certificate: (id: string, n: number, format: "json" | "text") =>
    `${project(id)}/certificates/${n}?format=${format}`,
  export: (id: string, format: string) => `${project(id)}/export/${encodeURIComponent(format)}`,
};

type Watcher = (isReachable: boolean) => void;
const watchers = new Set<Watcher>();
let isServerReachable = true;

/** Whether the last request reached the server. */
export const isReachable = (): boolean => isServerReachable;

/** Calls `watcher` when the server is lost and when it is back; returns how to stop. */
export function watchReachable(watcher: Watcher): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

const loginWatchers = new Set<() => void>();

/** Calls `watcher` when the server says that nobody is logged in any more. */
export function watchLogin(watcher: () => void): () => void {
  loginWatchers.add(watcher);
  return () => loginWatchers.delete(watcher);
}

function noteReachable(now: boolean): void {
  if (now === isServerReachable) return;
  isServerReachable = now;
  if (!now) void untilBack();
  for (const watcher of watchers) watcher(now);
}

const PROBE_MS = 2_000;

async function untilBack(): Promise<void> {
  while (!isServerReachable) {
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
    try {
      const response = await fetch("/health", { cache: "no-store" });
      if (response.ok) noteReachable(true);
    } catch {
      // Still away: the loop asks again.
    }
  }
}

const get = <T>(path: string) => send<T>("GET", path);
const post = <T>(path: string, body: unknown = {}, signal?: AbortSignal) =>
  send<T>("POST", path, body, signal);

async function send<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const init: RequestInit = signal ? { signal } : {};
  if (body instanceof FormData) {
    init.body = body;
  } else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  const response = await reach(method, path, init);
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

async function reach(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { method, credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    noteReachable(false);
    throw new ApiError(0, { code: "unreachable", message: "the server cannot be reached" });
  }
  noteReachable(true);
  // A refused login is answered where it was tried.
  if (response.status === 401 && path !== "/api/session") for (const it of loginWatchers) it();
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    return new ApiError(response.status, JSON.parse(text) as { code: string; message: string });
  } catch {
    const message = text === "" ? `the server answered ${response.status}` : text.slice(0, 300);
    return new ApiError(response.status, { code: "internal", message });
  }
}

function query(values: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? "" : `?${search.toString()}`;
}

export type LiveListener = (event: LiveEvent) => void;

const EVENT_NAMES: readonly LiveEvent["name"][] = [
  "import",
  "model",
  "phase",
  "queue",
  "annotation",
  "remark",
  "settings",
  "certificate",
  "map",
  "problem",
];
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/**
 * Listens to a project until the returned function is called. `onOpen` is
 * called at every connection, since what happened before it is not told; only
 * the first follows shortly on what was read.
 * A hidden tab hangs up, since browsers allow six connections per server.
 */
export function subscribe(
  id: string,
  listener: LiveListener,
  onOpen: (isFirst: boolean) => void,
): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retryMs = FIRST_RETRY_MS;
  let isFirst = true;

  const hangUp = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const connect = () => {
    hangUp();
    source = new EventSource(`${project(id)}/events`);
    source.onopen = () => {
      retryMs = FIRST_RETRY_MS;
      noteReachable(true);
      onOpen(isFirst);
      isFirst = false;
    };
    source.onerror = () => {
      hangUp();
      timer = setTimeout(connect, retryMs);
      retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
    };
    for (const name of EVENT_NAMES) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        listener({ name, data: JSON.parse(event.data) as unknown } as LiveEvent);
      });
    }
  };
  const follow = () => {
    if (document.hidden) hangUp();
    else if (source === null) connect();
  };

  document.addEventListener("visibilitychange", follow);
  follow();
  return () => {
    document.removeEventListener("visibilitychange", follow);
    hangUp();
  };
}
