import type { RolloutArm } from "../../../src/rollout/arm.ts";
import { ErrorWatch } from "../../../src/rollout/error-watch.ts";
import { latencyOf, QuantileWatch } from "../../../src/rollout/quantile-watch.ts";

/** Takes a call. @param key of whose call it was, where there are users @returns whether to roll back */
export type Rule = (arm: RolloutArm, latencyMs: number, failed: boolean, key?: number) => boolean;

const alpha = 0.05;

/** The guardrails of `Rollout`, at their shared limit. */
export function alwaysValid(maxSlowdown: number, maxErrors: number, share: number): Rule {
  const p99 = new QuantileWatch("p99", {
    read: latencyOf,
    claim: "calls take longer",
    beyond: "were over",
    unit: " ms",
    quantile: 0.99,
    maxIncrease: maxSlowdown,
    slack: 0,
  });
  const errors = new ErrorWatch("errors", maxErrors);
  for (const each of [p99, errors]) each.begin(100 * share);
  const limit = 2 / alpha;
  return (arm, latencyMs, failed, key) => {
    const sample = { latencyMs, failed };
    const isNews = p99.observe(arm, sample, key);
    return (errors.observe(arm, sample, key) || isNews) && Math.max(p99.evidence, errors.evidence) >= limit;
  };
}

interface Moments {
  n: number;
  mean: number;
  squares: number;
  failed: number;
}
const moments = (): Moments => ({ n: 0, mean: 0, squares: 0, failed: 0 });

function add(to: Moments, latencyMs: number, failed: boolean): void {
  to.n++;
  const distance = latencyMs - to.mean;
  to.mean += distance / to.n;
  to.squares += distance * (latencyMs - to.mean);
  if (failed) to.failed++;
}

/** One-sided limits of the normal distribution: for both tests together, and for one. */
const bothLimit = 1.96;
const oneLimit = 1.645;
const fewest = 100;

/** What is often done: a test made for one look, at each of many. */
export function peekedZ(every: number): Rule {
  const arms = { on: moments(), off: moments() };
  let calls = 0;
  return (arm, latencyMs, failed) => {
    add(arms[arm], latencyMs, failed);
    if (++calls < fewest || calls % every !== 0) return false;
    return welch(arms.on, arms.off) > bothLimit || proportions(arms.on, arms.off) > bothLimit;
  };
}

export function peekedT(every: number): Rule {
  const arms = { on: moments(), off: moments() };
  let calls = 0;
  return (arm, latencyMs, failed) => {
    add(arms[arm], latencyMs, failed);
    if (++calls < fewest || calls % every !== 0) return false;
    return welch(arms.on, arms.off) > oneLimit;
  };
}

const fixedCalls = 10_000;

/** The honest use of the same tests: one look, after a number of calls that was set before. */
export function fixedN(): Rule {
  const rule = peekedZ(fixedCalls);
  let calls = 0;
  return (arm, latencyMs, failed) => {
    const isHarm = rule(arm, latencyMs, failed);
    return ++calls === fixedCalls && isHarm;
  };
}

/** Just two windows, and a threshold. */
export function ruleOfThumb(): Rule {
  const windows = { on: new Float64Array(1000), off: new Float64Array(1000) };
  const seen = { on: 0, off: 0 };
  const p99 = (arm: RolloutArm): number => windows[arm].slice().sort()[990]!;
  return (arm, latencyMs) => {
    windows[arm][seen[arm]++ % 1000] = latencyMs;
    if (seen.on < 1000 || seen.off < 1000 || (seen.on + seen.off) % 100 !== 0) return false;
    return p99("on") > 1.2 * p99("off");
  };
}

function welch(on: Moments, off: Moments): number {
  if (on.n < 2 || off.n < 2) return 0;
  const variance = on.squares / (on.n - 1) / on.n + off.squares / (off.n - 1) / off.n;
  return variance === 0 ? 0 : (on.mean - off.mean) / Math.sqrt(variance);
}

function proportions(on: Moments, off: Moments): number {
  const p = (on.failed + off.failed) / (on.n + off.n);
  const variance = p * (1 - p) * (1 / on.n + 1 / off.n);
  return variance > 0 ? (on.failed / on.n - off.failed / off.n) / Math.sqrt(variance) : 0;
}
