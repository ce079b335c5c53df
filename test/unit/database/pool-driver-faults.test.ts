import { beforeEach, describe, expect, test, vi } from "vitest";
import { ConnectionPool, type PoolOptions } from "../../../src/database/pool/connection-pool.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FakeConnection, FakePoolTarget } from "../../support/fake-pool-target.ts";

/** A driver that breaks its contract: what it must never throw, it throws when told to. */
class RudeTarget extends FakePoolTarget {
  usableThrows = false;
  destroyFails: "no" | "throws" | "rejects" = "no";
  readonly destroyed: number[] = [];

  override usable(connection: FakeConnection): boolean {
    if (this.usableThrows) throw new Error("rude usable");
    return super.usable(connection);
  }
  override destroy(connection: FakeConnection): void {
    this.destroyed.push(connection.id);
    super.destroy(connection);
    if (this.destroyFails === "throws") throw new Error("rude destroy");
  }
}

/** An async `destroy` passes for one that returns nothing. */
class AsyncTarget extends RudeTarget {
  override destroy(connection: FakeConnection): Promise<void> {
    super.destroy(connection);
    return this.destroyFails === "rejects" ? Promise.reject(new Error("rude destroy")) : Promise.resolve();
  }
}

function setUp(options: PoolOptions) {
  const clock = new FakeClock();
  const target = new AsyncTarget(clock);
  return { clock, target, pool: new ConnectionPool("shop", target, options, clock, () => 0.5) };
}

const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
beforeEach(() => warning.mockClear());

describe("a driver whose `usable` throws", () => {
  test("on release: the connection counts as broken and its place is free again", async () => {
    const { clock, target, pool } = setUp({ maxSize: 1 });
    const first = pool.acquire();
    await clock.advance(10);
    target.usableThrows = true;
    (await first).release();
    target.usableThrows = false;
    expect(target.destroyed).toEqual([0]);
    expect(pool.stats()).toMatchObject({ size: 0, idle: 0, used: 0, closed: 1 });
    const second = pool.acquire();
    await clock.advance(10);
    expect((await second).connection.id).toBe(1);
  });

  test("in acquire: the broken one goes and another is opened", async () => {
    const { clock, target, pool } = setUp({ maxSize: 1 });
    const first = pool.acquire();
    await clock.advance(10);
    (await first).release();
    target.usableThrows = true;
    const second = pool.acquire();
    target.usableThrows = false;
    await clock.advance(10);
    expect((await second).connection.id).toBe(1);
    expect(target.destroyed).toEqual([0]);
  });

  test("on a lease: it is not usable", async () => {
    const { clock, target, pool } = setUp({ maxSize: 1 });
    const acquired = pool.acquire();
    await clock.advance(10);
    const lease = await acquired;
    expect(lease.usable).toBe(true);
    target.usableThrows = true;
    expect(lease.usable).toBe(false);
    target.usableThrows = false;
    lease.release();
    expect(lease.usable).toBe(false);
  });

  test("right after connecting, always: connecting counts as failed, and pauses before the next attempt", async () => {
    const { clock, target, pool } = setUp({ maxSize: 1, acquireTimeoutMs: 2000 });
    target.usableThrows = true;
    const acquired = pool.acquire();
    acquired.catch(() => undefined);
    await clock.advance(2000);
    await expect(acquired).rejects.toMatchObject({
      code: "VICTOR_POOL_TIMEOUT",
      cause: { message: "the connection was broken as soon as it was open" },
    });
    expect(target.attempts).toBeGreaterThan(1);
    expect(target.attempts).toBeLessThan(12);
    expect(pool.stats()).toMatchObject({ opened: 0, connectFailures: target.connections.length, size: 0 });
    expect(target.open).toBe(0);
  });

  test("is counted each time, and warned of once", async () => {
    const { clock, target, pool } = setUp({ maxSize: 2 });
    const both = [pool.acquire(), pool.acquire()];
    await clock.advance(20);
    const leases = await Promise.all(both);
    target.usableThrows = true;
    for (const lease of leases) lease.release();
    const { driverFaults } = pool.stats();
    expect(driverFaults).toBeGreaterThanOrEqual(2);
    expect(warning.mock.calls).toEqual([
      [
        "pool shop: the driver's usable failed, which it must not; the connection is given up: rude usable",
        { code: "VICTOR_POOL_DRIVER", type: "PoolDriverWarning" },
      ],
    ]);
    const sample = [...pool.collect()].find(({ name }) => name === "victor.pool.driver_faults");
    expect(sample).toMatchObject({ type: "counter", value: driverFaults });
  });
});

