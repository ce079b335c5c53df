import { describe, expect, it } from "vitest";
import { busyDelayMs, isBusy, retryWhileBusy } from "../../../src/database/sqlite/busy-retry.ts";
import { WriteLock } from "../../../src/database/sqlite/write-lock.ts";
import { DeadlineError } from "../../../src/errors.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const forever = { deadline: Number.POSITIVE_INFINITY };
const busy = () => Object.assign(new Error("database is locked"), { code: "ERR_SQLITE_ERROR", errcode: 5 });

describe("WriteLock", () => {
  it("grants its turns in the order of asking", async () => {
    const lock = new WriteLock(new FakeClock());
    const order: number[] = [];
    expect(lock.tryAcquire()).toBe(true);
    expect(lock.tryAcquire()).toBe(false);
    for (const turn of [1, 2, 3]) void lock.acquire(forever).then(() => order.push(turn));
    await settle();
    expect([lock.waiting, order]).toEqual([3, []]);
    for (const expected of [[1], [1, 2], [1, 2, 3]]) {
      lock.release();
      await settle();
      expect(order).toEqual(expected);
    }
    lock.release();
    expect(lock.held).toBe(false);
  });

  it("refuses at the deadline, and the turn goes to the next", async () => {
    const clock = new FakeClock();
    const lock = new WriteLock(clock);
    lock.tryAcquire();
    const late = lock.acquire({ deadline: 10 }).catch((error: unknown) => error);
    const next = lock.acquire(forever);
    await clock.advance(10);
    expect(await late).toMatchObject({ code: "VICTOR_DEADLINE", timeoutMs: 10 });
    lock.release();
    await next;
    expect([lock.held, lock.waiting, clock.pending]).toEqual([true, 0, 0]);
  });

  it("rejects with the signal's reason when it aborts, also when it had aborted before", async () => {
    const lock = new WriteLock(new FakeClock());
    lock.tryAcquire();
    const controller = new AbortController();
    const waiting = lock.acquire({ ...forever, signal: controller.signal });
    const reason = new Error("no longer needed");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(lock.acquire({ ...forever, signal: controller.signal })).rejects.toBe(reason);
    expect(lock.waiting).toBe(0);
  });
});

describe("retryWhileBusy", () => {
  it("waits 1, 2, 4, … and at most 50 ms between tries", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 20].map(busyDelayMs)).toEqual([1, 2, 4, 8, 16, 32, 50, 50]);
  });

  it("tries until nobody is in the way", async () => {
    const clock = new FakeClock();
    const at: number[] = [];
    const result = retryWhileBusy(
      () => {
        at.push(clock.now());
        if (at.length < 5) throw busy();
        return "done";
      },
      forever,
      5000,
      clock,
    );
    await clock.advance(100);
    expect(await result).toBe("done");
    expect(at).toEqual([0, 1, 3, 7, 15]);
  });

  it("passes the driver's error on after the busy timeout", async () => {
    const clock = new FakeClock();
    const error = busy();
    const result = retryWhileBusy(
      () => {
        throw error;
      },
      forever,
      20,
      clock,
    ).catch((reason: unknown) => [reason, clock.now()]);
    await clock.advance(1000);
    expect(await result).toEqual([error, 31]);
  });

  it("gives up at the deadline with a DeadlineError that names the cause", async () => {
    const clock = new FakeClock();
    const error = busy();
    const result = retryWhileBusy(
      () => {
        throw error;
      },
      { deadline: 10 },
      5000,
      clock,
    ).catch((reason: unknown) => [reason, clock.now()]);
    await clock.advance(1000);
    const [reason, at] = (await result) as [DeadlineError, number];
    expect(reason).toBeInstanceOf(DeadlineError);
    expect([reason.cause, at]).toEqual([error, 10]);
  });

  it("stops at once when the signal aborts between two tries", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const result = retryWhileBusy(
      () => {
        throw busy();
      },
      { ...forever, signal: controller.signal },
      5000,
      clock,
    );
    await clock.advance(5);
    controller.abort(new Error("stop"));
    await expect(result).rejects.toThrow("stop");
    expect(clock.pending).toBe(0);
  });

  it("knows both drivers' busy errors, extended ones too, and no others", () => {
    expect(isBusy({ errcode: 5 })).toBe(true);
    expect(isBusy({ errcode: 517 })).toBe(true);
    expect(isBusy({ errcode: 262 })).toBe(true);
    expect(isBusy({ code: "SQLITE_BUSY_SNAPSHOT" })).toBe(true);
    expect(isBusy({ errcode: 13 })).toBe(false);
    expect(isBusy({ code: "SQLITE_FULL" })).toBe(false);
    expect(isBusy(null)).toBe(false);
  });
});
