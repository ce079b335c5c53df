import { expect, it } from "vitest";
import { runNode } from "../../support/run-node.ts";

const url = (path: string) => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);
const fixture = url("test/fixtures/gc/young-capacity.mjs");

/** Runs a module's body that prints JSON. */
async function answer(body: string, flags: readonly string[] = []): Promise<unknown> {
  const script = `
    import { setFlagsFromString } from "node:v8";
    import { Worker } from "node:worker_threads";
    import { setTimeout as sleep } from "node:timers/promises";
    import { enableGcTuning } from ${url("src/memory/gc/enable-gc-tuning.ts")};
    import { adviseGc } from ${url("src/memory/gc/advise-gc.ts")};
    import { GcWatch } from ${url("src/memory/gc/gc-watch.ts")};
    import { gcRates } from ${url("src/memory/gc/gc-observation.ts")};
    import { semiSpaceAfter } from ${fixture};
    const worker = (options) => new Promise((resolve, reject) => {
      // The flags of this script's own text mean nothing to a worker.
      new Worker(new URL(${fixture}), { ...options, execArgv: [] }).once("message", resolve).once("error", reject);
    });
    const print = (value) => process.stdout.write(JSON.stringify(value));
    ${body}
  `;
  const run = await runNode([...flags, "--no-warnings", "--input-type=module", "--eval", script]);
  if (run.code !== 0) throw new Error(`ended with ${run.signal ?? run.code}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

it("V8 keeps the semi-space of a running thread whatever the flags become, and gives them to later workers", async () => {
  const found = await answer(
    `
      const before = semiSpaceAfter(200);
      setFlagsFromString("--max-semi-space-size=8");
      print([before, semiSpaceAfter(300), (await worker({})).semiSpaceMib]);
    `,
    ["--max-semi-space-size=2"],
  );
  expect(found).toEqual([2, 2, 8]);
});

it("a worker has the semi-space that its resource limits were advised", async () => {
  const found = await answer(`
    const limits = (mib) => ({ resourceLimits: { maxYoungGenerationSizeMb: 3 * mib, maxOldGenerationSizeMb: 300 } });
    print([await worker(limits(2)), await worker(limits(4))]);
  `);
  expect(found).toEqual([
    { semiSpaceMib: 2, heapLimitMib: 306 },
    { semiSpaceMib: 4, heapLimitMib: 312 },
  ]);
});

it("workers get the advice while tuning is on, and what they had before when it is undone", async () => {
  const found = await answer(
    `
      const advice = { change: "semi-space", reason: "", flags: ["--max-semi-space-size=4"], nodeOptions: "", resourceLimits: { maxYoungGenerationSizeMb: 12 } };
      const tuning = enableGcTuning({ apply: "workers", advice });
      const during = [await worker(tuning.workerOptions()), await worker({})];
      tuning.undo();
      print([...during, await worker({})].map(({ semiSpaceMib }) => semiSpaceMib));
    `,
    ["--max-semi-space-size=2"],
  );
  expect(found).toEqual([4, 4, 2]);
});

it("aggressive gives memory back when the program is idle", async () => {
  const found = (await answer(`
    using tuning = enableGcTuning({ aggressive: true, idleMs: 100 });
    let kept = Array.from({ length: 500_000 }, (_, i) => ({ i }));
    const full = process.memoryUsage().heapUsed + 0 * kept.length;
    kept = undefined;
    while (tuning.stats().idleCollections === 0) await sleep(50);
    print({ full, idle: process.memoryUsage().heapUsed, leftGc: typeof gc });
  `)) as { full: number; idle: number; leftGc: string };
  expect(found.idle).toBeLessThan(found.full / 2);
  expect(found.leftGc).toBe("undefined");
});

it.each([
  ["nothing", 0, [0, 0.03]],
  ["every fourth object", 4, [0.2, 0.3]],
  ["every second object", 2, [0.44, 0.56]],
])("survival is measured: %s lives on", async (_name, every, [low, high]) => {
  const { survivalRate } = (await answer(
    `
      using watch = new GcWatch();
      const kept = [];
      let observation;
      do {
        for (let batch = 0; batch < 20; batch++) {
          // Chained, so that no array grows beside it.
          for (let i = 0; i < 2000; i++) {
            const object = [i, i, i, i, i, i, i, i];
            if (${every} > 0 && i % ${every} === 0) { object[0] = globalThis.last; globalThis.last = object; }
          }
          await sleep(0);
        }
        observation = watch.snapshot();
        if (process.memoryUsage().heapUsed > 400e6) globalThis.last = undefined;
      } while (observation.sample.scavenges < 14);
      print(gcRates(observation).survival);
    `,
    ["--max-semi-space-size=1"],
  )) as { survivalRate: number };
  expect(survivalRate).toBeGreaterThanOrEqual(low as number);
  expect(survivalRate).toBeLessThanOrEqual(high as number);
});

it("in a container of 512 MiB, sessions that survive get a larger semi-space, and all fits", async () => {
  const advice = (await answer(
    `
      using watch = new GcWatch();
      const kept = new Array(50_000);
      let n = 1, x = 12345, advice;
      do {
        for (let batch = 0; batch < 50; batch++) {
          for (let i = 0; i < 500; i++) {
            x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
            kept[(x >>> 0) % kept.length] = { id: n++, user: "user " + n, roles: [n, n], last: { n } };
          }
          await sleep(0);
        }
        advice = adviseGc(watch.snapshot(), { memoryLimitBytes: 512 * 2 ** 20 });
      } while (advice.change === "not-yet");
      print(advice);
    `,
    // What Node takes by itself in such a container.
    ["--max-old-space-size=256", "--max-semi-space-size=1"],
  )) as { change: string; flags: string[] };
  expect(advice.change).toBe("semi-space");
  expect(["--max-semi-space-size=16", "--max-semi-space-size=32"]).toContain(advice.flags[0]);
});