describe.each(["throws", "rejects"] as const)("a driver whose `destroy` %s", (destroyFails) => {
  test("close resolves all the same, and destroys every connection", async () => {
    const { clock, target, pool } = setUp({ maxSize: 3 });
    const all = [pool.acquire(), pool.acquire(), pool.acquire()];
    await clock.advance(50);
    await Promise.all(all);
    target.destroyFails = destroyFails;
    const closed = pool.close({ deadline: clock.now() + 50 });
    await clock.advance(50);
    await expect(closed).resolves.toBeUndefined();
    expect(target.destroyed).toEqual([0, 1, 2]);
    expect(pool.stats()).toMatchObject({ size: 0, driverFaults: 3 });
    expect(warning).toHaveBeenCalledTimes(1);
  });

  test("a lease's destroy frees its place", async () => {
    const { clock, target, pool } = setUp({ maxSize: 1 });
    const first = pool.acquire();
    await clock.advance(10);
    target.destroyFails = destroyFails;
    (await first).destroy();
    const second = pool.acquire();
    await clock.advance(10);
    expect((await second).connection.id).toBe(1);
  });

  test("a connection that comes too late leaves no unhandled rejection", async () => {
    const { clock, target, pool } = setUp({ maxSize: 1, connectTimeoutMs: 5, acquireTimeoutMs: 5 });
    target.destroyFails = destroyFails;
    target.connects.push({ ms: 10, deaf: true });
    const acquired = pool.acquire();
    acquired.catch(() => undefined);
    await clock.advance(20);
    // An unhandled rejection would fail the run.
    expect(target.destroyed).toEqual([0]);
    expect(pool.stats().driverFaults).toBe(1);
    await expect(acquired).rejects.toMatchObject({ code: "VICTOR_POOL_TIMEOUT" });
  });
});

test("a driver that closes the pool while it is being closed gets the same closing, which ends with the last connection", async () => {
  const { clock, target, pool } = setUp({ maxSize: 1 });
  const first = pool.acquire();
  await clock.advance(10);
  (await first).release();
  let again: Promise<void> | undefined;
  const close = target.close.bind(target);
  target.close = (connection) => {
    again ??= pool.close();
    return close(connection);
  };
  const closing = pool.close();
  expect(again).toBe(closing);
  await clock.advance(1);
  await closing;
  expect(pool.stats()).toMatchObject({ size: 0, closed: 1 });
  expect(clock.pending).toBe(0);
});

describe("a deadline of NaN", () => {
  test("is refused by acquire, which leaves no timer", async () => {
    const { clock, pool } = setUp({ maxSize: 1 });
    const first = pool.acquire();
    await clock.advance(10);
    await first;
    const pending = clock.pending;
    await expect(pool.acquire({ deadline: Number.NaN })).rejects.toThrow(
      new RangeError("deadline: expected a time, got NaN"),
    );
    expect(clock.pending).toBe(pending);
    expect(pool.stats()).toMatchObject({ pending: 0, timeouts: 0 });
  });

  test("is refused by close, which leaves the pool open", async () => {
    const { clock, pool } = setUp({ maxSize: 1 });
    await expect(pool.close({ deadline: Number.NaN })).rejects.toThrow(RangeError);
    const first = pool.acquire();
    await clock.advance(10);
    expect((await first).connection.id).toBe(0);
  });
});
