import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MpmcRing } from "../../../src/concurrency/mpmc-ring.ts";
import { allocateRing, type RingShape, ringWords } from "../../../src/concurrency/ring-layout.ts";
import { SpscRing } from "../../../src/concurrency/spsc-ring.ts";
import {
  ClosedError,
  DeadlineError,
  RingHandleError,
  RingRecordSizeError,
  RingRoleError,
} from "../../../src/errors.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const kinds = ["spsc", "mpmc"] as const;
type Ring<T> = SpscRing<T> | MpmcRing<T>;

/** A ring for few bytes, or few records, with positions from `first` on. */
function open<T>(
  kind: RingShape["kind"],
  payload: RingShape["payload"],
  { first = 0, clock }: { readonly first?: number; readonly clock?: FakeClock } = {},
): Ring<T> {
  const options = clock === undefined ? {} : { clock };
  if (kind === "spsc") {
    const shape = { kind, payload, capacity: 128, maxRecordBytes: 60 } as const;
    return new SpscRing<T>({ kind, payload, buffer: allocateRing(shape, first) }, options);
  }
  const shape = { kind, payload, capacity: 4, maxRecordBytes: 60 } as const;
  return new MpmcRing<T>({ kind, payload, buffer: allocateRing(shape, first) }, options);
}

const openBinary = (kind: RingShape["kind"], clock?: FakeClock): Ring<Uint8Array> =>
  open<Uint8Array>(kind, "binary", clock === undefined ? {} : { clock });

type Command =
  | { readonly do: "push"; readonly size: number }
  | { readonly do: "pushAll"; readonly sizes: readonly number[] }
  | { readonly do: "pop" }
  | { readonly do: "drain"; readonly max: number };

const size = fc.integer({ min: 0, max: 60 });
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ do: fc.constant("push" as const), size }),
  fc.record({ do: fc.constant("pushAll" as const), sizes: fc.array(size, { maxLength: 6 }) }),
  fc.record({ do: fc.constant("pop" as const) }),
  fc.record({ do: fc.constant("drain" as const), max: fc.integer({ min: 1, max: 6 }) }),
);

/** Does the same with a ring and with an array, and compares; at the end all comes out. */
function compareWithArray<T>(ring: Ring<T>, commands: readonly Command[], make: (size: number) => T): void {
  const queue: T[] = [];
  const taken: T[] = [];
  const takeAll = (items: readonly T[]): void => {
    taken.push(...items);
    expect(items).toEqual(queue.splice(0, items.length));
  };
  for (const step of commands) {
    if (step.do === "push") {
      const item = make(step.size);
      if (ring.tryPush(item)) queue.push(item);
      else expect(queue.length).toBeGreaterThan(0);
    } else if (step.do === "pushAll") {
      const items = step.sizes.map(make);
      queue.push(...items.slice(0, ring.tryPushAll(items)));
    } else if (step.do === "pop") {
      const item = ring.tryPop();
      expect(item === undefined).toBe(queue.length === 0);
      if (item !== undefined) takeAll([item]);
    } else {
      const items = ring.tryDrain(step.max);
      expect(items.length).toBeLessThanOrEqual(step.max);
      expect(items.length > 0).toBe(queue.length > 0);
      takeAll(items);
    }
  }
  while (queue.length > 0) takeAll(ring.tryDrain());
  expect(ring.tryPop()).toBeUndefined();
  expect(ring.stats()).toMatchObject({ pushed: taken.length, popped: taken.length, used: 0 });
}

