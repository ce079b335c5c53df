import { expect, test } from "vitest";
import { type LibuvGround, sizeLibuvThreads } from "../../../src/concurrency/libuv-threads.ts";

/** @param counts what the system shows, look after look */
const ground = (counts: readonly (number | undefined)[], isMainThread = true) => {
  const left = [...counts];
  const env: NodeJS.ProcessEnv = {};
  let uses = 0;
  const made: LibuvGround = { isMainThread, env, count: () => left.shift(), use: () => uses++ };
  return { made, env, uses: () => uses };
};

test("a pool that wasn't used yet is started with the wish", () => {
  const { made, env, uses } = ground([0, 12]);
  expect(sizeLibuvThreads(12, made)).toEqual({ requested: 12, effect: "applied", threads: 12 });
  expect([env.UV_THREADPOOL_SIZE, uses()]).toEqual(["12", 1]);
});

test("a pool that was used keeps its size, and the environment stays as it was", () => {
  const { made, env, uses } = ground([4]);
  expect(sizeLibuvThreads(12, made)).toEqual({ requested: 12, effect: "already started", threads: 4 });
  expect([env.UV_THREADPOOL_SIZE, uses()]).toEqual([undefined, 0]);
});

test("where the system doesn't show threads, nothing is claimed", () => {
  const { made, env, uses } = ground([undefined]);
  expect(sizeLibuvThreads(12, made)).toEqual({ requested: 12, effect: "unverified", threads: undefined });
  expect([env.UV_THREADPOOL_SIZE, uses()]).toEqual(["12", 0]);
});

test("another number than the wished one isn't called applied", () => {
  expect(sizeLibuvThreads(12, ground([0, 4]).made)).toMatchObject({ effect: "unverified", threads: 4 });
});

test("in a worker thread the environment is a copy, so nothing is done", () => {
  const { made, env } = ground([0], false);
  expect(sizeLibuvThreads(12, made)).toMatchObject({ effect: "not in a thread" });
  expect(env).toEqual({});
});
