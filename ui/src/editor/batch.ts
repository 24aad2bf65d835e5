// How the next questions are asked for; and the first ones of whoever opens the
// label page, asked for while the page itself is on its way to the screen.

import { api } from "../api";
import * as store from "../app/journalStore";
import { itemsUnsent } from "../state/journal";
import { emptySession, step, type Event, type Session } from "../state/session";

/** Open items to have at hand. */
export const AHEAD = 10;

export type Filled = Extract<Event, { kind: "batch" }>;

/** Asks for items; `answered` are those of the session that have an answer. */
export async function askBatch(
  project: string,
  user: string,
  request: { n: number; items?: number[] },
  answered: ReadonlySet<number>,
): Promise<Filled> {
  const unsent = itemsUnsent(await store.list(project, user));
  const n = request.n + (request.items ? 0 : unsent.size);
  const batch = await api.select(project, { ...request, n });
  const settled = new Set([...answered].filter((it) => !unsent.has(it)));
  return { kind: "batch", batch, unsent: request.items ? new Set() : unsent, settled };
}

type First = {
  readonly project: string;
  readonly user: string;
  readonly asked: Promise<Filled | null>;
  here: Filled | null;
};
let first: First | null = null;

/** Asks ahead, for the page that is about to be shown. */
export function askFirst(project: string, user: string): void {
  const asked = askBatch(project, user, { n: AHEAD }, new Set()).then(
    // While the server prepares the project it has none, and says when it does.
    (filled) => (filled.batch.questions.length === 0 ? null : filled),
    // The page asks again, and tells what is wrong.
    () => null,
  );
  const begun: First = { project, user, asked, here: null };
  void asked.then((filled) => (begun.here = filled));
  first = begun;
}

const firstOf = (project: string, user: string): First | null =>
  first?.project === project && first.user === user ? first : null;

/** A session with what was asked for ahead, as far as it is here. */
export function firstSession(project: string, user: string): Session {
  const here = firstOf(project, user)?.here ?? null;
  return here === null ? emptySession : step(emptySession, here);
}

/** What was asked for ahead, once; `null` if that was nothing, or was used. */
export function takeFirst(project: string, user: string): Promise<Filled | null> {
  const asked = firstOf(project, user)?.asked ?? Promise.resolve(null);
  first = null;
  return asked;
}
