// How many lines of the journal are not sent yet, as far as one may say so
// while lines are being written. Knows neither the journal nor the sender.

export type Unsent = Readonly<{
  /** Counts anew. While something is written it does nothing: it is counted after. */
  count: () => Promise<void>;
  /** Writes `n` lines, which count from now on. */
  write: <T>(n: number, write: () => Promise<T>) => Promise<T>;
  isWriting: () => boolean;
}>;

type Show = (next: (before: number) => number) => void;

export function newUnsent(read: () => Promise<number>, show: Show): Unsent {
  let nBegun = 0;
  let nOpen = 0;
  const count = async () => {
    if (0 < nOpen) return;
    const begun = nBegun;
    const n = await read();
    // What was begun since is not in `n`.
    if (nBegun === begun) show(() => n);
  };
  const write: Unsent["write"] = async (n, write) => {
    nBegun += 1;
    nOpen += 1;
    show((before) => before + n);
    try {
      return await write();
    } finally {
      nOpen -= 1;
      void count();
    }
  };
  return { count, write, isWriting: () => 0 < nOpen };
}
