// A person's session of labelling as a pure state machine: which items are at
// hand, which one is shown, what was answered, and how that is undone. React
// renders it, keys drive it, the journal sends what it answers.

import type { Batch, Phase, Question, Remark } from "../api.types";

/** `key` names the answer in the journal; `class` is `null` for a skipped item. */
export type Answer = Readonly<{ key: string; class: number | null }>;
export type Entry = Readonly<{ question: Question; answers: readonly Answer[] }>;
export type Given = Readonly<{ item: number; key: string; class: number | null }>;

export type Session = Readonly<{
  entries: readonly Entry[]; // in the order they came; one an item
  cursor: number; // entries[cursor] is shown; entries.length where nothing is at hand
  given: readonly (readonly Given[])[]; // one group for what one key answered, newest last
  takenBack: readonly (readonly Given[])[]; // groups undone, newest last
  phase: Phase | null; // null: nothing heard from the server yet
  nLeft: number | null;
  nAudit: number | null;
}>;

export type Event =
  | Readonly<{
      kind: "batch";
      batch: Batch;
      unsent: ReadonlySet<number>; // items with an answer that the server may not know of
      settled: ReadonlySet<number>; // items whose answer it knew before it was asked
    }>
  | Readonly<{ kind: "answer"; answers: readonly Given[] }>
  | Readonly<{ kind: "undo" }>
  | Readonly<{ kind: "redo"; answers: readonly Given[] }> // the group undone last, with new keys
  | Readonly<{ kind: "gone"; item: number }> // answered by the same person elsewhere
  | Readonly<{ kind: "restore"; question: Question; class: number | null }>
  | Readonly<{ kind: "retracted"; item: number; key: string }>
  | Readonly<{ kind: "next" }>
  | Readonly<{ kind: "previous" }>
  | Readonly<{ kind: "go"; item: number }>
  | Readonly<{ kind: "remarked"; remark: Remark }>;

export const emptySession: Session = {
  entries: [],
  cursor: 0,
  given: [],
  takenBack: [],
  phase: null,
  nLeft: null,
  nAudit: null,
};

export const current = (session: Session): Entry | undefined => session.entries[session.cursor];

export const isOpen = (entry: Entry): boolean => entry.answers.length === 0;

/** What stands for an item: its last answer. */
export const standing = (entry: Entry): Answer | undefined => entry.answers.at(-1);

/** Open items from the one shown onwards, then those that were passed over. */
export function openAhead(session: Session): Entry[] {
  const { entries, cursor } = session;
  return [...entries.slice(cursor), ...entries.slice(0, cursor)].filter(isOpen);
}

/** The session after `event`. Events that make no sense here change nothing. */
export function step(session: Session, event: Event): Session {
  switch (event.kind) {
    case "batch":
      return withBatch(session, event);
    case "answer":
      return answered(session, event.answers);
    case "undo":
      return undone(session);
    case "redo":
      return {
        ...answered(session, event.answers),
        takenBack: session.takenBack.slice(0, -1),
      };
    case "gone":
      return gone(session, event.item);
    case "restore":
      return restored(session, event.question, event.class);
    case "retracted":
      return retracted(session, event.item, event.key);
    case "next":
      return { ...session, cursor: Math.min(session.cursor + 1, lastPlace(session)) };
    case "previous":
      return { ...session, cursor: Math.max(session.cursor - 1, 0) };
    case "go": {
      const at = session.entries.findIndex((it) => it.question.item === event.item);
      return at < 0 ? session : { ...session, cursor: at };
    }
    case "remarked":
      return mapEntry(session, event.remark.item, (it) => ({
        ...it,
        question: { ...it.question, remarks: [...it.question.remarks, event.remark] },
      }));
  }
}

/** One may look past the last item only while it is answered: there more will come. */
function lastPlace({ entries }: Session): number {
  const last = entries.at(-1);
  return last === undefined || isOpen(last) ? Math.max(0, entries.length - 1) : entries.length;
}

/**
 * Takes in what the server gives. Items at hand keep their place and, if open
 * and not on screen, get the newer suggestion; a change of phase drops open
 * items that the server no longer asks, so that an audit starts at once, but
 * never the one on screen: a key may be on its way to it. So does an item that is
 * no longer kept for this person. An item that was
 * answered is asked again where the server knows the answer and still
 * asks: an audit draws among items that were answered while it was drawn.
 */
function withBatch(before: Session, event: Extract<Event, { kind: "batch" }>): Session {
  const { batch, unsent, settled } = event;
  const session = withoutAskedAgain(before, batch, settled);
  const asked = new Map(batch.questions.map((it) => [it.item, it]));
  const gone = new Set(batch.gone);
  const isNewPhase = session.phase !== null && session.phase !== batch.phase;
  const shown = current(session);
  const isLeft = (it: Entry) => gone.has(it.question.item) || isNewPhase;
  const kept = session.entries
    .filter((it) => it === shown || !isOpen(it) || asked.has(it.question.item) || !isLeft(it))
    .map((entry) => {
      const question = asked.get(entry.question.item);
      const isFixed = question === undefined || !isOpen(entry) || (entry === shown && !isNewPhase);
      return isFixed ? entry : { ...entry, question };
    });
  const known = new Set(kept.map((it) => it.question.item));
  const added = batch.questions
    .filter((it) => !known.has(it.item) && !unsent.has(it.item))
    .map((question): Entry => ({ question, answers: [] }));
  const next = {
    ...session,
    entries: [...kept, ...added],
    phase: batch.phase,
    nLeft: batch.n_left,
    nAudit: batch.n_audit,
  };
  const item = shown?.question.item;
  const at = next.entries.findIndex((it) => it.question.item === item);
  return at < 0
    ? toOpen({ ...next, cursor: Math.min(session.cursor, kept.length) })
    : { ...next, cursor: at };
}

