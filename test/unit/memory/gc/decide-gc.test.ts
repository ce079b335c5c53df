import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideGc } from "../../../../src/memory/gc/decide-gc.ts";
import { observationOf } from "../../../support/gc-observations.ts";

const mib = 2 ** 20;
const large = { memoryBytes: 16_384 * mib, isContainer: false };
const container = { memoryBytes: 512 * mib, isContainer: true };
const inContainer = { semiMib: 1, oldLimitMib: 256, majors: [15, 15, 15], minorMs: 300, majorMs: 200 };

describe("a larger semi-space", () => {
  it("is advised where objects survive that die soon after, with what it should bring", () => {
    const advice = decideGc(observationOf({ semiMib: 16 }), large);
    expect(advice).toMatchObject({
      change: "semi-space",
      flags: ["--max-semi-space-size=32"],
      nodeOptions: "--max-semi-space-size=32",
      resourceLimits: { maxYoungGenerationSizeMb: 96 },
    });
    expect(advice.expected?.gcTimeShareBefore).toBe(0.4);
    expect(advice.expected?.gcTimeShareAfter).toBeCloseTo(0.281, 4);
    expect(advice.expected?.speedup).toBeCloseTo(1.1984, 4);
    expect(advice.expected?.residentBytes).toBe(32 * mib);
  });

  it("is judged by what is alive in old space, where all survive both scavenges", () => {
    const advice = decideGc(observationOf(inContainer), container);
    // 512 × 0.9 − 50 outside of the heap − 256 of old space leave 51.6 for each of three parts.
    expect(advice).toMatchObject({ change: "semi-space", flags: ["--max-semi-space-size=32"] });
    expect(advice.resourceLimits).toEqual({ maxYoungGenerationSizeMb: 96 });
  });

  it("is no larger than the container has room for beside old space", () => {
    // 512 × 0.9 − 110 − 256 leave 31.6.
    expect(decideGc(observationOf({ ...inContainer, rssMib: 160 }), container).flags).toEqual([
      "--max-semi-space-size=16",
    ]);
    // 512 × 0.9 − 200 − 256 leave 1.6.
    expect(decideGc(observationOf({ ...inContainer, rssMib: 250 }), container)).toMatchObject({
      change: "none",
      reason: expect.stringContaining("no room"),
    });
  });

  it("is no larger than the option allows", () => {
    expect(decideGc(observationOf({ semiMib: 16 }), { ...large, maxSemiSpaceBytes: 32 * mib }).flags).toEqual(
      ["--max-semi-space-size=32"],
    );
  });

  it("is advised where V8 has given up scavenging", () => {
    const seen = { semiMib: 16, scavenges: 0, minorMs: 0, majorCount: 80, majorMs: 400, majors: [16, 16] };
    const advice = decideGc(observationOf(seen), large);
    expect(advice).toMatchObject({ change: "semi-space", flags: ["--max-semi-space-size=32"] });
    expect(advice.reason).toContain("emptied by full collections, with 16 MiB alive");
  });
});

describe("no change is advised where", () => {
  const none = (observation: ReturnType<typeof observationOf>, why: string, options = large) =>
    expect(decideGc(observation, options)).toEqual({
      change: "none",
      reason: expect.stringContaining(why),
      flags: [],
      nodeOptions: "",
      resourceLimits: {},
    });

  it("collections take little time", () => {
    none(
      observationOf({ semiMib: 16, minorMs: 400, observedMs: 10_000 }),
      "4.0 % of the active time: too little",
    );
  });
  it("hardly anything survives", () => {
    none(
      observationOf({ semiMib: 16, lifetimes: { longerShare: 0.02, meanBytes: 15 * mib } }),
      "hardly anything",
    );
  });
  it("V8 may grow the semi-space by itself", () => {
    none(observationOf({ semiMib: 8, semiLimitMib: 64 }), "less than the 64 MiB");
  });
  it("the semi-space is as large as it should be", () => {
    none(observationOf({ semiMib: 64 }), "as large as it should be");
  });
  it("what survives goes on living", () => {
    none(observationOf({ ...inContainer, majors: [20, 40, 80] }), "goes on living");
  });
  it("a larger one would bring less than asked for", () => {
    none(observationOf({ semiMib: 16, minorMs: 100 }), "would bring", {
      ...large,
      minGain: 0.1,
    } as typeof large);
  });
});

