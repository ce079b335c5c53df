import { describe, expect, test, vi } from "vitest";
import { AdaptiveSemaphore } from "../../../src/concurrency/adaptive-semaphore.ts";
import type { Limit, LimitSample } from "../../../src/concurrency/limit.ts";
import type { AdaptiveSemaphoreOptions } from "../../../src/concurrency/semaphore-options.ts";
import { ClosedError, DeadlineError, LimitExceededError, PermitReleasedError } from "../../../src/errors.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function open(options: AdaptiveSemaphoreOptions = {}): { semaphore: AdaptiveSemaphore; clock: FakeClock } {
  const clock = new FakeClock();
  return { semaphore: new AdaptiveSemaphore("tested", { limit: 1, clock, ...options }), clock };
}

function abortable(): { signal: AbortSignal; abort: (reason: unknown) => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}

/** A limit that a test sets. */
class SetLimit implements Limit {
  current = 2;
  readonly samples: LimitSample[] = [];
  update(sample: LimitSample): number {
    this.samples.push(sample);
    return this.current;
  }
}

describe("permits", () => {
  test("as many as the limit are out at once, and the next comes when one is back", async () => {
    const { semaphore } = open({ limit: 2 });
    const first = await semaphore.acquire();
    await semaphore.acquire();
    const third = semaphore.acquire();
    expect([semaphore.inFlight, semaphore.queued]).toEqual([2, 1]);
    first.release();
    await third;
    expect([semaphore.inFlight, semaphore.queued]).toEqual([2, 0]);
  });

  test("using gives a permit back, also when the block throws", async () => {
    const { semaphore } = open();
    const fail = async (): Promise<void> => {
      using _permit = await semaphore.acquire();
      throw new Error("inside");
    };
    await expect(fail()).rejects.toThrow("inside");
    expect(semaphore.inFlight).toBe(0);
  });

  test("a permit released twice is a typed error and gives back nothing", async () => {
    const { semaphore } = open({ limit: 2 });
    await semaphore.acquire();
    const permit = await semaphore.acquire();
    permit.release();
    expect(() => permit.release()).toThrow(PermitReleasedError);
    expect(() => permit.release()).toThrow(expect.objectContaining({ code: "VICTOR_PERMIT_RELEASED" }));
    permit[Symbol.dispose]();
    expect([permit.isReleased, semaphore.inFlight]).toEqual([true, 1]);
  });

  test("a permit whose release can't be read is still out, and can be released", async () => {
    const { semaphore } = open({ limit: 1 });
    const permit = await semaphore.acquire();
    const unreadable = Object.defineProperty({}, "dropped", { get: () => JSON.parse("no value") });
    expect(() => permit.release(unreadable)).toThrow(SyntaxError);
    expect([permit.isReleased, semaphore.inFlight]).toEqual([false, 1]);
    permit.release();
    expect(semaphore.inFlight).toBe(0);
  });

  test("tryAcquire gives a permit only if there is room and nobody waits", async () => {
    const { semaphore } = open({ limit: 3 });
    const heavy = semaphore.tryAcquire({ weight: 2 });
    expect(heavy?.weight).toBe(2);
    void semaphore.acquire({ weight: 2 });
    expect(semaphore.tryAcquire()).toBeUndefined();
    heavy?.release();
    expect(semaphore.inFlight).toBe(2);
    expect(semaphore.tryAcquire({ weight: 1 })).toBeDefined();
  });

  test("run gives the result, and the permit back as dropped when the error tells of overload", async () => {
    const { semaphore } = open();
    expect(await semaphore.run(() => 7)).toBe(7);
    await expect(semaphore.run(() => Promise.reject(new Error("a bug")))).rejects.toThrow("a bug");
    expect(semaphore.stats().dropped).toBe(0);
    await expect(
      semaphore.run(() => {
        throw new DeadlineError("request", 5);
      }),
    ).rejects.toThrow(DeadlineError);
    await expect(semaphore.run(() => AbortSignal.timeout(0).throwIfAborted())).resolves.toBeUndefined();
    expect(semaphore.stats()).toMatchObject({ dropped: 1, inFlight: 0, released: 4 });
    await semaphore.run((permit) => permit.release({ dropped: true }));
    expect(semaphore.stats().dropped).toBe(2);
  });

  test("a permit that comes back as ignored makes room, and teaches the limit nothing", async () => {
    const limit = new SetLimit();
    const { semaphore, clock } = open({ limit });
    const given = await semaphore.acquire();
    const kept = await semaphore.acquire();
    const next = semaphore.acquire();
    await clock.advance(5);
    given.release({ ignored: true });
    (await next).release({ ignored: false });
    // A loss is one, whatever else is said.
    kept.release({ dropped: true, ignored: true });
    expect(limit.samples).toEqual([
      { rttMs: 0, inFlight: 2, dropped: false },
      { rttMs: 5, inFlight: 1, dropped: true },
    ]);
    expect(semaphore.stats()).toMatchObject({ released: 3, dropped: 1, runMs: { count: 2 } });
  });

  test("what run was aborted in is ignored: a caller that gives up says nothing of the service", async () => {
    const limit = new SetLimit();
    const { semaphore } = open({ limit });
    const { signal, abort } = abortable();
    const aborted = semaphore.run(
      () => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    await settle();
    abort(undefined);
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    expect(limit.samples).toEqual([]);
    await semaphore.run(() => Promise.reject(new Error("a bug"))).catch(() => undefined);
    expect(limit.samples).toHaveLength(1);
    expect(semaphore.inFlight).toBe(0);
    const counted = open({ limit, isDropped: () => true }).semaphore;
    await counted.run(() => AbortSignal.abort().throwIfAborted()).catch(() => undefined);
    expect(limit.samples.at(-1)?.dropped).toBe(true);
  });

  test("isDropped decides which errors tell of overload", async () => {
    const { semaphore } = open({ isDropped: (error) => error === 503 });
    await semaphore.run(() => Promise.reject(503)).catch(() => undefined);
    await semaphore.run(() => Promise.reject(new DeadlineError("request", 5))).catch(() => undefined);
    expect(semaphore.stats().dropped).toBe(1);
  });
});

describe("turns", () => {
  /** @returns the names in the order in which they get the one permit */
  async function order(
    semaphore: AdaptiveSemaphore,
    clock: FakeClock,
    comers: readonly (readonly [name: string, atMs: number, options?: object])[],
  ): Promise<string[]> {
    const held = await semaphore.acquire();
    const served: string[] = [];
    const all: Promise<unknown>[] = [];
    for (const [name, atMs, options] of comers) {
      await clock.advance(atMs - clock.now());
      const turn = semaphore.acquire(options).then(
        (permit) => {
          served.push(name);
          permit.release();
        },
        () => undefined,
      );
      all.push(turn);
    }
    held.release();
    await Promise.all(all);
    return served;
  }

  test("are first come, first served", async () => {
    const { semaphore, clock } = open();
    expect(
      await order(semaphore, clock, [
        ["a", 0],
        ["b", 0],
        ["c", 1],
      ]),
    ).toEqual(["a", "b", "c"]);
  });

  test("go to a higher priority first, but not before one that has waited agingMs longer for each step", async () => {
    const { semaphore, clock } = open({ agingMs: 10 });
    const comers = [
      ["old", 0],
      ["low", 15, { priority: -1 }],
      ["mid", 15],
      ["high", 19, { priority: 1 }],
      ["top", 19, { priority: 2 }],
    ] as const;
    expect(await order(semaphore, clock, comers)).toEqual(["top", "old", "high", "mid", "low"]);
  });

  test("nobody overtakes one that waits for room for its weight", async () => {
    const { semaphore } = open({ limit: 3 });
    const held = [await semaphore.acquire(), await semaphore.acquire()];
    const heavy = semaphore.acquire({ weight: 3 });
    const light = semaphore.acquire();
    held[0]!.release();
    await settle();
    expect([semaphore.inFlight, semaphore.queued]).toEqual([1, 2]);
    held[1]!.release();
    (await heavy).release();
    await light;
  });

  test("one heavier than a lowered limit runs alone", async () => {
    const { semaphore } = open({ limit: 4 });
    const held = await semaphore.acquire();
    const heavy = semaphore.acquire({ weight: 4 });
    semaphore.setLimit(2);
    held.release();
    expect((await heavy).weight).toBe(4);
    expect(semaphore.tryAcquire()).toBeUndefined();
  });

  test("once somebody ran out of time the newest go first, until nobody waits", async () => {
    const { semaphore, clock } = open();
    const hurried = { timeoutMs: 100 };
    const comers = [
      ["late", 0, { timeoutMs: 50 }],
      ["b", 40, hurried],
      ["c", 61, hurried],
      ["d", 62, hurried],
    ] as const;
    expect(await order(semaphore, clock, comers)).toEqual(["d", "c", "b"]);
    const after = [
      ["e", 70, hurried],
      ["f", 71, hurried],
    ] as const;
    expect(await order(semaphore, clock, after)).toEqual(["e", "f"]);
  });

  test("so they do once somebody was lost whose turn had come too late", async () => {
    const { semaphore, clock } = open();
    const first = await semaphore.acquire();
    const late = semaphore.acquire({ timeoutMs: 50 });
    await clock.advance(40);
    const served: string[] = [];
    const come = async (name: string): Promise<void> => {
      const permit = await semaphore.acquire({ timeoutMs: 100 });
      served.push(name);
      permit.release();
    };
    const all = [come("b"), come("c"), come("d")];
    first.release();
    const permit = await late;
    await clock.advance(10);
    permit.release({ dropped: true });
    await Promise.all(all);
    expect(served).toEqual(["d", "c", "b"]);
  });

  test("but not when it was lost though most of its time was left, or came late and was done", async () => {
    for (const [waitMs, dropped] of [
      [10, true],
      [40, false],
    ] as const) {
      const { semaphore, clock } = open();
      const first = await semaphore.acquire();
      const second = semaphore.acquire({ timeoutMs: 50 });
      await clock.advance(waitMs);
      const served: string[] = [];
      const come = async (name: string): Promise<void> => {
        const permit = await semaphore.acquire({ timeoutMs: 100 });
        served.push(name);
        permit.release();
      };
      const all = [come("b"), come("c")];
      first.release();
      (await second).release({ dropped });
      await Promise.all(all);
      expect(served).toEqual(["b", "c"]);
    }
  });

  test("under overload those without a deadline get every second turn, in their order", async () => {
    const { semaphore, clock } = open();
    const hurried = { timeoutMs: 100 };
    const comers = [
      ["late", 0, { timeoutMs: 50 }],
      ["p1", 1],
      ["p2", 2],
      ["h1", 60, hurried],
      ["h2", 61, hurried],
      ["h3", 62, hurried],
    ] as const;
    expect(await order(semaphore, clock, comers)).toEqual(["p1", "h3", "p2", "h2", "h1"]);
  });
});

describe("leaving without a permit", () => {
  test("a full queue turns the next away, as an error or as a value", async () => {
    const { semaphore } = open({ queueLimit: 1 });
    await semaphore.acquire();
    void semaphore.acquire();
    const error = await semaphore.acquire().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LimitExceededError);
    expect(error).toMatchObject({
      code: "VICTOR_LIMIT_EXCEEDED",
      semaphore: "tested",
      reason: "queue-full",
      limit: 1,
      waitedMs: 0,
    });
    expect(await semaphore.acquireOrReject()).toEqual({
      isGranted: false,
      reason: "queue-full",
      limit: 1,
      waitedMs: 0,
    });
  });

  test("while the newest go first, a full queue turns the oldest away instead", async () => {
    const { semaphore, clock } = open({ queueLimit: 2 });
    await semaphore.acquire();
    const first = semaphore.acquireOrReject({ timeoutMs: 10 });
    const second = semaphore.acquireOrReject({ timeoutMs: 100 });
    await clock.advance(10);
    expect(await first).toMatchObject({ reason: "deadline" });
    void semaphore.acquireOrReject({ timeoutMs: 100 });
    void semaphore.acquireOrReject({ timeoutMs: 100 });
    expect(await second).toMatchObject({ reason: "queue-full" });
    expect(await semaphore.acquireOrReject()).toMatchObject({ reason: "queue-full" });
  });

  test("a deadline ends the wait, whichever of deadline and timeoutMs is earlier", async () => {
    const { semaphore, clock } = open();
    await semaphore.acquire();
    const byTimeout = semaphore.acquireOrReject({ timeoutMs: 20, deadline: 50 });
    const byDeadline = semaphore.acquireOrReject({ timeoutMs: 50, deadline: 30 });
    expect(clock.pending).toBe(1);
    await clock.advance(20);
    expect(await byTimeout).toEqual({ isGranted: false, reason: "deadline", limit: 1, waitedMs: 20 });
    await clock.advance(10);
    expect(await byDeadline).toMatchObject({ reason: "deadline", waitedMs: 30 });
    expect(clock.pending).toBe(0);
  });

  test("a deadline that has come gets no permit, even if there is room", async () => {
    const { semaphore } = open();
    await expect(semaphore.acquire({ deadline: -1 })).rejects.toMatchObject({ reason: "deadline" });
    await expect(semaphore.acquire({ timeoutMs: 0 })).rejects.toMatchObject({ reason: "deadline" });
    expect(semaphore.inFlight).toBe(0);
  });

  test("a timer that is late serves nobody whose deadline has passed", async () => {
    const clock = new ManualClock();
    const semaphore = new AdaptiveSemaphore("tested", { limit: 1, clock });
    const permit = await semaphore.acquire();
    const late = semaphore.acquireOrReject({ timeoutMs: 10 });
    const next = semaphore.acquire();
    clock.block(20);
    permit.release();
    expect(await late).toMatchObject({ reason: "deadline", waitedMs: 20 });
    await next;
  });

  test("queueDelayMs bounds everybody's wait", async () => {
    const { semaphore, clock } = open({ queueDelayMs: 25 });
    await semaphore.acquire();
    const waiting = semaphore.acquireOrReject();
    const shorter = semaphore.acquireOrReject({ timeoutMs: 24 });
    await clock.advance(25);
    expect(await waiting).toMatchObject({ reason: "queue-delay", waitedMs: 25 });
    expect(await shorter).toMatchObject({ reason: "deadline", waitedMs: 24 });
    expect(semaphore.stats()).toMatchObject({ timeouts: 2, rejected: { "queue-delay": 1, deadline: 1 } });
  });

  test("when the next in turn leaves, those behind it get the room that it waited for", async () => {
    const { semaphore, clock } = open({ limit: 2 });
    await semaphore.acquire();
    const controller = new AbortController();
    const aborted = semaphore.acquireOrReject({ weight: 2, signal: controller.signal });
    const expired = semaphore.acquireOrReject({ weight: 2, timeoutMs: 5 });
    const light = semaphore.acquire();
    controller.abort();
    expect(await aborted).toMatchObject({ reason: "aborted" });
    await clock.advance(5);
    expect(await expired).toMatchObject({ reason: "deadline" });
    await light;
  });

  test("a signal ends the wait of all who listen to it, with its reason, and one listener serves them", async () => {
    const { semaphore } = open();
    const permit = await semaphore.acquire();
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    const waiting = [semaphore.acquire({ signal }), semaphore.acquire({ signal })];
    controller.abort("enough");
    expect(await Promise.allSettled(waiting)).toEqual([
      { status: "rejected", reason: "enough" },
      { status: "rejected", reason: "enough" },
    ]);
    await expect(semaphore.acquire({ signal })).rejects.toBe("enough");
    expect([listeners, semaphore.queued]).toEqual([1, 0]);
    permit.release();
    expect(semaphore.inFlight).toBe(0);
  });

  test("a permit that comes back in a signal's own listener goes to nobody whose signal that is", async () => {
    const { semaphore } = open();
    const permit = await semaphore.acquire();
    const { signal, abort } = abortable();
    signal.addEventListener("abort", () => permit.release());
    const leaving = semaphore.acquireOrReject({ signal });
    const staying = semaphore.acquire();
    abort("enough");
    expect(await leaving).toMatchObject({ isGranted: false, reason: "aborted" });
    (await staying).release();
    expect(semaphore.stats()).toMatchObject({
      inFlight: 0,
      queued: 0,
      acquired: 2,
      rejected: { aborted: 1 },
    });
  });
});

