import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { AWAY_MS, isAway, watchPresence, watchReturn } from "./presence";

const page = Object.assign(new EventTarget(), { hidden: false });
const back = vi.fn();
let stop: () => void;
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", page);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  watchPresence();
  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  stop = watchReturn(back.mockReset());
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

test("who touches nothing for five minutes is away, and is back with the first touch", () => {
  vi.advanceTimersByTime(AWAY_MS);
  expect(isAway()).toBe(false);
  vi.advanceTimersByTime(1);
  expect(isAway()).toBe(true);
  page.dispatchEvent(new Event("pointermove"));
  expect(isAway()).toBe(false);
  expect(back).toHaveBeenCalledOnce();
  page.dispatchEvent(new Event("keydown"));
  expect(back).toHaveBeenCalledOnce();
});

test("nobody is at a page out of sight", () => {
  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  expect(isAway()).toBe(true);
  expect(back).not.toHaveBeenCalled();
  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  expect(isAway()).toBe(false);
  expect(back).toHaveBeenCalledOnce();
});
