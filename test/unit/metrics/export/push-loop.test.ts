import { describe, expect, test, vi } from "vitest";
import { PushLoop } from "../../../../src/metrics/export/push-loop.ts";
import type { PushOptions } from "../../../../src/metrics/export/push-options.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { HeldWire } from "../../../support/push-wire.ts";

vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);

const registry = { collect: () => [] };

/** A loop that sends "0", "1", "2", …: the first at 0 ms, then every second. */
function loopTo(
  wire: HeldWire,
  options: Partial<PushOptions> & { resendable?: boolean; text?: string } = {},
) {
  const { resendable = true, text = "", ...rest } = options;
  const clock = new FakeClock();
  let round = 0;
  const job = {
    name: "test://",
    wire,
    resendable,
    async *encode() {
      yield { bytes: Buffer.from(`${text}${round++}`), points: 1 };
    },
  };
  const loop = new PushLoop(job, { registry, intervalMs: 1000, ...rest, clock }, () => 0);
  return { clock, loop, rounds: () => round };
}

describe("the interval", () => {
  test("the first push comes at a random moment of the first interval, the others an interval apart", async () => {
    const clock = new FakeClock();
    const wire = new HeldWire();
    const at: number[] = [];
    const job = {
      name: "test://",
      wire,
      resendable: true,
      async *encode() {
        at.push(clock.now());
        yield { bytes: Buffer.from("x"), points: 1 };
      },
    };
    new PushLoop(job, { registry, intervalMs: 1000, clock }, () => 0.25);
    await clock.advance(4000);
    expect(at).toEqual([250, 1250, 2250, 3250]);
  });

  test("pushes that a blocked event loop missed are not made up for", async () => {
    const wire = new HeldWire();
    const { clock, loop } = loopTo(wire);
    await clock.advance(0);
    clock.now = () => 5300;
    await clock.advance(1000);
    Reflect.deleteProperty(clock, "now");
    expect(loop.stats().pushes).toBe(2);
    await clock.advance(600);
    expect(loop.stats().pushes).toBe(2);
  });

  test("a push that is still under way is not joined by another", async () => {
    const wire = new HeldWire();
    wire.mode = "hangs";
    const { clock, loop, rounds } = loopTo(wire, { timeoutMs: 2500 });
    await clock.advance(2400);
    expect([rounds(), wire.attempts, loop.stats().skipped]).toEqual([1, 1, 2]);
  });
});

describe("a server that fails", () => {
  test("that never takes what is sent is given up at the deadline, and connected to anew", async () => {
    const wire = new HeldWire();
    wire.mode = "hangs";
    const { clock, loop } = loopTo(wire, { timeoutMs: 300, maxBackoffMs: 0 });
    await clock.advance(299);
    expect(wire.resets).toBe(0);
    await clock.advance(1);
    expect([wire.resets, loop.stats().failures]).toEqual([1, 1]);
    expect(loop.stats().lastError).toMatchObject({ code: "VICTOR_DEADLINE" });
    wire.mode = "takes";
    await clock.advance(1000);
    expect(wire.received).toEqual(["0", "1"]);
    expect(loop.stats().lastError).toBeUndefined();
  });

  test("is tried again after pauses that double up to the longest", async () => {
    const wire = new HeldWire();
    wire.mode = "refuses";
    const at: number[] = [];
    const { clock } = loopTo(wire, { maxBackoffMs: 8000 });
    for (let second = 0; second <= 30; second++) {
      const before = wire.attempts;
      await clock.advance(second === 0 ? 0 : 1000);
      if (wire.attempts > before) at.push(second);
    }
    // Half of each pause (1, 2, 4, 8, 8, …) with this jitter.
    expect(at).toEqual([0, 1, 2, 4, 8, 12, 16, 20, 24, 28]);
  });

  test("gets all that waited, in order, where points may come late", async () => {
    const wire = new HeldWire();
    wire.mode = "refuses";
    const { clock, loop } = loopTo(wire, { maxBackoffMs: 0 });
    await clock.advance(3000);
    wire.mode = "takes";
    await clock.advance(1000);
    expect(wire.received).toEqual(["0", "1", "2", "3", "4"]);
    expect(loop.stats()).toMatchObject({ failures: 4, pushes: 1, droppedPoints: 0, bufferedBytes: 0 });
  });

  test("gets nothing twice where points have no time, and nothing is encoded while others wait", async () => {
    const wire = new HeldWire();
    wire.mode = "refuses";
    const { clock, loop, rounds } = loopTo(wire, { maxBackoffMs: 4000, resendable: false });
    await clock.advance(3000);
    expect(rounds()).toBe(wire.attempts);
    wire.mode = "takes";
    await clock.advance(4000);
    expect(loop.stats().droppedPoints).toBe(wire.attempts - wire.received.length);
    expect(new Set(wire.received).size).toBe(wire.received.length);
    expect(loop.stats().bufferedBytes).toBe(0);
  });

  test("costs no more than the buffer: the oldest points make room and are counted", async () => {
    const wire = new HeldWire();
    wire.mode = "refuses";
    const text = `${"x".repeat(20_000)} `;
    const { clock, loop, rounds } = loopTo(wire, { maxBufferBytes: 65_536, text });
    await clock.advance(20_000);
    const { bufferedBytes, droppedPoints } = loop.stats();
    expect(bufferedBytes).toBeLessThanOrEqual(65_536);
    expect(droppedPoints).toBe(rounds() - 3);
    wire.mode = "takes";
    await loop.flush();
    expect(wire.received.map((sent) => sent.split(" ")[1])).toEqual(["19", "20", "21"]);
  });

  test("that hangs does not make the buffer grow beyond its bound, with what is under way counted", async () => {
    const wire = new HeldWire();
    wire.mode = "hangs";
    const text = "x".repeat(30_000);
    const { clock, loop } = loopTo(wire, { maxBufferBytes: 65_536, text, timeoutMs: 100, maxBackoffMs: 0 });
    for (let i = 0; i < 200; i++) {
      await clock.advance(50);
      expect(loop.stats().bufferedBytes).toBeLessThanOrEqual(65_536);
    }
  });

  test("an encoder that throws is a failure, not the end", async () => {
    const clock = new FakeClock();
    const wire = new HeldWire();
    let broken = true;
    const job = {
      name: "test://",
      wire,
      resendable: true,
      async *encode() {
        if (broken) throw new Error("broken");
        yield { bytes: Buffer.from("x"), points: 1 };
      },
    };
    const loop = new PushLoop(job, { registry, intervalMs: 1000, maxBackoffMs: 0, clock }, () => 0);
    await clock.advance(0);
    expect(loop.stats()).toMatchObject({ failures: 1 });
    broken = false;
    await clock.advance(1000);
    expect(wire.received).toEqual(["x"]);
  });
});

