import { describe, expect, it } from "vitest";
import { MpmcRing } from "../../../src/concurrency/mpmc-ring.ts";
import { ringWords } from "../../../src/concurrency/ring-layout.ts";
import { SpscRing } from "../../../src/concurrency/spsc-ring.ts";
import { RingHandleError, RingRoleError } from "../../../src/errors.ts";
import { bytes, kinds, openBinary } from "../../support/small-rings.ts";

describe.each(kinds)("a ring of kind %s", (kind) => {
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