describe("limits", () => {
  test("setLimit up lets those who wait run at once, and down lets end what is out", async () => {
    const { semaphore } = open({ limit: 1 });
    const held = [await semaphore.acquire()];
    const waiting = [semaphore.acquire(), semaphore.acquire()];
    semaphore.setLimit(3);
    held.push(...(await Promise.all(waiting)));
    semaphore.setLimit(1);
    expect([semaphore.inFlight, semaphore.limit]).toEqual([3, 1]);
    const next = semaphore.acquire();
    held[0]!.release();
    held[1]!.release();
    await settle();
    expect(semaphore.queued).toBe(1);
    held[2]!.release();
    await next;
  });

  test("an adaptive limit gets each sample, and is obeyed at once", async () => {
    const limit = new SetLimit();
    const { semaphore, clock } = open({ limit, maxConcurrent: 5 });
    const [first, second] = [await semaphore.acquire(), await semaphore.acquire({ weight: 1 })];
    void semaphore.acquire();
    await clock.advance(12);
    limit.current = 1;
    first.release();
    expect([semaphore.limit, semaphore.inFlight, semaphore.queued]).toEqual([1, 1, 1]);
    limit.current = 9;
    second.release({ dropped: true });
    expect([semaphore.limit, semaphore.inFlight, semaphore.queued]).toEqual([5, 1, 0]);
    expect(limit.samples).toEqual([
      { rttMs: 12, inFlight: 2, dropped: false },
      { rttMs: 12, inFlight: 1, dropped: true },
    ]);
  });

  test("a loss of one that waited for most of its time is not blamed on the service, its answer counts", async () => {
    const limit = new SetLimit();
    limit.current = 1;
    const { semaphore, clock } = open({ limit });
    const held = await semaphore.acquire();
    const [late, asLate, inTime] = [51, 99, 100].map((timeoutMs) => semaphore.acquire({ timeoutMs }));
    await clock.advance(50);
    held.release();
    (await late!).release({ dropped: true });
    // Since the first was lost, the newest goes first.
    (await inTime!).release({ dropped: true });
    (await asLate!).release({ dropped: false });
    expect(limit.samples.map(({ dropped }) => dropped)).toEqual([false, true, false]);
    expect(semaphore.stats().dropped).toBe(2);
  });

  test("a clock that is set back, as a mocked one can be, counts as no time at all", async () => {
    const limit = new SetLimit();
    const clock = new ManualClock(1000);
    const semaphore = new AdaptiveSemaphore("tested", { limit, clock });
    const permit = await semaphore.acquire();
    clock.block(-600);
    permit.release();
    expect(limit.samples).toEqual([{ rttMs: 0, inFlight: 1, dropped: false }]);
  });

  test("a limit that breaks its word is a warning, once, and stays as it was; what ran has its own outcome", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue(undefined);
    const limit = new SetLimit();
    limit.current = 3;
    const { semaphore } = open({ limit });
    limit.current = Number.NaN;
    expect(await semaphore.run(() => "answer")).toBe("answer");
    limit.update = () => {
      throw new Error("broken");
    };
    await expect(semaphore.run(() => Promise.reject(new Error("own")))).rejects.toThrow("own");
    expect([semaphore.limit, semaphore.inFlight]).toEqual([3, 0]);
    expect(warned.mock.calls).toEqual([[expect.stringMatching(/^semaphore .*stays as it was: limit/)]]);
    warned.mockClear();
    limit.update = () => {
      throw Object.create(null);
    };
    limit.current = 3;
    semaphore.setLimit(limit);
    expect(await semaphore.run(() => "answer")).toBe("answer");
    expect(warned.mock.calls).toEqual([[expect.stringMatching(/stays as it was: what can't be shown/)]]);
    warned.mockRestore();
    semaphore.setLimit(1);
    expect(semaphore.limit).toBe(1);
  });
});

describe("partitions", () => {
  const partitions = { a: 0.5, b: 0.5 };

  test("lend what they don't use, and get it back as soon as permits come back", async () => {
    const { semaphore } = open({ limit: 4, partitions });
    const lent = await Promise.all(Array.from({ length: 4 }, () => semaphore.acquire({ partition: "a" })));
    const served: string[] = [];
    for (const partition of ["a", "a", "b", "b", "b"])
      void semaphore.acquire({ partition }).then(() => served.push(partition));
    for (const permit of lent) permit.release();
    await settle();
    expect(served).toEqual(["b", "b", "a", "a"]);
    expect(semaphore.stats().partitions).toEqual([
      { name: "", share: 0.01, inFlight: 0, queued: 0, isOverloaded: false },
      { name: "a", share: 0.5, inFlight: 2, queued: 0, isOverloaded: false },
      { name: "b", share: 0.5, inFlight: 2, queued: 1, isOverloaded: false },
    ]);
  });

  test("take turns by their shares where the limit is too small for all", async () => {
    const { semaphore } = open({ limit: 1, partitions: { a: 0.75, b: 0.25 } });
    const held = await semaphore.acquire();
    const served: string[] = [];
    for (let i = 0; i < 8; i++)
      for (const partition of ["a", "b"])
        void semaphore.acquire({ partition }).then((permit) => {
          served.push(partition);
          permit.release();
        });
    held.release();
    await settle();
    expect(served.slice(0, 8).join("")).toBe("abaaabaa");
  });

  test("have each a queue of their own, which others can't fill", async () => {
    const { semaphore } = open({ limit: 1, partitions, queueLimit: 1 });
    await semaphore.acquire();
    void semaphore.acquire({ partition: "a" });
    expect(await semaphore.acquireOrReject({ partition: "a" })).toMatchObject({ reason: "queue-full" });
    void semaphore.acquire({ partition: "b" });
    expect(semaphore.queued).toBe(2);
  });
});

describe("closing", () => {
  test("turns away all who wait and come, and is done when the last permit is back", async () => {
    const { semaphore, clock } = open();
    const permit = await semaphore.acquire();
    const waiting = semaphore.acquire({ timeoutMs: 5 });
    const closing = semaphore.close();
    await expect(waiting).rejects.toThrow(ClosedError);
    await expect(semaphore.acquire()).rejects.toThrow(ClosedError);
    expect(await semaphore.acquireOrReject()).toMatchObject({ reason: "closed" });
    expect(() => semaphore.tryAcquire()).toThrow(ClosedError);
    semaphore.setLimit(5);
    await expect(semaphore.acquire()).rejects.toThrow(ClosedError);
    let isClosed = false;
    void closing.then(() => {
      isClosed = true;
    });
    await settle();
    expect([isClosed, clock.pending]).toEqual([false, 0]);
    permit.release();
    await closing;
    await semaphore[Symbol.asyncDispose]();
  });
});

describe("statistics", () => {
  test("count permits and rejections, and give quantiles of waiting and running", async () => {
    const { semaphore, clock } = open({ limit: new SetLimit(), maxConcurrent: 1 });
    const permit = await semaphore.acquire();
    const next = semaphore.acquire();
    await clock.advance(100);
    permit.release();
    await next;
    const { waitMs, runMs, ...stats } = semaphore.stats();
    expect(stats).toMatchObject({
      name: "tested",
      limit: 1,
      maxConcurrent: 1,
      inFlight: 1,
      queued: 0,
      acquired: 2,
      waited: 1,
      released: 1,
      dropped: 0,
      rejected: { "queue-full": 0, "queue-delay": 0, deadline: 0, aborted: 0, closed: 0 },
      timeouts: 0,
    });
    expect(waitMs).toEqual({ count: 1, p50: 100, p90: 100, p99: 100, max: 100 });
    expect(runMs).toEqual({ count: 1, p50: 100, p90: 100, p99: 100, max: 100 });
  });

  test("a registry can collect it", () => {
    const { semaphore } = open();
    const registry = new MetricRegistry();
    registry.register(semaphore);
    semaphore.tryAcquire();
    const values = new Map(
      Array.from(registry.collect(), (sample) => [
        sample.name,
        "value" in sample ? sample.value : sample.histogram.count,
      ]),
    );
    expect(values.get("victor.semaphore.in_flight")).toBe(1);
    expect(values.get("victor.semaphore.limit")).toBe(1);
    expect(values.get("victor.semaphore.wait_time")).toBe(0);
  });
});

describe("wrong arguments", () => {
  test.each([
    ["maxConcurrent", { maxConcurrent: 0 }],
    ["maxConcurrent", { maxConcurrent: 1.5 }],
    ["maxConcurrent", { maxConcurrent: Number.NaN }],
    ["limit", { limit: 0 }],
    ["limit", { limit: -3 }],
    ["limit", { limit: Number.NaN }],
    ["limit", { limit: 2.5 }],
    ["limit.current", { limit: Object.assign(new SetLimit(), { current: 0 }) }],
    ["queueLimit", { queueLimit: -1 }],
    ["queueDelayMs", { queueDelayMs: 0 }],
    ["queueDelayMs", { queueDelayMs: Number.NaN }],
    ["agingMs", { agingMs: Number.POSITIVE_INFINITY }],
    ["partitions.a", { partitions: { a: 0 } }],
    ["partitions", { partitions: { a: 0.7, b: 0.4 } }],
    ["partitions", { partitions: { "": 0.4 } }],
  ])("the option %s in %o is a RangeError", (name, options) => {
    expect(() => new AdaptiveSemaphore("tested", options)).toThrow(RangeError);
    expect(() => new AdaptiveSemaphore("tested", options)).toThrow(`${name}: expected`);
  });

  test("an option that nobody knows, a limit that is none and an empty name are refused", () => {
    expect(() => new AdaptiveSemaphore("tested", { maxConcurent: 5 } as object)).toThrow(TypeError);
    expect(() => new AdaptiveSemaphore("tested", { limit: {} as Limit })).toThrow(TypeError);
    expect(() => new AdaptiveSemaphore("")).toThrow(RangeError);
  });

  test.each([
    { weight: 0 },
    { weight: 1.5 },
    { weight: Number.NaN },
    { weight: 3 },
    { priority: 10 },
    { priority: 0.5 },
    { deadline: Number.NaN },
    { timeoutMs: -1 },
    { timeoutMs: Number.NaN },
    { partition: "nobody" },
    { partition: "" },
    { signal: {} as AbortSignal },
  ])("acquire rejects %o, and no permit is lost", async (options) => {
    const { semaphore } = open({ limit: 2, partitions: { a: 0.5 } });
    await expect(semaphore.acquire(options)).rejects.toThrow(RangeError);
    await expect(semaphore.acquireOrReject(options)).rejects.toThrow(RangeError);
    expect([semaphore.inFlight, semaphore.queued]).toEqual([0, 0]);
  });

  test.each([{ timeout: 5 }, { timeoutMs: 5, limit: 3 }, 5, null, []])(
    "what a caller gives as options but isn't, such as %j, is refused and no wait without end",
    async (options) => {
      const { semaphore } = open();
      using held = await semaphore.acquire();
      for (const asked of [
        semaphore.acquire(options as object),
        semaphore.acquireOrReject(options as object),
      ])
        await expect(asked).rejects.toThrow(TypeError);
      expect(() => semaphore.tryAcquire(options as object)).toThrow(TypeError);
      await expect(semaphore.run(() => 1, options as object)).rejects.toThrow(TypeError);
      expect([held.weight, semaphore.queued, semaphore.inFlight]).toEqual([1, 0, 1]);
    },
  );

  test("run refuses what is no function, tryAcquire a weight above the limit, setLimit a wrong limit", async () => {
    const { semaphore } = open({ limit: 2 });
    await expect(semaphore.run(7 as unknown as () => void)).rejects.toThrow(TypeError);
    expect(() => semaphore.tryAcquire({ weight: 3 })).toThrow(RangeError);
    expect(() => semaphore.setLimit(0)).toThrow(RangeError);
    expect([semaphore.limit, semaphore.inFlight]).toEqual([2, 0]);
  });
});
