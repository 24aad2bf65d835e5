import { expect, test } from "vitest";

import { newUnsent } from "./unsent";

/** A journal of `n` lines whose reads end when they are told to. */
function journal() {
  const state = { n: 0, shown: [] as number[], ends: [] as (() => void)[] };
  const read = () => {
    const { n } = state;
    return new Promise<number>((resolve) => state.ends.push(() => resolve(n)));
  };
  const show = (next: (before: number) => number) =>
    state.shown.push(next(state.shown.at(-1) ?? 0));
  return { state, unsent: newUnsent(read, show) };
}

test("a count that ends after the next answer began does not hide it", async () => {
  const { state, unsent } = journal();
  const counting = unsent.count();
  let endWriting = () => {};
  const writing = unsent.write(1, () => new Promise<void>((resolve) => (endWriting = resolve)));
  state.ends.shift()?.();
  await counting;
  expect(state.shown).toEqual([1]);

  // Nor does one that began while the answer was on its way to the disk.
  await unsent.count();
  expect([state.shown, unsent.isWriting()]).toEqual([[1], true]);
  state.n = 1;
  endWriting();
  await writing;
  state.ends.shift()?.();
  await expect.poll(() => state.shown).toEqual([1, 1]);
  expect(unsent.isWriting()).toBe(false);
});

test("an answer that could not be written counts no more", async () => {
  const { state, unsent } = journal();
  const writing = unsent.write(2, () => Promise.reject(new Error("the disk is full")));
  await expect(writing).rejects.toThrow("the disk is full");
  state.ends.shift()?.();
  await expect.poll(() => state.shown).toEqual([2, 0]);
});
