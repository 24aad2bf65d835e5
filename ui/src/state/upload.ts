// A new project on its way from a dropped folder to imported items, as pure
// functions: what is sent, in which portions, and how far it is. Reads no file.

/** A file that was chosen: its path below the folder that was dropped, and its size in bytes. */
export type Chosen = Readonly<{ path: string; size: number }>;

/** Files that systems leave in folders and nobody means to label. */
export function isLeftOut(path: string): boolean {
  const parts = path.split("/");
  const name = parts.at(-1) ?? "";
  return parts.some((it) => it.startsWith(".")) || /^(thumbs\.db|desktop\.ini)$/i.test(name);
}

const MOST_FILES = 200;
const MOST_SIZE = 16 * 2 ** 20;

/**
 * Cuts the files into portions of one request each: a few hundred small files,
 * or one large one. Every portion is `[start, end)`; order is kept.
 */
export function portions(files: readonly Chosen[]): [number, number][] {
  const cuts: [number, number][] = [];
  let start = 0;
  let size = 0;
  for (const [at, file] of files.entries()) {
    const isFull = MOST_FILES <= at - start || MOST_SIZE < size + file.size;
    if (start < at && isFull) {
      cuts.push([start, at]);
      start = at;
      size = 0;
    }
    size += file.size;
  }
  if (start < files.length) cuts.push([start, files.length]);
  return cuts;
}

export const sizeOf = (files: readonly Chosen[]): number =>
  files.reduce((sum, it) => sum + it.size, 0);

/** The name the data suggests: of the one folder all lies in, or of the one file. */
export function suggestedName(files: readonly Chosen[]): string {
  const first = files[0];
  if (first === undefined) return "";
  const top = first.path.split("/")[0] ?? "";
  const isOneFolder = files.every((it) => it.path.startsWith(`${top}/`));
  const name = isOneFolder || files.length === 1 ? top : "";
  return name.replace(/(?<=.)\.[a-z0-9]{1,8}$/i, "").trim();
}

/**
 * The files as they are sent. A folder with folders in it is opened: those below
 * are what may be named after the classes. One with nothing but files stays.
 */
export function opened<T extends Chosen>(files: readonly T[]): readonly T[] {
  const top = `${files[0]?.path.split("/")[0] ?? ""}/`;
  const isOneFolder = files.every((it) => it.path.startsWith(top));
  const isDeep = files.some((it) => it.path.slice(top.length).includes("/"));
  if (!isOneFolder || !isDeep) return files;
  return files.map((it) => ({ ...it, path: it.path.slice(top.length) }));
}

const PICTURES = /\.(png|jpe?g|gif|webp|bmp|tiff?)$/i;
const TABLES = /\.(csv|tsv|jsonl?|ndjson|parquet|txt)$/i;

/** Many pictures in one file: NumPy's and MNIST's formats. */
const ARRAYS = /(\.npz|\.idx[34]|idx[34]-ubyte)(\.gz)?$/i;

export type Kinds = Readonly<{
  n_pictures: number;
  n_arrays: number;
  n_tables: number;
  n_others: number;
}>;

/** What the files look like, to be shown before anything is sent; the server decides. */
export function kindsOf(files: readonly Chosen[]): Kinds {
  const count = (kind: RegExp) => files.filter((it) => kind.test(it.path)).length;
  const [n_pictures, n_arrays, n_tables] = [count(PICTURES), count(ARRAYS), count(TABLES)];
  return {
    n_pictures,
    n_arrays,
    n_tables,
    n_others: files.length - n_pictures - n_arrays - n_tables,
  };
}

/** Class names from what was typed: one a line, or with commas between; none twice. */
export function classesFrom(typed: string): string[] {
  const names = typed.split(/[\n,;，、；]+/).map((it) => it.trim());
  return [...new Set(names.filter((it) => it !== ""))];
}

export const WHOSE = ["person", "gold", "crowd", "model"] as const;
export type Whose = (typeof WHOSE)[number];

/**
 * Under which name labels come in until another is typed. Only a person's are
 * by the one who brings them: whoever is checked truth can answer no more.
 */
export const usualName = (whose: Whose, me: string): string => (whose === "person" ? me : whose);

export type Sent = Readonly<{ nPortions: number; nFiles: number; size: number }>;

/** Where the making of a project stands. `stopped` keeps what to go on from. */
export type Making =
  | Readonly<{ kind: "choosing" }>
  | Readonly<{ kind: "creating" }>
  | Readonly<{ kind: "sending"; project: string; sent: Sent }>
  | Readonly<{ kind: "importing"; project: string }>
  | Readonly<{ kind: "stopped"; at: Exclude<Making, { kind: "stopped" }>; error: unknown }>;

export type MakingEvent =
  | Readonly<{ kind: "started" }>
  | Readonly<{ kind: "created"; project: string }>
  | Readonly<{ kind: "sent"; nFiles: number; size: number }>
  | Readonly<{ kind: "handedOver" }>
  | Readonly<{ kind: "failed"; error: unknown }>
  | Readonly<{ kind: "retried" }>;

const NOTHING_SENT: Sent = { nPortions: 0, nFiles: 0, size: 0 };

export function making(state: Making, event: MakingEvent): Making {
  switch (event.kind) {
    case "started":
      return { kind: "creating" };
    case "created":
      return { kind: "sending", project: event.project, sent: NOTHING_SENT };
    case "sent": {
      if (state.kind !== "sending") return state;
      const { nPortions, nFiles, size } = state.sent;
      const sent = {
        nPortions: nPortions + 1,
        nFiles: nFiles + event.nFiles,
        size: size + event.size,
      };
      return { ...state, sent };
    }
    case "handedOver":
      return state.kind === "sending" ? { kind: "importing", project: state.project } : state;
    case "failed":
      return state.kind === "stopped" ? state : { kind: "stopped", at: state, error: event.error };
    case "retried":
      // A name that was refused is chosen anew; what was sent is not sent twice.
      if (state.kind !== "stopped") return state;
      return state.at.kind === "creating" ? { kind: "choosing" } : state.at;
  }
}
