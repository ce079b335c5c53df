import { expect, it } from "vitest";
import { MpmcRing } from "../../../src/concurrency/mpmc-ring.ts";
import { BinaryCodec } from "../../../src/concurrency/ring-binary.ts";
import { SharedMemory } from "../../../src/concurrency/ring-memory.ts";
import { SlotRing } from "../../../src/concurrency/ring-slots.ts";
import { RingStalledError } from "../../../src/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** Stops its thread while a record is copied, for good. */
class DeadlyCodec extends BinaryCodec {
  override write(): never {
    throw new Error("died");
  }
  override read(): never {
    throw new Error("died");
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
  const codec = new DeadlyCodec(new Uint8Array(buffer));
  return { ring, dead: new SlotRing(new SharedMemory(buffer), codec, 2, ring.maxRecordBytes), clock };
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

it("a full ring, or an empty one, is not stalled", () => {
  const ring = MpmcRing.binary({ capacity: 2 });
  for (let i = 0; i < 5; i++) {
    expect(ring.stalled).toBeUndefined();
    while (ring.tryPush(Uint8Array.of(1))) expect(ring.stalled).toBeUndefined();
    while (ring.tryPop()) expect(ring.stalled).toBeUndefined();
  }
});
