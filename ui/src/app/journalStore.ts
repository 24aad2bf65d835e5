// The journal in the browser's IndexedDB, shared by all tabs. Each function is
// one transaction, so that two tabs never see half of a change.

import { nextToSend, takeBack, type Line, type NewLine, type Told } from "../state/journal";

const STORE = "lines";
const OWNER = "owner";
let opened: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("annota", 1);
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore(STORE, {
        keyPath: "seq",
        autoIncrement: true,
      });
      store.createIndex(OWNER, ["project", "user"]);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => {
      opened = null;
      reject(request.error ?? new Error("the browser refuses to keep a journal"));
    };
  });
  return opened;
}

/** Begins to open the journal, which takes a while, before anybody reads it. */
export function openJournal(): void {
  // Who reads it is told why that fails.
  database().catch(() => undefined);
}

const result = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the journal could not be read"));
  });

/**
 * Runs `work` in one transaction and waits until it is done. What a person
 * answered is then on the disk; all else is done again where it is lost, and
 * must not keep answers waiting.
 */
async function transact<T>(
  work: (store: IDBObjectStore) => Promise<T>,
  mode: IDBTransactionMode = "readwrite",
  durability: IDBTransactionDurability = "relaxed",
): Promise<T> {
  const transaction = (await database()).transaction(STORE, mode, { durability });
  const done = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () =>
      reject(transaction.error ?? new Error("the journal was not written"));
  });
  const [value] = await Promise.all([work(transaction.objectStore(STORE)), done]);
  return value;
}

const ownedBy = (store: IDBObjectStore, project: string, user: string): Promise<Line[]> =>
  result(store.index(OWNER).getAll([project, user]) as IDBRequest<Line[]>).then((lines) =>
    lines.sort((a, b) => a.seq - b.seq),
  );

export function append(lines: readonly NewLine[]): Promise<void> {
  const add = async (store: IDBObjectStore) => {
    await Promise.all(lines.map((line) => result(store.add(line))));
  };
  return transact(add, "readwrite", "strict");
}

export function list(project: string, user: string): Promise<Line[]> {
  return transact((store) => ownedBy(store, project, user), "readonly");
}

/** The lines to send next, marked as tried before anyone sends them. */
export function take(project: string, user: string): Promise<Line[]> {
  return transact(async (store) => {
    const lines = nextToSend(await ownedBy(store, project, user));
    for (const line of lines) if (!line.isTried) store.put({ ...line, isTried: true });
    return lines;
  });
}

export function remove(seqs: readonly number[]): Promise<void> {
  return transact(async (store) => {
    for (const seq of seqs) await result(store.delete(seq));
  });
}

/** Takes the answer `of` back, see `takeBack`; `undo` is written where the server has to be told. */
export function strikeOrTell(
  project: string,
  user: string,
  undo: Extract<Told, { kind: "undo" }>,
): Promise<void> {
  return transact(async (store) => {
    const way = takeBack(await ownedBy(store, project, user), undo.of);
    if (way.kind === "strike") await result(store.delete(way.seq));
    else await result(store.add({ project, user, told: undo, isTried: false } satisfies NewLine));
  });
}