describe.each(kinds)("a ring of kind %s", (kind) => {
  // Just below 2³² (as a signed integer, −4), and just below 2³¹, where the sign changes; and far from both.
  it.each([0, -4, -512, 2 ** 31 - 4, 2 ** 31 - 512])(
    "does as an array does, with positions from %i on",
    (first) => {
      let n = 0;
      fc.assert(
        fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
          compareWithArray(open<Uint8Array>(kind, "binary", { first }), commands, (length) =>
            new Uint8Array(length).fill(n++),
          );
        }),
        { numRuns: process.env.VICTOR_LONG ? 5000 : 150 },
      );
    },
  );

  it("carries what JSON can say, in batches of ASCII and of other text", () => {
    let n = 0;
    const texts = ["", "a", "äöü", "漢字", "💡", '"\\\n', "\ud800"];
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        compareWithArray<unknown>(open(kind, "json"), commands, () => {
          n++;
          return [null, false, n, texts[n % texts.length], { n, text: texts[n % texts.length] }, [n]][n % 6];
        });
      }),
      { numRuns: process.env.VICTOR_LONG ? 5000 : 150 },
    );
  });

  it("gives records that stay as they are when the ring goes on", () => {
    const ring = openBinary(kind);
    ring.tryPushAll([bytes(1, 1), bytes(2, 2)]);
    const [first, second] = ring.tryDrain();
    ring.tryPush(bytes(3));
    const third = ring.tryPop();
    for (let i = 0; i < 50; i++) {
      ring.tryPush(bytes(9, 9, 9, 9));
      ring.tryPop();
    }
    expect([first, second, third]).toEqual([bytes(1, 1), bytes(2, 2), bytes(3)]);
  });

  it("takes a record of the greatest length, and refuses a longer one without harm", () => {
    const ring = openBinary(kind);
    const longest = new Uint8Array(ring.maxRecordBytes).fill(7);
    for (let i = 0; i < 9; i++) {
      expect(ring.tryPush(longest)).toBe(true);
      expect(() => ring.tryPush(new Uint8Array(ring.maxRecordBytes + 1))).toThrow(
        expect.objectContaining({ code: "VICTOR_RING_RECORD_SIZE", sizeBytes: 61, maxRecordBytes: 60 }),
      );
      expect(ring.tryPop()).toEqual(longest);
      ring.tryPush(bytes(i));
      ring.tryPop();
    }
    expect(ring.stats().used).toBe(0);
  });

  it("puts in what comes before a bad item of a batch, and throws when that is the first", () => {
    const ring = openBinary(kind);
    const items = [bytes(1), "no bytes" as unknown as Uint8Array, bytes(2)];
    expect(ring.tryPushAll(items)).toBe(1);
    expect(() => ring.tryPushAll(items, 1)).toThrow(TypeError);
    expect(ring.pushAllSync(items)).toBe(1);
    expect(ring.tryPushAll(items, 2)).toBe(1);
    expect(ring.tryDrain()).toEqual([bytes(1), bytes(1), bytes(2)]);
  });

  it("refuses what JSON can't say", () => {
    const ring = open<unknown>(kind, "json");
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const bad of [undefined, () => 1, Symbol("s"), 1n, cycle])
      expect(() => ring.tryPush(bad)).toThrow(TypeError);
    expect(() => ring.tryPush("ä".repeat(40))).toThrow(RingRecordSizeError);
    expect(ring.tryPop()).toBeUndefined();
  });

  it("refuses options of a wait that make no sense", async () => {
    const ring = openBinary(kind);
    expect(() => ring.popSync({ timeoutMs: Number.NaN })).toThrow(RangeError);
    expect(() => ring.popSync({ timeoutMs: -1 })).toThrow(RangeError);
    expect(() => ring.popSync({ signal: AbortSignal.abort() } as object)).toThrow(/unknown option/);
    await expect(ring.pop({ signal: {} as AbortSignal })).rejects.toThrow(TypeError);
    expect(() => ring.tryDrain(0)).toThrow(RangeError);
    expect(() => ring.tryPushAll([], 1)).toThrow(RangeError);
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

  it("refuses to transfer the buffer that records share", () => {
    const ring = openBinary(kind);
    ring.tryPush(bytes(1));
    const record = ring.tryPop();
    expect(() => structuredClone(record, { transfer: [record!.buffer as ArrayBuffer] })).toThrow(
      /transfer|Transfer/,
    );
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

  it("is reached by its handle, copied as a message would copy it", () => {
    const ring = openBinary(kind);
    const handle = structuredClone(ring.handle);
    const other = kind === "spsc" ? SpscRing.attach(handle) : MpmcRing.attach(handle);
    ring.tryPush(bytes(1, 2));
    expect(other.tryPop()).toEqual(bytes(1, 2));
    other.close();
    expect(ring.closed).toBe(true);
  });

  it("refuses handles that are none, of the other kind, or of damaged memory", () => {
    const attach = (handle: unknown): unknown =>
      kind === "spsc" ? SpscRing.attach(handle as never) : MpmcRing.attach(handle as never);
    const other = openBinary(kind === "spsc" ? "mpmc" : "spsc").handle;
    const { buffer } = openBinary(kind).handle;
    const damaged = [
      [ringWords.magic, 1],
      [ringWords.capacity, 3],
      [ringWords.capacity, 1 << 29],
      [ringWords.payload, 7],
      [ringWords.maxRecordBytes, 0],
    ].map(([word, value]) => {
      const copy = new SharedArrayBuffer(buffer.byteLength);
      new Uint8Array(copy).set(new Uint8Array(buffer));
      new Int32Array(copy)[word!] = value!;
      return { buffer: copy };
    });
    const bad = [
      undefined,
      null,
      1,
      {},
      { buffer: new ArrayBuffer(9) },
      { buffer: new SharedArrayBuffer(9) },
      other,
    ];
    for (const handle of [...bad, ...damaged, { buffer: new SharedArrayBuffer(4096) }])
      expect(() => attach(handle)).toThrow(RingHandleError);
  });
});

describe("SpscRing", () => {
  it("rounds its capacity up to a power of two, and refuses what makes no sense", () => {
    expect(SpscRing.binary({ capacityBytes: 100 }).stats().capacity).toBe(128);
    expect(SpscRing.json({ capacityBytes: 4096 }).maxRecordBytes).toBe(2044);
    for (const capacityBytes of [
      0,
      -1,
      63,
      1.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 31,
      "64" as never,
    ])
      expect(() => SpscRing.binary({ capacityBytes })).toThrow(/capacityBytes: expected an integer/);
    expect(() => SpscRing.binary({ capacity: 64 } as never)).toThrow(/unknown option/);
  });

  it("has one producer and one consumer, until another takes over", () => {
    const first = openBinary("spsc") as SpscRing<Uint8Array>;
    const second = SpscRing.attach(first.handle);
    first.tryPush(bytes(1));
    expect(() => second.tryPush(bytes(2))).toThrow(RingRoleError);
    expect(second.tryPop()).toEqual(bytes(1));
    expect(() => first.tryPop()).toThrow(
      expect.objectContaining({ code: "VICTOR_RING_ROLE", role: "consumer" }),
    );
    second.takeOver("producer");
    second.tryPush(bytes(3));
    first.takeOver("consumer");
    expect(first.tryPop()).toEqual(bytes(3));
    expect(() => first.takeOver("owner" as never)).toThrow(RangeError);
  });
});

describe("MpmcRing", () => {
  it("rounds its capacity up to a power of two, and refuses what makes no sense", () => {
    expect(MpmcRing.binary({ capacity: 5 }).stats().capacity).toBe(8);
    expect(MpmcRing.binary({ capacity: 1 }).maxRecordBytes).toBe(256);
    for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 31])
      expect(() => MpmcRing.binary({ capacity })).toThrow(/capacity: expected an integer/);
    expect(() => MpmcRing.binary({ capacity: 1, maxRecordBytes: 0 })).toThrow(/maxRecordBytes/);
    expect(() => MpmcRing.binary({ capacity: 2 ** 20, maxRecordBytes: 4096 })).toThrow(
      /bytes in all at most/,
    );
  });

  it("works with a single slot", () => {
    const ring = MpmcRing.binary({ capacity: 1 });
    for (let i = 0; i < 5; i++) {
      expect(ring.tryPush(bytes(i))).toBe(true);
      expect(ring.tryPush(bytes(9))).toBe(false);
      expect(ring.tryPop()).toEqual(bytes(i));
      expect(ring.tryPop()).toBeUndefined();
    }
  });
});