function withoutAskedAgain(session: Session, batch: Batch, settled: ReadonlySet<number>): Session {
  const shown = current(session);
  const asked = new Set(batch.questions.map((it) => it.item));
  const leaving = session.entries.filter((it) => {
    const { item } = it.question;
    return it !== shown && !isOpen(it) && asked.has(item) && settled.has(item);
  });
  if (leaving.length === 0) return session;
  const items = new Set(leaving.map((it) => it.question.item));
  const cursor = session.cursor - leaving.filter((it) => isBefore(session, it)).length;
  return {
    ...session,
    entries: session.entries.filter((it) => !items.has(it.question.item)),
    cursor,
    given: session.given
      .map((group) => group.filter((it) => !items.has(it.item)))
      .filter((group) => group.length > 0),
  };
}

const isBefore = ({ entries, cursor }: Session, entry: Entry): boolean =>
  entries.indexOf(entry) < cursor;

/** Items that stand answered in this session. */
export const answeredItems = (session: Session): Set<number> =>
  new Set(session.entries.filter((it) => !isOpen(it)).map((it) => it.question.item));

function answered(session: Session, answers: readonly Given[]): Session {
  const byItem = new Map(answers.map((it) => [it.item, it]));
  let nFresh = 0;
  const entries = session.entries.map((entry) => {
    const given = byItem.get(entry.question.item);
    if (given === undefined) return entry;
    if (isOpen(entry)) nFresh += 1;
    return { ...entry, answers: [...entry.answers, { key: given.key, class: given.class }] };
  });
  return toOpen({
    ...session,
    entries,
    given: [...session.given, answers],
    takenBack: [],
    nLeft: session.nLeft === null ? null : Math.max(0, session.nLeft - nFresh),
  });
}

/** The cursor on the next open item, or behind the last where all are answered. */
function toOpen(session: Session): Session {
  const { entries, cursor } = session;
  const ahead = entries.findIndex((it, i) => cursor <= i && isOpen(it));
  const passedOver = entries.findIndex(isOpen);
  const at = ahead < 0 ? passedOver : ahead;
  return { ...session, cursor: at < 0 ? entries.length : at };
}

function undone(session: Session): Session {
  const group = session.given.at(-1);
  const first = group?.[0];
  if (group === undefined || first === undefined) return session;
  const keys = new Set(group.map((it) => it.key));
  const without = group.reduce(
    (all, { item }) =>
      mapEntry(all, item, (it) => ({
        ...it,
        answers: it.answers.filter((answer) => !keys.has(answer.key)),
      })),
    session,
  );
  const nReopened = group.filter(({ item }) => {
    const entry = without.entries.find((it) => it.question.item === item);
    return entry !== undefined && isOpen(entry);
  }).length;
  return {
    ...without,
    cursor: placeOf(without, first.item),
    given: session.given.slice(0, -1),
    takenBack: [...session.takenBack, group],
    nLeft: session.nLeft === null ? null : session.nLeft + nReopened,
  };
}

/** An answer of an earlier session was undone by the server: its item is shown again. */
function restored(session: Session, question: Question, answer: number | null): Session {
  const others = session.entries.filter((it) => it.question.item !== question.item);
  const at = Math.min(session.cursor, others.length);
  const entries = [...others.slice(0, at), { question, answers: [] }, ...others.slice(at)];
  const group = [{ item: question.item, key: "", class: answer }];
  return { ...session, entries, cursor: at, takenBack: [...session.takenBack, group] };
}

/** The server took back another answer than was meant, or refused one: it no longer stands. */
function retracted(session: Session, item: number, key: string): Session {
  const without = mapEntry(session, item, (it) => ({
    ...it,
    answers: it.answers.filter((answer) => answer.key !== key),
  }));
  const given = session.given
    .map((group) => group.filter((it) => it.key !== key))
    .filter((group) => group.length > 0);
  return { ...without, given };
}

/** An open item that is not on screen leaves; one on screen stays until it is answered. */
function gone(session: Session, item: number): Session {
  const shown = current(session);
  const at = session.entries.findIndex((it) => it.question.item === item);
  const entry = session.entries[at];
  if (entry === undefined || entry === shown || !isOpen(entry)) return session;
  const entries = session.entries.filter((it) => it !== entry);
  return { ...session, entries, cursor: at < session.cursor ? session.cursor - 1 : session.cursor };
}

function mapEntry(session: Session, item: number, change: (entry: Entry) => Entry): Session {
  const entries = session.entries.map((it) => (it.question.item === item ? change(it) : it));
  return { ...session, entries };
}

function placeOf(session: Session, item: number): number {
  const at = session.entries.findIndex((it) => it.question.item === item);
  return at < 0 ? session.cursor : at;
}
