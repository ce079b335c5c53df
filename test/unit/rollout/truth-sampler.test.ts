import { expect, test } from "vitest";
import type { CheckedHit } from "../../../src/algorithms/truth-check.ts";
import { seededRandom } from "../../../src/measure/random.ts";
import { TruthSampler, type TruthSamplerOptions, truthSampler } from "../../../src/rollout/index.ts";
import { shareInterval } from "../../../src/rollout/share-interval.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

function sampler(options: TruthSamplerOptions = {}) {
  const clock = new FakeClock();
  return { clock, truth: truthSampler({ share: 100, clock, ...options }) };
}

/** A hit whose source answers with `fresh`. */
const hit = <T>(value: T, fresh: T, rest: Partial<CheckedHit<T>> = {}): CheckedHit<T> => ({
  value,
  key: "k",
  reload: () => fresh,
  isStillCurrent: () => true,
  ...rest,
});

test("a hit that is what its source says is fresh, one that isn't is stale", async () => {
  const { clock, truth } = sampler();
  truth.check(hit({ rows: [1, new Date(0)] }, { rows: [1, new Date(0)] }));
  await settle();
  truth.check(hit({ rows: [1] }, { rows: [2] }));
  await clock.advance(100);
  expect(truth.stats()).toMatchObject({ checked: 2, fresh: 1, stale: 1, staleRate: 0.5, running: 0 });
});

test("the source is asked only after the caller has had his turn", async () => {
  const { truth } = sampler();
  let reloads = 0;
  truth.check(hit(1, 1, { reload: () => ++reloads }));
  await Promise.resolve();
  expect(reloads).toBe(0);
  await settle();
  expect(reloads).toBe(1);
});

test("a check that hasn't begun when the sampler is closed asks nobody", async () => {
  const { truth } = sampler();
  let reloads = 0;
  truth.check(hit(1, 1, { reload: () => ++reloads }));
  truth.close();
  await settle();
  expect(reloads).toBe(0);
  expect(truth.stats()).toMatchObject({ running: 0, failed: 0 });
});

/** The value leaves the cache at one of the moments of a check. */
test.each(["before the reload", "during the reload", "while the difference is confirmed", "never"])(
  "a difference whose value leaves the cache %s counts as stale only if that is never",
  async (moment) => {
    const { clock, truth } = sampler({ confirmMs: 50 });
    let isCurrent = moment !== "before the reload";
    const answer = Promise.withResolvers<number>();
    truth.check(hit(1, 2, { isStillCurrent: () => isCurrent, reload: () => answer.promise }));
    await clock.advance(10);
    if (moment === "during the reload") isCurrent = false;
    answer.resolve(2);
    await clock.advance(20);
    if (moment === "while the difference is confirmed") isCurrent = false;
    await clock.advance(100);
    const isStale = moment === "never";
    expect(truth.stats()).toMatchObject({ stale: isStale ? 1 : 0, moved: isStale ? 0 : 1, fresh: 0 });
  },
);

test("a hit that is the same although its value has left is fresh: it was right when it was given", async () => {
  const { truth } = sampler();
  let isCurrent = true;
  const reload = () => {
    isCurrent = false;
    return 1;
  };
  truth.check(hit(1, 1, { isStillCurrent: () => isCurrent, reload }));
  await settle();
  expect(truth.stats()).toMatchObject({ fresh: 1, moved: 0 });
});

test("no more than so many checks run at once, one for each key", async () => {
  const { truth } = sampler({ maxConcurrent: 2 });
  const gate = Promise.withResolvers<number>();
  let reloads = 0;
  const reload = () => {
    reloads++;
    return gate.promise;
  };
  for (const key of ["a", "a", "b", "c"]) truth.check(hit(1, 1, { key, reload }));
  await settle();
  expect(reloads).toBe(2);
  expect(truth.stats()).toMatchObject({ running: 2, skipped: 2 });
  gate.resolve(1);
  await settle();
  truth.check(hit(1, 1, { key: "a" }));
  await settle();
  expect(truth.stats()).toMatchObject({ running: 0, fresh: 3 });
});

test("a reload that takes too long is told to stop, is a failure, and keeps its place until it ends", async () => {
  const { clock, truth } = sampler({ timeoutMs: 1000 });
  const gate = Promise.withResolvers<number>();
  let signal: AbortSignal | undefined;
  const reload = (given: AbortSignal) => {
    signal = given;
    return gate.promise;
  };
  truth.check(hit(1, 2, { reload }));
  await clock.advance(1000);
  expect(signal?.reason).toMatchObject({ code: "VICTOR_DEADLINE" });
  truth.check(hit(1, 1, { key: "other" }));
  expect(truth.stats()).toMatchObject({ running: 1, skipped: 1 });
  gate.resolve(2);
  await settle();
  expect(truth.stats()).toMatchObject({ running: 0, failed: 1, stale: 0 });
});

