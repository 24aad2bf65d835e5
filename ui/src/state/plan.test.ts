import { expect, test } from "vitest";

import { minutesLeft, secondsEach } from "./plan";

const plan = (seconds: number | null, minutes: number | null = 12) => ({
  pace: { seconds_per_answer: seconds, answers_per_minute: 20, n_today: 5 },
  forecast: { answers: 100, low: 80, high: 130, minutes },
});

test("the time left follows from the pace of people", () => {
  expect(secondsEach(plan(3.2))).toBe(3.2);
  expect(minutesLeft(plan(3.2))).toBe(12);
});

test("the pace of an oracle promises nothing to people", () => {
  expect(secondsEach(plan(0.001))).toBe(null);
  expect(minutesLeft(plan(0.001, 0.0))).toBe(null);
});

test("without answers or a forecast there is no time", () => {
  expect(minutesLeft(plan(null))).toBe(null);
  expect(minutesLeft({ ...plan(2), forecast: null })).toBe(null);
});
