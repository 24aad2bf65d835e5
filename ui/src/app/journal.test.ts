import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { api, ApiError } from "../api";
import type { NewAnnotation } from "../api.types";
import type { NewLine } from "../state/journal";
import * as store from "./journalStore";
import { startSender, type Outcome, type Sender } from "./sender";

const annotation = (item: number, key = `k${item}`): NewAnnotation => ({
  key,
  item,
  class: 1,
  lease: null,
  purpose: "training",
  asked_at: null,
  took_ms: null,
  suggestion: null,
});
const line = (item: number, user = "anna"): NewLine => ({
  project: "p",
  user,
  told: { kind: "annotate", annotation: annotation(item) },
  isTried: false,
});
const left = async (user = "anna") => (await store.list("p", user)).length;
const away = new ApiError(0, { code: "unreachable", message: "the server cannot be reached" });

/** A server that keeps answers by key; `fail` is thrown, before or after it took them. */
function server() {
  const taken = new Map<string, number>();
  const state = { fail: null as { error: ApiError; when: "before" | "after" } | null, refuse: "" };
  vi.spyOn(api, "annotate").mockImplementation((_, annotations) => {
    if (state.fail?.when === "before") return Promise.reject(state.fail.error);
    const good = annotations.filter((it) => it.key !== state.refuse);
    for (const { key, item } of good) taken.set(key, item);
    if (state.fail) return Promise.reject(state.fail.error);
    return Promise.resolve({
      accepted: good.map(({ key, item }) => ({ key, annotation: item })),
      refused: annotations
        .filter((it) => it.key === state.refuse)
        .map(({ key }) => ({ key, code: "not_found", message: "no such item" })),
    });
  });
  vi.spyOn(api, "undo").mockImplementation(() => {
    const [key, item] = [...taken].at(-1) ?? ["", 0];
    taken.delete(key);
    return Promise.resolve({ undone: { item }, question: { item } } as never);
  });
  return { taken, state };
}

// No Web Locks, as on a page that came over plain HTTP.
vi.stubGlobal("navigator", {});

let senders: Sender[] = [];
function sender(user = "anna", outcomes: Outcome[] = []): Sender {
  const started = startSender("p", user, (it) => outcomes.push(it));
  senders.push(started);
  return started;
}

beforeEach(async () => {
  for (const user of ["anna", "li"]) {
    await store.remove((await store.list("p", user)).map((it) => it.seq));
  }
});
afterEach(() => {
  for (const it of senders) it.stop();
  senders = [];
  vi.restoreAllMocks();
});

test("answers are sent in their order and then forgotten", async () => {
  const { taken } = server();
  await store.append([line(3), line(1), line(2)]);
  await sender().send();
  expect([...taken.values()]).toEqual([3, 1, 2]);
  expect(await left()).toBe(0);
});

test("while the server is away answers stay, and a later sender has them", async () => {
  const { taken, state } = server();
  state.fail = { error: away, when: "before" };
  await store.append([line(1), line(2)]);
  await sender().send();
  expect([taken.size, await left()]).toEqual([0, 2]);
  state.fail = null;
  await sender().send();
  expect([[...taken.values()], await left()]).toEqual([[1, 2], 0]);
});

test("an answer whose acknowledgement was lost is sent again with the same key", async () => {
  const { taken, state } = server();
  state.fail = { error: away, when: "after" };
  await store.append([line(1)]);
  await sender().send();
  expect([taken.size, await left()]).toEqual([1, 1]);
  state.fail = null;
  await sender().send();
  expect([taken.size, await left()]).toEqual([1, 0]);
});

test("undo before sending leaves no trace, after a lost acknowledgement it is told", async () => {
  const { taken, state } = server();
  await store.append([line(1)]);
  await store.strikeOrTell("p", "anna", { kind: "undo", key: "u1", of: "k1", item: 1 });
  expect(await left()).toBe(0);

  state.fail = { error: away, when: "after" };
  await store.append([line(2)]);
  await sender().send();
  await store.strikeOrTell("p", "anna", { kind: "undo", key: "u2", of: "k2", item: 2 });
  expect([taken.size, await left()]).toEqual([1, 2]);
  state.fail = null;
  const outcomes: Outcome[] = [];
  await sender("anna", outcomes).send();
  expect([taken.size, await left()]).toEqual([0, 0]);
  expect(outcomes.filter((it) => it.kind === "undone")).toHaveLength(1);
});

test("what the server refuses is told and not sent for ever", async () => {
  const { taken, state } = server();
  state.refuse = "k2";
  await store.append([line(1), line(2), line(3)]);
  const outcomes: Outcome[] = [];
  await sender("anna", outcomes).send();
  expect([[...taken.values()], await left()]).toEqual([[1, 3], 0]);
  const refused = outcomes.flatMap((it) => (it.kind === "refused" ? [it.message] : []));
  expect(refused).toEqual(["no such item"]);
});

test("a project that is gone takes its lines with it, a login that ended does not", async () => {
  const { state } = server();
  await store.append([line(1)]);
  state.fail = {
    error: new ApiError(401, { code: "unauthorised", message: "log in" }),
    when: "before",
  };
  await sender().send();
  expect(await left()).toBe(1);
  state.fail = {
    error: new ApiError(404, { code: "not_found", message: "no project" }),
    when: "before",
  };
  await sender().send();
  expect(await left()).toBe(0);
});

test("nobody sends the answers of somebody else", async () => {
  const { taken } = server();
  await store.append([line(1, "li"), line(2, "anna")]);
  await sender("anna").send();
  expect([...taken.values()]).toEqual([2]);
  expect(await left("li")).toBe(1);
});

test("answers written while others are sent go too", async () => {
  const { taken } = server();
  await store.append([line(1)]);
  const started = sender();
  const sending = started.send();
  await store.append([line(2)]);
  await Promise.all([sending, started.send()]);
  expect([...taken.values()]).toEqual([1, 2]);
});
