// What a plan tells about the time that is left, as pure functions. Asks nobody.

import type { Plan } from "../api.types";

/** Nobody reads and answers faster: such a pace is a program's, and tells nothing of people. */
const FASTEST_S = 0.2;

/** Seconds that a person takes for an answer, or `null` where people have not answered enough. */
export function secondsEach({ pace }: Pick<Plan, "pace">): number | null {
  const seconds = pace.seconds_per_answer;
  return seconds === null || seconds < FASTEST_S ? null : seconds;
}

/** Minutes of a person's work that are left, or `null` where that cannot be told. */
export function minutesLeft(plan: Pick<Plan, "pace" | "forecast">): number | null {
  return secondsEach(plan) === null ? null : (plan.forecast?.minutes ?? null);
}
