// Whether somebody is at the page: it is in sight, and was touched of late.

/** After so long without a key or a pointer, nobody is there. */
export const AWAY_MS = 5 * 60_000;

const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel"] as const;
const watchers = new Set<() => void>();
let seenAt = Date.now();

export const isAway = (): boolean => document.hidden || AWAY_MS < Date.now() - seenAt;

/** Calls `back` whenever somebody is there again; returns what ends that. */
export function watchReturn(back: () => void): () => void {
  watchers.add(back);
  return () => void watchers.delete(back);
}

function seen(): void {
  const wasAway = AWAY_MS < Date.now() - seenAt;
  seenAt = Date.now();
  if (wasAway) watchers.forEach((back) => back());
}

function shown(): void {
  if (document.hidden) return;
  seenAt = Date.now();
  watchers.forEach((back) => back());
}

/** Begins to watch the window. */
export function watchPresence(): void {
  for (const sign of SIGNS) addEventListener(sign, seen, { passive: true, capture: true });
  document.addEventListener("visibilitychange", shown);
}
