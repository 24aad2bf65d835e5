// The real program as a server in a temporary folder, and a plain client for
// what tests compare with or prepare. Knows no browser.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type {
  Annotation,
  Batch,
  ItemRow,
  NewAnnotation,
  Page,
  Project,
  Question,
} from "../src/api.types";
import { PROJECTS, recordsOf } from "./data";

export function programPath(): string {
  const path = process.env["ANNOTA"];
  if (path === undefined) throw new Error("ANNOTA names no program; run `make test-e2e`");
  return path;
}

/** Runs the program to its end and gives what it printed. */
export function annota(line: readonly string[], input = ""): string {
  const env = { ...process.env, USER: "mia" };
  const stdio = ["pipe", "pipe", "pipe"] as const;
  return execFileSync(programPath(), [...line, "--quiet"], {
    env,
    input,
    stdio: [...stdio],
    encoding: "utf8",
  });
}

export type ProjectName = "digits" | "certified" | "texts";
/** A project, perhaps under another name than prepare.ts gave it. */
export type Copy = ProjectName | readonly [of: ProjectName, as: string];

export class Server {
  readonly folder: string;
  port = 0;
  #child: ChildProcess | null = null;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** A server of copies of the projects that prepare.ts made. */
  static async start(...projects: Copy[]): Promise<Server> {
    const server = new Server(mkdtempSync(join(tmpdir(), "annota-e2e-")));
    for (const it of projects) {
      const [of, as] = typeof it === "string" ? [it, it] : it;
      cpSync(join(PROJECTS, of), join(server.folder, as), { recursive: true });
    }
    await server.listen();
    return server;
  }

  /** Starts the program, on the same port as before if it ran already. */
  async listen(): Promise<void> {
    const line = ["serve", "--port", String(this.port), "--no-open", "--quiet", this.folder];
    const env = { ...process.env, USER: "mia" };
    const child = spawn(programPath(), line, { env, stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    for await (const said of createInterface({ input: child.stdout })) {
      this.port = Number(new URL(said).port);
      return;
    }
    throw new Error("the server ended before it listened");
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Ends the program as a crash does. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  addUser(name: string, role: string, password: string): void {
    annota(["user", "add", name, "--role", role, "--folder", this.folder], `${password}\n`);
  }

  /** A new token with which programs act as the user `name`. */
  tokenOf(name: string): string {
    return annota(["user", "token", name, "--folder", this.folder]).trim();
  }
}

/** The API as a program uses it, with a token where accounts exist. */
export class Client {
  readonly #server: Server;
  readonly #token: string | null;

  constructor(server: Server, token: string | null = null) {
    this.#server = server;
    this.#token = token;
  }

  async request(method: string, path: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.#token !== null) headers["authorization"] = `Bearer ${this.#token}`;
    const init: RequestInit = { method, headers };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(`${this.#server.url}/api${path}`, init);
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response;
  }

  async get<T>(path: string): Promise<T> {
    return (await (await this.request("GET", path)).json()) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return (await (await this.request("POST", path, body)).json()) as T;
  }

  project = (id: string) => this.get<Project>(`/projects/${id}`);
  select = (id: string, n: number) => this.post<Batch>(`/projects/${id}/select`, { n });

  async items(id: string): Promise<ItemRow[]> {
    const rows: ItemRow[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<ItemRow> = await this.post(`/projects/${id}/items/query`, {
        limit: 200,
        cursor,
      });
      rows.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return rows;
  }

  /** Answers `n` questions as they are asked, as `classOf` says. */
  async answer(id: string, n: number, classOf: (question: Question) => number): Promise<void> {
    let left = n;
    while (0 < left) {
      const { questions } = await this.select(id, Math.min(left, 10));
      const given = questions.map((it) => ({ item: it.item, class: classOf(it), lease: it.lease }));
      await this.annotate(id, given);
      left -= given.length;
    }
  }

  /** Labels items of its own choice, as pairs of item and class. */
  label(id: string, labels: readonly (readonly [number, number])[]): Promise<void> {
    return this.annotate(
      id,
      labels.map(([item, position]) => ({ item, class: position, lease: null })),
    );
  }

  private async annotate(
    id: string,
    given: readonly Pick<NewAnnotation, "item" | "class" | "lease">[],
  ): Promise<void> {
    const shown = { asked_at: null, took_ms: 1500, suggestion: null };
    const annotations = given.map((it): NewAnnotation => ({
      key: randomUUID(),
      purpose: "training",
      ...it,
      ...shown,
    }));
    await this.post(`/projects/${id}/annotate`, { annotations });
  }

  async flag(id: string, item: number, text: string): Promise<void> {
    const remark = { key: randomUUID(), text, is_flag: true };
    await this.post(`/projects/${id}/items/${item}/remarks`, remark);
  }

  /** All facts of this person, the oldest first. */
  async history(id: string): Promise<Annotation[]> {
    const all: Annotation[] = [];
    let cursor: string | null = null;
    do {
      const next = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page<Annotation> = await this.get(`/projects/${id}/annotate?limit=200${next}`);
      all.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return all.reverse();
  }

  async exported(id: string): Promise<Record<string, string>[]> {
    return recordsOf(await (await this.request("GET", `/projects/${id}/export/csv`)).text());
  }
}