test("a source in trouble isn't asked any longer, until its circuit closes again", async () => {
  const { clock, truth } = sampler({ circuit: { consecutiveFailures: 3, openMs: 1000, probes: 1 } });
  const reload = () => Promise.reject(new Error("down"));
  for (let i = 0; i < 5; i++) {
    truth.check(hit(1, 1, { reload }));
    await settle();
  }
  expect(truth.stats()).toMatchObject({ failed: 3, skipped: 2 });
  await clock.advance(1000);
  truth.check(hit(1, 1));
  await settle();
  expect(truth.stats()).toMatchObject({ fresh: 1 });
});

test("what throws in a check is a failure, and nobody else's business", async () => {
  const broken = () => {
    throw new Error("broken");
  };
  const { truth } = sampler({ equal: broken, circuit: { failureRate: Number.POSITIVE_INFINITY } });
  truth.check(hit(1, 1));
  await settle();
  truth.check(hit(1, 1, { isStillCurrent: broken }));
  await settle();
  truth.check(hit(1, 1, { reload: broken }));
  await settle();
  expect(truth.stats()).toMatchObject({ failed: 3, running: 0 });
});

test("one's own way to compare goes before the cache's, and that before deep equality", async () => {
  const own = sampler({ equal: () => true }).truth;
  own.check(hit(1, 2, { equal: () => false }));
  const { clock, truth } = sampler();
  truth.check(hit(1, 1, { equal: () => false }));
  await clock.advance(100);
  expect([own.stats().fresh, truth.stats().stale]).toEqual([1, 1]);
});

test.each([1, 20, 100])("%i percent of the hits are due", (share) => {
  const truth = new TruthSampler({ share, random: seededRandom(3) });
  const hits = 50_000;
  let due = 0;
  for (let i = 0; i < hits; i++) if (truth.isDue()) due++;
  const p = share / 100;
  expect(Math.abs(due / hits - p)).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / hits));
});

test("with a share of 0 no hit is due", () => {
  const { truth } = sampler({ share: 0 });
  for (let i = 0; i < 10_000; i++) expect(truth.isDue()).toBe(false);
});

test("after close nothing is due, and checks under way are told to stop and count for nothing", async () => {
  const { clock, truth } = sampler();
  let signal: AbortSignal | undefined;
  const gate = Promise.withResolvers<number>();
  truth.check(
    hit(1, 2, {
      reload: (given) => {
        signal = given;
        return gate.promise;
      },
    }),
  );
  await settle();
  truth[Symbol.dispose]();
  expect(signal?.aborted).toBe(true);
  gate.resolve(2);
  await clock.advance(1000);
  truth.check(hit(1, 2));
  expect(truth.isDue()).toBe(false);
  expect(truth.stats()).toMatchObject({ checked: 0, failed: 0, skipped: 0, running: 0 });
  expect(clock.pending).toBe(0);
});

test("the stale rate is a metric, with Wilson's interval", async () => {
  expect(shareInterval(0, 0)).toEqual([0, 1]);
  // Table of Brown, Cai and DasGupta's example: 10 of 100.
  expect(shareInterval(10, 100).map((bound) => bound.toFixed(4))).toEqual(["0.0552", "0.1744"]);
  expect(shareInterval(0, 100)).toEqual([0, expect.closeTo(0.037, 3)]);
  expect(shareInterval(100, 100)).toEqual([expect.closeTo(0.963, 3), 1]);
  const { clock, truth } = sampler({ name: "queries" });
  truth.check(hit(1, 2));
  await clock.advance(100);
  const rates = [...truth.collect()].filter(({ name }) => name === "victor.truth.stale_rate");
  expect(rates[0]).toMatchObject({ value: 1, labels: { bound: "estimate", "victor.truth.name": "queries" } });
});

test.each<[string, object]>([
  ["truthSampler: unknown option", { rate: 1 }],
  ["share: expected", { share: 101 }],
  ["equal: expected", { equal: 1 }],
  ["maxConcurrent: expected", { maxConcurrent: 0 }],
  ["timeoutMs: expected", { timeoutMs: 0 }],
  ["confirmMs: expected", { confirmMs: -1 }],
  ["circuit: unknown option", { circuit: { tries: 1 } }],
  ["circuit.openMs: expected", { circuit: { openMs: 0 } }],
  ["circuit.failureRate: expected", { circuit: { failureRate: 2 } }],
  ["name: expected", { name: "" }],
])("a wrong option is told of: %s", (message, options) => {
  expect(() => truthSampler(options as never)).toThrow(message);
});
