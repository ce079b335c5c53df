import { expect, test } from "vitest";
import { seededRandom } from "../../../src/measure/random.ts";
import { BlockComparison, blockSize } from "../../../src/rollout/block-comparison.ts";
import { Evidence } from "../../../src/rollout/evidence.ts";
import { RateEvidence } from "../../../src/rollout/rate-evidence.ts";

test("a bet gains what the likelihood ratio says, with what was staked until then", () => {
  const evidence = new Evidence(1);
  expect(evidence.value).toBe(1);
  evidence.update([Math.log(3)]);
  // 1/2 staked and tripled, 1/2 kept.
  expect(evidence.value).toBeCloseTo(0.5 + 1.5, 12);
  evidence.update([Math.log(2)]);
  expect(evidence.value).toBeCloseTo(1 / 3 + 2 * (1.5 + 1 / 6), 12);
});

test("evidence that has passed is remembered as the most there was", () => {
  const evidence = new Evidence(2);
  for (let i = 0; i < 10; i++) evidence.update([1, 2]);
  const { most } = evidence;
  for (let i = 0; i < 100; i++) evidence.update([-1, -2]);
  expect(evidence.value).toBeLessThan(1);
  expect(evidence.most).toBe(most);
});

test("evidence stays a number, however strong it gets", () => {
  const evidence = new Evidence(1);
  for (let i = 0; i < 10; i++) evidence.update([1000]);
  expect(Number.isFinite(evidence.value)).toBe(true);
  for (let i = 0; i < 10; i++) evidence.update([-1000]);
  expect(evidence.value).toBeGreaterThan(0);
});

/** All ways in which a block can come out, given its margins, with equal probability. */
function meanValue(treated: number, events: number, maxOddsRatio: number): number {
  let sum = 0;
  let ways = 0;
  const choose = (n: number, k: number): number =>
    k < 0 || k > n ? 0 : Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((a, b) => a * b, 1);
  for (let k = 0; k <= Math.min(treated, events); k++) {
    const count = choose(treated, k) * choose(blockSize - treated, events - k) * maxOddsRatio ** k;
    if (count === 0) continue;
    const comparison = new BlockComparison("on", maxOddsRatio);
    for (let i = 0; i < treated; i++) comparison.add("on", i < k);
    for (let i = 0; i < blockSize - treated; i++) comparison.add("off", i < events - k);
    sum += count * comparison.evidence.value;
    ways += count;
  }
  return sum / ways;
}

test("the mean evidence over all outcomes of a block is 1 at the limit of the null hypothesis", () => {
  for (const maxOddsRatio of [1, 1.1, 2])
    for (const treated of [1, 2, 7, 16, 31])
      for (const events of [1, 2, 10, 16, 31])
        expect(meanValue(treated, events, maxOddsRatio)).toBeCloseTo(1, 9);
});

test("a block of one arm, or of outcomes all alike, says nothing", () => {
  const comparison = new BlockComparison();
  for (let i = 0; i < blockSize; i++) comparison.add("on", i % 2 === 0);
  for (let i = 0; i < blockSize; i++) comparison.add(i % 2 === 0 ? "on" : "off", true);
  for (let i = 0; i < blockSize; i++) comparison.add(i % 2 === 0 ? "on" : "off", false);
  expect(comparison.evidence.value).toBe(1);
});

test("fewer events in the suspected arm are no evidence", () => {
  const comparison = new BlockComparison();
  for (let i = 0; i < 100 * blockSize; i++) comparison.add(i % 2 === 0 ? "on" : "off", i % 2 === 1);
  expect(comparison.evidence.most).toBeLessThan(1.01);
});

test("arms that are alike are told apart in at most one stream of twenty, though each sample is looked at", () => {
  const streams = 300;
  const rejected = { still: 0, waves: 0, small: 0 };
  for (let seed = 1; seed <= streams; seed++)
    for (const kind of ["still", "waves", "small"] as const) {
      const random = seededRandom(seed);
      const comparison = new BlockComparison();
      let isRejected = false;
      for (let i = 0; i < 6000; i++) {
        const rate = kind === "waves" ? 0.02 + 0.3 * Math.max(0, Math.sin(i / 150)) : 0.02;
        comparison.add(random() < (kind === "small" ? 0.05 : 0.5) ? "on" : "off", random() < rate);
        if (comparison.evidence.value >= 20) isRejected = true;
      }
      if (isRejected) rejected[kind]++;
    }
  for (const count of Object.values(rejected)) expect(count / streams).toBeLessThanOrEqual(0.05);
});

test("a threefold error rate is found, also when it begins late", () => {
  for (const change of [0, 50_000])
    for (let seed = 1; seed <= 10; seed++) {
      const random = seededRandom(seed);
      const comparison = new BlockComparison();
      let i = 0;
      while (comparison.evidence.value < 40 && i < 100_000) {
        const isOn = random() < 0.5;
        comparison.add(isOn ? "on" : "off", random() < (isOn && i >= change ? 0.03 : 0.01));
        i++;
      }
      expect(i).toBeGreaterThan(change);
      expect(i).toBeLessThan(change + 20_000);
    }
});

test("a disaster is found within one block", () => {
  const comparison = new BlockComparison();
  for (let i = 0; i < blockSize; i++) comparison.add(i % 2 === 0 ? "on" : "off", i % 2 === 0);
  expect(comparison.evidence.value).toBeGreaterThan(1000);
});

test("a rate at its limit is seldom found above it, and one above it is found", () => {
  let rejected = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const rate = new RateEvidence(0.02);
    for (let i = 0; i < 3000; i++) rate.add(random() < 0.02 ? 1 : 0, 1);
    if (rate.most >= 20) rejected++;
  }
  expect(rejected).toBeLessThanOrEqual(10);
  const rate = new RateEvidence(0.02);
  rate.add(30, 300);
  expect(rate.value).toBeGreaterThan(20);
});

test("where no event is allowed, one is proof, and where all are, none is", () => {
  const none = new RateEvidence(0);
  none.add(0, 1000);
  expect(none.most).toBe(1);
  none.add(1, 1);
  expect(none.most).toBe(Number.POSITIVE_INFINITY);
  const all = new RateEvidence(1);
  all.add(1000, 1000);
  expect(all.most).toBe(1);
});