describe("not enough evidence", () => {
  it("is said with the time that is missing", () => {
    expect(decideGc(observationOf({ semiMib: 16, scavenges: 5 }), large)).toMatchObject({
      change: "not-yet",
      waitMs: 3000,
    });
    expect(decideGc(observationOf({ semiMib: 16, minorMs: 10, observedMs: 4000 }), large)).toMatchObject({
      change: "not-yet",
      waitMs: 6000,
    });
    expect(decideGc(observationOf({ ...inContainer, majors: [15] }), container)).toMatchObject({
      change: "not-yet",
      reason: expect.stringContaining("full collections"),
      waitMs: 9000,
    });
  });
});

describe("old space", () => {
  it("gets more where it is full and there is room", () => {
    const seen = { semiMib: 16, minorMs: 10, observedMs: 20_000, oldLimitMib: 2048, majors: [1800] };
    expect(decideGc(observationOf(seen), large)).toMatchObject({
      change: "old-space",
      flags: ["--max-old-space-size=4096"],
      resourceLimits: { maxOldGenerationSizeMb: 4096 },
    });
    expect(decideGc(observationOf({ ...seen, majors: [1600] }), large).change).toBe("none");
  });

  it("gets less where the container would be killed before it is full", () => {
    const seen = { semiMib: 16, minorMs: 10, observedMs: 20_000, oldLimitMib: 2048, majors: [50] };
    // 512 × 0.9 − 50 − 3 × 16
    expect(decideGc(observationOf(seen), container).flags).toEqual(["--max-old-space-size=362"]);
    expect(decideGc(observationOf(seen), { ...container, isContainer: false }).change).toBe("none");
  });

  it("leaves room for the semi-space that is advised with it", () => {
    const seen = { semiMib: 16, rssMib: 60, majors: [205, 205], oldLimitMib: 256 };
    const advice = decideGc(observationOf(seen), { memoryBytes: 460 * mib, isContainer: true });
    // 460 × 0.9 − 10 outside of the heap − 3 × 32
    expect(advice.resourceLimits).toEqual({ maxYoungGenerationSizeMb: 96, maxOldGenerationSizeMb: 308 });
  });

  it("and new space always fit the container together", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 4, 16, 64),
        fc.integer({ min: 60, max: 600 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 200, max: 4000 }),
        (semiMib, rssMib, liveMib, memoryMib) => {
          const observation = observationOf({
            semiMib,
            rssMib,
            majors: [liveMib, liveMib],
            oldLimitMib: 256,
          });
          const { resourceLimits } = decideGc(observation, {
            memoryBytes: memoryMib * mib,
            isContainer: true,
          });
          const { maxYoungGenerationSizeMb: young = 3 * semiMib, maxOldGenerationSizeMb: old = 256 } =
            resourceLimits;
          const isChanged = Object.keys(resourceLimits).length > 0;
          if (isChanged) expect(young + old + rssMib - 50).toBeLessThanOrEqual(memoryMib * 0.9);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("aggressive", () => {
  const aggressive = { ...large, aggressive: true };

  it("takes the smallest semi-space that costs no more than allowed", () => {
    const short = observationOf({
      semiMib: 16,
      minorMs: 60,
      lifetimes: { longerShare: 0.02, meanBytes: 500 * mib },
    });
    expect(decideGc(short, aggressive)).toMatchObject({
      flags: ["--max-semi-space-size=2"],
      expected: { residentBytes: -28 * mib },
    });
    const sessions = observationOf({ semiMib: 64, minorMs: 50 });
    const cost = (maxSlowdown: number) => decideGc(sessions, { ...aggressive, maxSlowdown }).flags;
    expect(cost(0.1)).toEqual(["--max-semi-space-size=32"]);
    expect(cost(1)).toEqual(["--max-semi-space-size=2"]);
    expect(decideGc(sessions, { ...aggressive, maxSlowdown: 0.01 })).toMatchObject({
      change: "none",
      reason: expect.stringContaining("too much time"),
    });
  });

  it("waits for full collections where nearly all survives", () => {
    expect(decideGc(observationOf({ semiMib: 4 }), aggressive).change).toBe("not-yet");
  });
});
