import { describe, expect, it } from "vitest";
import { ClosedError, DeadlineError } from "../../../src/errors.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { bytes, kinds, openBinary, openSmall } from "../../support/small-rings.ts";

describe.each(kinds)("who waits for a ring of kind %s", (kind) => {
  it("refuses options of a wait that make no sense", async () => {
    const ring = openBinary(kind);
    expect(() => ring.popSync({ timeoutMs: Number.NaN })).toThrow(RangeError);
    expect(() => ring.popSync({ timeoutMs: -1 })).toThrow(RangeError);
    expect(() => ring.popSync({ signal: AbortSignal.abort() } as object)).toThrow(/unknown option/);
    await expect(ring.pop({ signal: {} as AbortSignal })).rejects.toThrow(TypeError);
    expect(() => ring.tryDrain(0)).toThrow(RangeError);
    expect(() => ring.tryPushAll([], 1)).toThrow(RangeError);
  });

  it("puts in an item that uses the ring while it is made text of, once", async () => {
    const ring = openSmall<unknown>(kind, "json");
    while (ring.tryPush("x".repeat(58)));
    const tried: boolean[] = [];
    const pushed = ring.pushAll([{ toJSON: () => `${tried.push(ring.tryPush("inner"))}` }]);
    ring.tryPop();
    expect(await pushed).toBe(1);
    expect(new Set(tried)).toEqual(new Set([false]));
    let last: unknown;
    for (let item = ring.tryPop(); item !== undefined; item = ring.tryPop()) last = item;
    expect(last).toBe(`${tried.length}`);
  });

  it("gives what is in after it was closed, then the end, and takes nothing more", async () => {
    const ring = openBinary(kind);
    ring.tryPushAll([bytes(1), bytes(2), bytes(3)]);
    ring.close();
    ring.close();
    expect(ring.closed).toBe(true);
    expect(() => ring.tryPush(bytes(4))).toThrow(ClosedError);
    expect(() => ring.tryPushAll([bytes(4)])).toThrow(ClosedError);
    expect(() => ring.pushSync(bytes(4))).toThrow(ClosedError);
    await expect(ring.push(bytes(4))).rejects.toThrow(ClosedError);
    await expect(ring.pushAll([bytes(4)])).rejects.toThrow(ClosedError);
    expect(ring.ended).toBe(false);
    expect(ring.popSync()).toEqual(bytes(1));
    expect(await ring.pop()).toEqual(bytes(2));
    expect(await ring.drain()).toEqual([bytes(3)]);
    expect(ring.ended).toBe(true);
    expect(ring.popSync()).toBeUndefined();
    expect(await ring.pop()).toBeUndefined();
    expect(ring.drainSync()).toEqual([]);
    expect(await ring.drain()).toEqual([]);
  });

  it("throws ClosedError to who pushes into a full ring that was closed", () => {
    const ring = openBinary(kind);
    while (ring.tryPush(new Uint8Array(60)));
    ring.close();
    expect(() => ring.tryPush(new Uint8Array(60))).toThrow(ClosedError);
    expect(() => ring.pushSync(new Uint8Array(60))).toThrow(ClosedError);
  });

  it("closes at the end of a `using` block, and ends a `for await`", async () => {
    const seen: Uint8Array[] = [];
    const ring = openBinary(kind);
    const reading = (async () => {
      for await (const record of ring) seen.push(record);
    })();
    {
      using producer = ring;
      await producer.push(bytes(1));
      await settle();
      await producer.pushAll([bytes(2), bytes(3)]);
    }
    await reading;
    expect(seen).toEqual([bytes(1), bytes(2), bytes(3)]);
  });

  it("serves those who wait in the order in which they came", async () => {
    const ring = openBinary(kind);
    const popped = [ring.pop(), ring.pop(), ring.drain(1)];
    ring.tryPushAll([bytes(1), bytes(2), bytes(3)]);
    expect(await Promise.all(popped)).toEqual([bytes(1), bytes(2), [bytes(3)]]);
  });

  it("keeps the order of pushes when the first have to wait for room", async () => {
    const ring = openBinary(kind);
    while (ring.tryPush(new Uint8Array(50)));
    const pushes = [
      ring.push(bytes(...new Array(60).fill(1))),
      ring.push(bytes(2)),
      ring.pushAll([bytes(3), bytes(4)]),
    ];
    expect(ring.tryPush(bytes(5))).toBe(false);
    const seen: number[] = [];
    while (!seen.includes(4)) seen.push((await ring.pop())?.[0] ?? -1);
    await Promise.all(pushes);
    expect(seen.filter((n) => n > 0)).toEqual([1, 2, 3, 4]);
  });

  it("puts in what an item was when it was pushed, whatever became of it while it waited", async () => {
    const ring = openBinary(kind);
    while (ring.tryPush(new Uint8Array(50)));
    const changed = Buffer.alloc(50, 7);
    const moved = new Uint8Array(50).fill(8);
    const pushes = [ring.push(changed), ring.push(moved)];
    changed.fill(0);
    moved.buffer.transfer();
    const seen: (number | undefined)[] = [];
    while (!seen.includes(8)) seen.push((await ring.pop())?.[49]);
    await Promise.all(pushes);
    expect(seen.slice(-2)).toEqual([7, 8]);
  });

  it("loses nothing when a `for await` is left early", async () => {
    const ring = openBinary(kind);
    ring.tryPushAll([bytes(1), bytes(2)]);
    for await (const record of ring) {
      expect(record).toEqual(bytes(1));
      break;
    }
    expect(ring.tryPop()).toEqual(bytes(2));
  });

  it("ends waits at the deadline, or when the signal aborts, and takes nothing for those who left", async () => {
    const clock = new FakeClock();
    const ring = openBinary(kind, clock);
    const controller = new AbortController();
    const late = ring.pop({ timeoutMs: 10 });
    const aborted = ring.drain(5, { signal: controller.signal });
    const patient = ring.pop();
    const lateExpected = expect(late).rejects.toThrow(DeadlineError);
    await clock.advance(10);
    await lateExpected;
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    ring.tryPush(bytes(1));
    expect(await patient).toEqual(bytes(1));
    expect(clock.pending).toBe(0);
    await expect(ring.pop({ signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
  });

  it("ends a wait for room at the deadline; what was to be pushed isn't in", async () => {
    const clock = new FakeClock();
    const ring = openBinary(kind, clock);
    while (ring.tryPush(new Uint8Array(50)));
    const late = expect(ring.push(new Uint8Array(50).fill(1), { timeoutMs: 10 })).rejects.toThrow(
      DeadlineError,
    );
    await clock.advance(10);
    await late;
    expect(ring.tryDrain().every((record) => record.length === 50)).toBe(true);
    expect(ring.stats().pushWaits).toBe(1);
  });

  it("says how many of a batch are in when the time ran out", async () => {
    const clock = new FakeClock();
    const ring = openBinary(kind, clock);
    const items = Array.from({ length: 20 }, (_, i) => bytes(i, ...new Array(49).fill(0)));
    const pushing = ring.pushAll(items, { timeoutMs: 10 });
    await clock.advance(10);
    const count = await pushing;
    expect(ring.tryDrain().map(([n]) => n)).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(count).toBeGreaterThan(0);
  });

  it("ends a blocking wait when its time is over, also on the main thread", () => {
    const ring = openBinary(kind);
    expect(() => ring.popSync({ timeoutMs: 0 })).toThrow(DeadlineError);
    expect(() => ring.drainSync(1, { timeoutMs: 2 })).toThrow(DeadlineError);
    while (ring.tryPush(new Uint8Array(50)));
    expect(() => ring.pushSync(new Uint8Array(50), { timeoutMs: 2 })).toThrow(DeadlineError);
    expect(ring.pushAllSync([], { timeoutMs: 0 })).toBe(0);
  });
});
