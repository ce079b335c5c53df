import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MpmcRing } from "../../../src/concurrency/mpmc-ring.ts";
import { SpscRing } from "../../../src/concurrency/spsc-ring.ts";
import { RingRecordSizeError } from "../../../src/errors.ts";
import { bytes, kinds, openBinary, openSmall, type Ring } from "../../support/small-rings.ts";

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
  it("takes no more at once than some MiB, so that as JSON they can be one text", () => {
    const maxRecordBytes = 7 * 2 ** 20;
    const ring =
      kind === "spsc"
        ? SpscRing.binary({ capacityBytes: 2 ** 26 })
        : MpmcRing.binary({ capacity: 4, maxRecordBytes });
    expect(ring.tryPushAll([1, 2, 3].map((value) => new Uint8Array(maxRecordBytes).fill(value)))).toBe(3);
    expect(ring.tryDrain().map(([value]) => value)).toEqual([1, 2]);
    expect(ring.tryDrain().map(([value]) => value)).toEqual([3]);
  });

  // Just below 2³² (as a signed integer, −4), and just below 2³¹, where the sign changes; and far from both.
  it.each([0, -4, -512, 2 ** 31 - 4, 2 ** 31 - 512])(
    "does as an array does, with positions from %i on",
    (first) => {
      let n = 0;
      fc.assert(
        fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
          compareWithArray(openSmall<Uint8Array>(kind, "binary", { first }), commands, (length) =>
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
        compareWithArray<unknown>(openSmall(kind, "json"), commands, () => {
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
    const ring = openSmall<unknown>(kind, "json");
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const bad of [undefined, () => 1, Symbol("s"), 1n, cycle])
      expect(() => ring.tryPush(bad)).toThrow(TypeError);
    expect(() => ring.tryPush("ä".repeat(40))).toThrow(RingRecordSizeError);
    expect(ring.tryPop()).toBeUndefined();
  });

  it("refuses to transfer the buffer that records share", () => {
    const ring = openBinary(kind);
    ring.tryPush(bytes(1));
    const record = ring.tryPop();
    expect(() => structuredClone(record, { transfer: [record!.buffer as ArrayBuffer] })).toThrow(
      /transfer|Transfer/,
    );
  });
});
