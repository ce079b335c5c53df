import { beforeEach, describe, expect, it } from "vitest";
import { gcRates } from "../../../../src/memory/gc/gc-observation.ts";
import { GcWatch } from "../../../../src/memory/gc/gc-watch.ts";
import { FakeGcGround, gcRecord } from "../../../support/fake-gc-ground.ts";

const mib = 2 ** 20;
const half = (semiMib = 1) => [
  gcRecord("Scavenge", { young: 1000, semiMib }, { young: 0, semiMib }),
  gcRecord("Scavenge", { young: 1000, semiMib }, { young: 500, old: 250, semiMib }),
];

let ground: FakeGcGround;
beforeEach(() => {
  ground = new FakeGcGround();
});

describe("a watch of the collector", () => {
  it("tells survival, shares of time and rates", async () => {
    using watch = new GcWatch(ground);
    ground.records = half();
    await ground.clock.advance(1000);
    ground.active = 500;
    ground.collect("minor", 8, 10);
    ground.collect("incremental", 1, 20);
    const rates = gcRates(watch.snapshot());
    expect(rates).toEqual({
      gcTimeShare: 0.2,
      minorTimeShare: 0.16,
      scavengesPerSecond: 8,
      allocatedBytesPerSecond: 8000,
      survival: { survivalRate: 0.5, promotionRate: 0.25 },
    });
  });

  it("profiles 8 collections, then rests until that was 1 % of the time", async () => {
    using _watch = new GcWatch(ground);
    ground.collect("minor", 7);
    expect(ground.openProfiles).toBe(1);
    ground.collect("minor", 1);
    expect(ground.openProfiles).toBe(0);
    await ground.clock.advance(799);
    expect(ground.profiles).toBe(1);
    await ground.clock.advance(1);
    expect([ground.profiles, ground.openProfiles]).toEqual([2, 1]);
  });

  it("rests longer after a loop that never yielded", async () => {
    using _watch = new GcWatch(ground);
    ground.records = new Array(50).fill(half()).flat();
    ground.collect("minor", 8);
    await ground.clock.advance(9_999);
    expect(ground.profiles).toBe(1);
    await ground.clock.advance(1);
    expect(ground.profiles).toBe(2);
  });

  it("begins anew when the semi-space has grown, and leaves out what a smaller one lets survive", async () => {
    using watch = new GcWatch(ground);
    ground.records = half(1);
    ground.collect("minor", 8);
    await ground.clock.advance(800);
    ground.records = [...half(1), ...half(4)];
    ground.semiSpaceBytes = 4 * mib;
    ground.collect("minor", 8);
    expect(watch.snapshot()).toMatchObject({
      observedMs: 0,
      sample: { scavenges: 2, semiSpaceBytes: 4 * mib },
    });
    await ground.clock.advance(1600);
    ground.records = half(2);
    ground.semiSpaceBytes = 2 * mib;
    ground.collect("minor", 8);
    expect(watch.snapshot()).toMatchObject({
      observedMs: 1600,
      pauses: { minor: { count: 8 } },
      sample: { scavenges: 2, semiSpaceBytes: 4 * mib },
    });
  });

  it("keeps old space of the latest 8 full collections, and its peak", async () => {
    using watch = new GcWatch(ground);
    for (let i = 10; i > 0; i--) {
      ground.oldSpaceBytes = i;
      ground.collect("major", 1);
      await ground.clock.advance(5);
    }
    const { majors, oldSpacePeakBytes } = watch.snapshot();
    expect(majors.map(({ usedBytes }) => usedBytes)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(majors[0]).toEqual({ atMs: 10, usedBytes: 8 });
    expect(oldSpacePeakBytes).toBe(10);
  });

  it("is plain data that JSON carries", () => {
    using watch = new GcWatch(ground);
    const observation = watch.snapshot();
    expect(JSON.parse(JSON.stringify(observation))).toEqual(observation);
    expect(gcRates(observation).survival).toBeUndefined();
  });

  it("leaves nothing behind when closed, twice if need be, in a burst or at rest", async () => {
    const watch = new GcWatch(ground);
    watch.close();
    watch.close();
    expect([ground.listeners, ground.openProfiles, ground.clock.pending]).toEqual([0, 0, 0]);
    const resting = new GcWatch(ground);
    ground.collect("minor", 8);
    expect(ground.clock.pending).toBe(1);
    resting.close();
    expect([ground.listeners, ground.openProfiles, ground.clock.pending]).toEqual([0, 0, 0]);
  });
});
