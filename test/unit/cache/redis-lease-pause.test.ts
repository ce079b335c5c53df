import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { leasePause } from "../../../src/cache/redis/lease-pause.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a wait for a lease that was left starts no timer when the server's answer comes", async () => {
  const answer = Promise.withResolvers<boolean>();
  const leaving = new AbortController();
  const waited = leasePause(answer.promise, () => undefined, 1_000, leaving.signal);
  leaving.abort();
  await waited;
  answer.resolve(false);
  await Promise.resolve();
  await Promise.resolve();
  expect(vi.getTimerCount()).toBe(0);
});

test("a wait whose server can't say when the lease ends is over soon", async () => {
  const waited = leasePause(Promise.resolve(false), () => undefined, 1_000, undefined);
  await vi.advanceTimersByTimeAsync(50);
  await waited;
  expect(vi.getTimerCount()).toBe(0);
});
