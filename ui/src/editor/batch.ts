// How the next questions are asked for; and the first ones of whoever opens the
// label page, asked for while the page itself is on its way to the screen.

import { api, href } from "../api";
import type { Question } from "../api.types";
import * as store from "../app/journalStore";
import { itemsTouched, itemsUnsent } from "../state/journal";
import {
  answeredItems,
  emptySession,
  isOpen,
  step,
  type Event,
  type Session,
} from "../state/session";

/** Open items to have at hand. */
export const AHEAD = 10;

export type Filled = Extract<Event, { kind: "batch" }>;

/** Asks for items, beside those of `session`. */
export async function askBatch(
  project: string,
  user: string,
  request: { n: number; items?: number[] },
  session: Session,
): Promise<Filled> {
  const lines = await store.list(project, user);
  const unsent = itemsUnsent(lines);
  const n = request.n + (request.items ? 0 : unsent.size);
  const open = session.entries.filter(isOpen).map((it) => it.question.item);
  // An undo that is on its way makes an item this person's again.
  const touched = itemsTouched(lines);
  const have = request.items ? [] : open.filter((it) => !touched.has(it));
  const batch = await api.select(project, { ...request, n, have });
  const settled = new Set([...answeredItems(session)].filter((it) => !unsent.has(it)));
  return { kind: "batch", batch, unsent: request.items ? new Set() : unsent, settled };
}

type First = {
  readonly project: string;
  readonly user: string;
  readonly asked: Promise<Filled | null>;
  here: Filled | null;
  // Held, so that the browser keeps it until it is on screen.
  picture: HTMLImageElement | null;
};
let first: First | null = null;

/** Asks ahead, for the page that is about to be shown; resolves when the answer is here. */
export async function askFirst(project: string, user: string): Promise<void> {
  const asked = askBatch(project, user, { n: AHEAD }, emptySession).then(
    // While the server prepares the project it has none, and says when it does.
    (filled) => (filled.batch.questions.length === 0 ? null : filled),
    // The page asks again, and tells what is wrong.
    () => null,
  );
  const begun: First = { project, user, asked, here: null, picture: null };
  first = begun;
  begun.here = await asked;
  begun.picture = pictureOf(project, begun.here?.batch.questions[0]);
}

/** The picture of a question, on its way; what fails here fails on screen too, where it is told. */
function pictureOf(project: string, question: Question | undefined): HTMLImageElement | null {
  if (question?.content.kind !== "image") return null;
  const picture = new Image();
  picture.src = href.image(project, question.item, question.content, 1280);
  return picture;
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
