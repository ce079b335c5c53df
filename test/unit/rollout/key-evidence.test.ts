import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/measure/random.ts";
import type { RolloutArm } from "../../../src/rollout/arm.ts";
import { keyEvidence } from "../../../src/rollout/key-evidence.ts";
import { KeyTallies, type KeyTally } from "../../../src/rollout/key-tallies.ts";
import { KeyedComparison } from "../../../src/rollout/keyed-comparison.ts";
import { rolledTraffic } from "../../support/rolled-traffic.ts";

const tally = (arm: RolloutArm, calls: number, events: number, keys = 1): KeyTally => ({
  arm,
  calls,
  events,
  keys,
});

describe("the evidence of keys", () => {
  test("comes to x with a probability of at most 1 / x, whatever a few keys do", () => {
    const done = fc
      .record({ calls: fc.integer({ min: 1, max: 500 }), share: fc.double({ min: 0, max: 1, noNaN: true }) })
      .map(({ calls, share }) => ({ calls, events: Math.round(share * calls) }));
    fc.assert(
      fc.property(
        fc.array(done, { minLength: 1, maxLength: 7 }),
        fc.constantFrom(0.01, 0.25, 0.5, 0.95),
        (keys, p) => {
          const reached = new Map([2, 5, 20].map((x) => [x, 0]));
          for (let choice = 0; choice < 2 ** keys.length; choice++) {
            let probability = 1;
            const tallies = keys.map(({ calls, events }, i) => {
              const isOn = ((choice >> i) & 1) === 1;
              probability *= isOn ? p : 1 - p;
              return tally(isOn ? "on" : "off", calls, events);
            });
            const evidence = keyEvidence(tallies, "on", p);
            for (const [x, before] of reached) if (evidence >= x) reached.set(x, before + probability);
          }
          for (const [x, probability] of reached) expect(probability).toBeLessThanOrEqual(1 / x + 1e-9);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("is Chernoff's bound: of three keys that alone fail, and all have it, p³", () => {
    const tallies = [tally("on", 1, 1, 3), tally("on", 1, 0, 10_000), tally("off", 1, 0, 90_000)];
    expect(keyEvidence(tallies, "on", 0.1)).toBeCloseTo(1000, -1);
  });

  test("is no more for a key that comes a thousand times", () => {
    const others = [tally("on", 10, 0, 50), tally("off", 10, 0, 50)];
    const of = (calls: number): number => keyEvidence([...others, tally("on", calls, calls)], "on", 0.5);
    expect(of(1000)).toBeLessThanOrEqual(2);
    expect(of(1000)).toBeCloseTo(of(10), 1);
  });

  test("grows with the keys that agree", () => {
    const of = (keys: number): number =>
      keyEvidence([tally("on", 10, 2, keys), tally("off", 10, 1, keys)], "on", 0.5);
    expect(of(50)).toBeGreaterThan(40);
    expect(of(200)).toBeGreaterThan(of(50) ** 3);
    expect(of(1_000_000)).toBe(Math.exp(600));
  });

  test("is none without a difference, without events, and where the other arm has more", () => {
    expect(keyEvidence([], "on", 0.5)).toBe(1);
    expect(keyEvidence([tally("on", 5, 0, 9), tally("off", 5, 0, 9)], "on", 0.5)).toBe(1);
    expect(keyEvidence([tally("on", 5, 0, 9), tally("off", 5, 2, 9)], "on", 0.5)).toBe(1);
    expect(keyEvidence([tally("on", 5, 0, 9), tally("off", 5, 2, 9)], "off", 0.5)).toBeGreaterThan(40);
  });

  test("allows by its weight what is allowed", () => {
    const tallies = [tally("on", 100, 11, 1000), tally("off", 100, 10, 1000)];
    expect(keyEvidence(tallies, "on", 0.5)).toBeGreaterThan(40);
    expect(keyEvidence(tallies, "on", 0.5, 1 / 1.1)).toBe(1);
  });
});

describe("tallies", () => {
  test("of up to four keys in a set are as a map would have them", () => {
    const call = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(call), (calls) => {
        const tallies = new KeyTallies();
        const model = new Map<number, [calls: number, events: number]>();
        for (const [i, isEvent] of calls) {
          // All of one set.
          tallies.add(i % 2 === 0 ? "on" : "off", isEvent, (i + 1) * 4096 + 8);
          const [before, events] = model.get(i) ?? [0, 0];
          model.set(i, [before + 1, events + (isEvent ? 1 : 0)]);
        }
        const expected = [...model].map(([i, [n, events]]) => tally(i % 2 === 0 ? "on" : "off", n, events));
        expect([...tallies]).toHaveLength(expected.length);
        expect([...tallies]).toEqual(expect.arrayContaining(expected));
      }),
    );
  });

  test("of more keys lose no call, and keep those that come most", () => {
    const tallies = new KeyTallies();
    const random = seededRandom(3);
    for (let i = 0; i < 20_000; i++) {
      tallies.add("off", random() < 0.1, Math.floor(2 ** 32 * random()) | 0);
      if (i % 10 === 0) tallies.add("on", true, 16);
      if (i % 100 === 0) tallies.add("on", false, undefined);
    }
    const all = [...tallies];
    const sum = (arm: RolloutArm): number =>
      all.filter((each) => each.arm === arm).reduce((sum, { calls, keys }) => sum + calls * keys, 0);
    expect([sum("off"), sum("on")]).toEqual([20_000, 2200]);
    expect(all).toContainEqual(tally("on", 2000, 2000));
    expect(all).toContainEqual(tally("on", 1, 0, 200));
  });

  test("without a key are those of single calls", () => {
    const tallies = new KeyTallies();
    for (let i = 0; i < 10; i++) tallies.add("on", i < 3, undefined);
    expect([...tallies]).toEqual([tally("on", 1, 1, 3), tally("on", 1, 0, 7)]);
  });
});

describe("a comparison", () => {
  /** Calls of both arms in turns: with the optimization one user fails, who comes often. */
  const compare = (calls: number, keyOf: (i: number, isOn: boolean) => number | undefined): number => {
    const comparison = new KeyedComparison();
    comparison.begin(50);
    for (let i = 0; i < calls; i++) {
      const isOn = i % 2 === 0;
      comparison.add(isOn ? "on" : "off", isOn && i % 10 === 0, keyOf(i, isOn));
    }
    return comparison.most;
  };

  test("doesn't believe of one user what it believes of many", () => {
    const oneOfMany = (i: number, isOn: boolean) => (isOn && i % 10 === 0 ? 7 : 8 + 4 * (i % 200));
    expect(compare(2000, oneOfMany)).toBeLessThan(10);
    expect(compare(2000, (i) => 4 * i)).toBeGreaterThan(1e6);
    expect(compare(2000, () => undefined)).toBeGreaterThan(1e6);
  });

  test("isn't taken in by calls without a key, at another share, that come after those with one", () => {
    const comparison = new KeyedComparison();
    comparison.begin(50);
    for (let i = 0; i < 2000; i++)
      comparison.add(i % 2 === 0 ? "on" : "off", i % 2 === 0 && i % 10 === 0, i % 2);
    expect(comparison.most).toBeLessThanOrEqual(4);
    comparison.begin(60);
    for (let i = 0; i < 2000; i++) comparison.add(i % 2 === 0 ? "on" : "off", i % 10 < 2, undefined);
    expect(comparison.most).toBeLessThanOrEqual(4);
    expect(comparison.value).toBeLessThanOrEqual(4);
  });
});

test("what 100 unlike users did for long doesn't hide that all fail from then on", () => {
  const comparison = new KeyedComparison();
  comparison.begin(50);
  const random = seededRandom(1);
  const isOn = Array.from({ length: 100 }, () => random() < 0.5);
  const call = (isBroken: boolean): void => {
    const user = Math.floor(100 * random());
    const fails = random() < (user % 10 === 0 ? 0.1 : 0);
    comparison.add(isOn[user] ? "on" : "off", fails || (isBroken && isOn[user]!), user << 2);
  };
  for (let i = 0; i < 200_000; i++) call(false);
  expect(comparison.most).toBeLessThan(40);
  let calls = 0;
  for (; comparison.most < 40 && calls < 20_000; calls++) call(true);
  expect(calls).toBeLessThan(2000);
});

describe("a rollout to users who come again and again", () => {
  /** Of 100 users a tenth fails in a tenth of the calls, and some are slower than others. */
  function unlikeUsers(seed: number, calls: number, slower = 1, failing = 0) {
    const { clock, rollout, status } = rolledTraffic({ share: 50, perKeyMs: 0 }, { seed, randomSeed: seed });
    const random = seededRandom(seed);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const levels = Array.from({ length: 100 }, () => 10 * Math.exp(0.3 * normal()));
    for (let i = 0; i < calls && status().share > 0; i++) {
      const key = Math.floor(100 * random());
      const arm = rollout.isOn("x", key) ? "on" : "off";
      const latencyMs = levels[key]! * Math.exp(0.5 * normal()) * (arm === "on" ? slower : 1);
      const failed = random() < (key < 10 ? 0.1 : 0) + (arm === "on" ? failing : 0);
      rollout.record("x", arm, { latencyMs, failed, key });
      clock.pass(1);
    }
    return status();
  }

  test("is hardly ever rolled back for who is in it", () => {
    const rolledBack = Array.from({ length: 40 }, (_, seed) => unlikeUsers(seed, 5000)).filter(
      ({ share }) => share === 0,
    );
    expect(rolledBack.length).toBeLessThanOrEqual(2);
  });

  test("is rolled back when it makes all of them slower, or fail more often", () => {
    for (let seed = 0; seed < 5; seed++) {
      expect(unlikeUsers(seed, 20_000, 1.6).state).toMatchObject({ guardrail: "p99 latency" });
      expect(unlikeUsers(seed, 20_000, 1, 0.1).state).toMatchObject({ guardrail: "errors" });
    }
  });

  test("counts a key in `record` once within its time, and none that is of a wrong type", () => {
    const { clock, rollout, status } = rolledTraffic({ share: 50 });
    for (let i = 0; i < 3; i++) rollout.record("x", "on", { latencyMs: 1, key: "user" });
    clock.pass(1000);
    rollout.record("x", "on", { latencyMs: 1, key: "user" });
    rollout.record("x", "on", { latencyMs: 1, key: {} as never });
    expect(status()).toMatchObject({ arms: { on: { counted: 2 } }, counts: { repeated: 2, errors: 1 } });
  });
});
