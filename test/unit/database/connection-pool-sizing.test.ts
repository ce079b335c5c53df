import { describe, expect, it } from "vitest";
import {
  connectionsNeeded,
  lifetimeMs,
  MovingMean,
  nextCare,
  patienceMs,
  retryDelayMs,
  roundsAhead,
} from "../../../src/database/pool/pool-sizing.ts";

describe("connectionsNeeded", () => {
  const needed = (waiting: number, present: number, useMs?: number, connectMs?: number) =>
    connectionsNeeded({ waiting, present, useMs, connectMs });

  it("opens one for each waiter while nothing has ever been opened", () => {
    expect(needed(50, 0)).toBe(50);
    expect(needed(1, 0)).toBe(1);
    expect(needed(0, 0)).toBe(0);
  });
  it("waits for the first return when something is out and nothing has come back yet", () => {
    expect(needed(45, 5, undefined, 150)).toBe(0);
  });
  it("opens one for each waiter when nothing is present and no use time is known", () => {
    expect(needed(7, 0, undefined, 150)).toBe(7);
  });
  it("opens none for a queue that the present connections empty sooner than a new one is there", () => {
    expect(needed(45, 5, 2, 150)).toBe(0);
    // 5 × 1.25 × 150 / 2 = 468.75 are reached in time.
    expect(needed(468, 5, 2, 150)).toBe(0);
  });
  it("opens as few as reach the last waiter within 1.25 connect times", () => {
    // One more reaches 0.25 × 150 / 2 = 18.75 waiters.
    expect(needed(469, 5, 2, 150)).toBe(1);
    expect(needed(487, 5, 2, 150)).toBe(1);
    expect(needed(488, 5, 2, 150)).toBe(2);
    expect(needed(50, 0, 2, 150)).toBe(3);
  });
  it("opens one for each waiter that is not reached before, when holders keep connections for long", () => {
    expect(needed(45, 5, 10_000, 150)).toBe(45);
    // 5 × 150 / 100 = 7.5: seven are reached before a new one is there.
    expect(needed(45, 5, 100, 150)).toBe(38);
  });
  it("opens one for each waiter when connecting takes no time, and none when using takes none", () => {
    expect(needed(45, 5, 2, 0)).toBe(45);
    expect(needed(45, 5, 0, 150)).toBe(0);
    expect(needed(45, 0, 0, 150)).toBe(1);
  });
  it("never asks for more than one for each waiter", () => {
    for (let waiting = 0; waiting < 30; waiting++)
      for (let present = 0; present < 6; present++)
        for (const useMs of [undefined, 0, 0.5, 3, 40, 1000])
          for (const connectMs of [undefined, 0, 0.1, 5, 150]) {
            const count = needed(waiting, present, useMs, connectMs);
            expect(Number.isInteger(count) && count >= 0 && count <= waiting).toBe(true);
          }
  });
});

describe("patience", () => {
  it("is the expected wait, at most the time to connect, and a quarter of that time", () => {
    expect(roundsAhead(45, 5)).toBe(9);
    expect(patienceMs(9, { useMs: 2, connectMs: 150 })).toBe(18 + 37.5);
    expect(patienceMs(90, { useMs: 2, connectMs: 150 })).toBe(150 + 37.5);
  });
  it("is the slack alone while no use time is known or nothing is present", () => {
    expect(patienceMs(9, { useMs: undefined, connectMs: 150 })).toBe(37.5);
    expect(patienceMs(roundsAhead(3, 0), { useMs: 2, connectMs: 150 })).toBe(37.5);
  });
  it("has no end while nothing has ever been opened", () => {
    expect(patienceMs(1, { useMs: undefined, connectMs: undefined })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("nextCare", () => {
  const options = { idleTimeoutMs: 600, keepaliveMs: 100 };
  const slot = { expiresAt: 1000, idleSince: 0, aliveAt: 0 };
  it("pings when a connection hasn't been seen alive for keepaliveMs", () => {
    expect(nextCare(slot, true, options)).toEqual({ what: "ping", at: 100 });
    expect(nextCare({ ...slot, aliveAt: 450 }, true, options)).toEqual({ what: "ping", at: 550 });
  });
  it("retires at the idle timeout, but only above the minimum", () => {
    expect(nextCare({ ...slot, aliveAt: 550 }, true, options)).toEqual({ what: "retire", at: 600 });
    expect(nextCare({ ...slot, aliveAt: 550 }, false, options)).toEqual({ what: "ping", at: 650 });
  });
  it("retires at the end of its life, the minimum notwithstanding", () => {
    expect(nextCare({ ...slot, aliveAt: 950 }, false, options)).toEqual({ what: "retire", at: 1000 });
  });
});

describe("jitter", () => {
  it("shortens a lifetime by up to 2.5 %", () => {
    expect(lifetimeMs(1000, 0)).toBe(1000);
    expect(lifetimeMs(1000, 1)).toBe(975);
    expect(lifetimeMs(Number.POSITIVE_INFINITY, 0.5)).toBe(Number.POSITIVE_INFINITY);
  });
  it("doubles the pause after each failure up to 5 s, half of it random", () => {
    expect([1, 2, 3, 7, 8, 100].map((n) => retryDelayMs(n, 1))).toEqual([50, 100, 200, 3200, 5000, 5000]);
    expect(retryDelayMs(3, 0)).toBe(100);
  });
});

describe("MovingMean", () => {
  it("is a plain mean at first and then moves by 1/span", () => {
    const mean = new MovingMean(4);
    expect(mean.value).toBe(undefined);
    for (const value of [2, 4, 6, 8]) mean.add(value);
    expect(mean.value).toBe(5);
    mean.add(9);
    expect(mean.value).toBe(6);
  });
});
