import { expect, it } from "vitest";
import { MpmcRing } from "../../../src/concurrency/mpmc-ring.ts";
import { BinaryCodec } from "../../../src/concurrency/ring-binary.ts";
import { ByteRing } from "../../../src/concurrency/ring-bytes.ts";
import { SharedMemory } from "../../../src/concurrency/ring-memory.ts";
import { SlotRing } from "../../../src/concurrency/ring-slots.ts";
import { SpscRing } from "../../../src/concurrency/spsc-ring.ts";
import { RingStalledError } from "../../../src/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** Stops its thread when a slot is to be handed on, for good. */
class DeadlyMemory extends SharedMemory {
  override store(): never {
    throw new Error("died");
  }
}

/** Finds no memory for what it reads. */
class PoorCodec extends BinaryCodec {
  override read(): never {
    throw new RangeError("no memory");
  }
  override readMany(): never {
    return this.read();
  }
}

function openBesideTheDead(): {
  readonly ring: MpmcRing<Uint8Array>;
  readonly dead: SlotRing<Uint8Array, Uint8Array>;
  readonly clock: FakeClock;
} {
  const clock = new FakeClock();
  const ring = MpmcRing.binary({ capacity: 2, clock });
  const { buffer } = ring.handle;
  const codec = new BinaryCodec(new Uint8Array(buffer));
  return { ring, dead: new SlotRing(new DeadlyMemory(buffer), codec, 2, ring.maxRecordBytes), clock };
}

it("a producer that dies in the middle of a push stalls consumers, whose timed waits tell of it", async () => {
  const { ring, dead, clock } = openBesideTheDead();
  ring.tryPush(Uint8Array.of(1));
  expect(() => dead.put(Uint8Array.of(2), 1)).toThrow("died");
  expect(ring.stalled).toBeUndefined();
  expect(ring.tryPop()).toEqual(Uint8Array.of(1));
  expect(ring.stalled).toBe("producer");
  expect(ring.tryPush(Uint8Array.of(3))).toBe(true);
  expect(ring.tryPop()).toBeUndefined();
  expect(() => ring.popSync({ timeoutMs: 0 })).toThrow(RingStalledError);
  const waiting = expect(ring.pop({ timeoutMs: 5 })).rejects.toMatchObject({
    code: "VICTOR_RING_STALLED",
    side: "producer",
    timeoutMs: 5,
  });
  await clock.advance(5);
  await waiting;
  ring.close();
  expect(ring.ended).toBe(false);
});

it("a consumer that dies in the middle of a pop stalls producers, whose timed waits tell of it", () => {
  const { ring, dead } = openBesideTheDead();
  ring.tryPushAll([Uint8Array.of(1), Uint8Array.of(2)]);
  expect(() => dead.take()).toThrow("died");
  expect(ring.stalled).toBe("consumer");
  expect(ring.tryPop()).toEqual(Uint8Array.of(2));
  expect(ring.tryPush(Uint8Array.of(3))).toBe(false);
  expect(() => ring.pushSync(Uint8Array.of(3), { timeoutMs: 0 })).toThrow(
    expect.objectContaining({ code: "VICTOR_RING_STALLED", side: "consumer" }),
  );
});

it("a record that can't be read costs only itself: its slot is free again", () => {
  const ring = MpmcRing.binary({ capacity: 2 });
  const { buffer } = ring.handle;
  const codec = new PoorCodec(new Uint8Array(buffer));
  const poor = new SlotRing(new SharedMemory(buffer), codec, 2, ring.maxRecordBytes);
  for (const take of [() => poor.take(), () => poor.takeMany(1)]) {
    ring.tryPushAll([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(take).toThrow("no memory");
    expect(ring.stalled).toBeUndefined();
    expect(ring.tryPop()).toEqual(Uint8Array.of(2));
  }
});

it("where one thread reads, a record that can't be read is still there", () => {
  const ring = SpscRing.binary({ capacityBytes: 64 });
  const { buffer } = ring.handle;
  const poor = new ByteRing(new SharedMemory(buffer), new PoorCodec(new Uint8Array(buffer)), 64);
  ring.tryPushAll([Uint8Array.of(1), Uint8Array.of(2)]);
  for (const take of [() => poor.take(), () => poor.takeMany(2), () => poor.takeMany(2)])
    expect(take).toThrow("no memory");
  ring.takeOver("consumer");
  expect(ring.tryDrain()).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
});

it("a full ring, or an empty one, is not stalled", () => {
  const ring = MpmcRing.binary({ capacity: 2 });
  for (let i = 0; i < 5; i++) {
    expect(ring.stalled).toBeUndefined();
    while (ring.tryPush(Uint8Array.of(1))) expect(ring.stalled).toBeUndefined();
    while (ring.tryPop()) expect(ring.stalled).toBeUndefined();
  }
});