describe("close", () => {
  test("sends what there is, once, and ends the interval", async () => {
    const wire = new HeldWire();
    const { clock, loop } = loopTo(wire);
    await clock.advance(0);
    await Promise.all([loop.close(), loop.close()]);
    expect(wire.received).toEqual(["0", "1"]);
    await clock.advance(10_000);
    expect([wire.received.length, clock.pending]).toEqual([2, 0]);
    await expect(loop.flush()).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
  });

  test("gives a hanging server up at its deadline, and counts what was not sent", async () => {
    const wire = new HeldWire();
    wire.mode = "hangs";
    wire.deaf = true;
    const { clock, loop } = loopTo(wire, { timeoutMs: 60_000, closeTimeoutMs: 500 });
    await clock.advance(0);
    let closed = false;
    const closing = loop.close().then(() => {
      closed = true;
    });
    await clock.advance(499);
    expect(closed).toBe(false);
    await clock.advance(1);
    await closing;
    expect(loop.stats()).toMatchObject({ droppedPoints: 1, bufferedBytes: 0 });
  });

  test("tries even in the pause after a failure", async () => {
    const wire = new HeldWire();
    wire.mode = "refuses";
    const { clock, loop } = loopTo(wire, { maxBackoffMs: 60_000 });
    await clock.advance(0);
    wire.mode = "takes";
    await loop.close();
    expect(wire.received).toEqual(["0", "1"]);
  });

  test("flushes that are asked for together come one after the other", async () => {
    const wire = new HeldWire();
    const { loop } = loopTo(wire);
    await Promise.all([loop.flush(), loop.flush(), loop.flush()]);
    await settle();
    expect(wire.received).toEqual(["0", "1", "2"]);
  });
});

describe("a close whose patience ends while something is being encoded", () => {
  test("leaves no failure behind that nobody handles", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    try {
      const clock = new FakeClock();
      const wire = new HeldWire();
      wire.mode = "hangs";
      const encoding = Promise.withResolvers<void>();
      const job = {
        name: "test://",
        wire,
        resendable: true,
        async *encode() {
          await encoding.promise;
          yield { bytes: Buffer.from("x"), points: 1 };
        },
      };
      const loop = new PushLoop(job, { registry, intervalMs: 1000, closeTimeoutMs: 10, clock }, () => 0);
      await clock.advance(0);
      const closing = loop.close();
      await clock.advance(20);
      encoding.resolve();
      await closing;
      await settle();
      expect(wire.attempts).toBe(1);
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
    }
  });
});
