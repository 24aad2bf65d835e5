// From what was dropped or picked to a list of files with their paths. Reads
// names and sizes only; contents are read when they are sent.

import { api } from "../../api";
import { isLeftOut, type Chosen } from "../../state/upload";

export type ChosenFile = Chosen & Readonly<{ file: File }>;
/** `classes` are known where the data is the example. */
export type Choosing = Readonly<{
  files: readonly ChosenFile[];
  nLeftOut: number;
  classes?: readonly string[];
}>;

/** Written by example.mjs. */
const EXAMPLE = "handwritten-digits.idx3-ubyte.gz";
const DIGITS = [..."0123456789"];

/** The data to try on that comes with the page. */
export async function fromExample(): Promise<Choosing> {
  const file = new File([await api.example(EXAMPLE)], EXAMPLE);
  return { files: [chosen(EXAMPLE, file)], nLeftOut: 0, classes: DIGITS };
}

/** Files of an `<input type="file">`, with the path below the folder that was picked. */
export function fromInput(list: FileList): Choosing {
  return sorted([...list].map((file) => chosen(file.webkitRelativePath || file.name, file)));
}

/**
 * Files of a drop, folders walked to their ends. The entries must be taken
 * while the event lasts, so this is called without waiting for anything before.
 */
export async function fromDrop(items: DataTransferItemList): Promise<Choosing> {
  const entries = [...items].flatMap((it) => it.webkitGetAsEntry() ?? []);
  const found: ChosenFile[] = [];
  for (const entry of entries) await walk(entry, found);
  return sorted(found);
}

async function walk(entry: FileSystemEntry, found: ChosenFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push(chosen(entry.fullPath.replace(/^\//, ""), file));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives a hundred entries at a time, and none when it is done.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    for (const it of some) await walk(it, found);
  }
}

const chosen = (path: string, file: File): ChosenFile => ({ path, size: file.size, file });

function sorted(all: ChosenFile[]): Choosing {
  const files = all.filter((it) => !isLeftOut(it.path));
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, nLeftOut: all.length - files.length };
}
