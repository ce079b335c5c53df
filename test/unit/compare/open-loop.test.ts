import { expect, test } from "vitest";
import { closedLoop, type OpenLoad, type Outcome, openLoop } from "../../../src/compare/load/open-loop.ts";
import { ManualPace } from "../../support/manual-pace.ts";

const good: Outcome = { ok: true, status: "200" };

interface Run {
  readonly load?: Partial<OpenLoad>;
  /** When the answer to a request comes, by when it was sent. */
  readonly answerAt: (sentMs: number, index: number) => number;
}

async function run({ load = {}, answerAt }: Run) {
  const pace = new ManualPace();
  const outcomes: [string, number | undefined][] = [];
  const sentMs: number[] = [];
  const result = await openLoop({
    rate: 100,
    durationMs: 100,
    maxInFlight: 1000,
    timeoutMs: 1000,
    ...load,
    pace,
    async send(index) {
      sentMs.push(pace.now());
      await pace.until(answerAt(pace.now(), index));
      return good;
    },
    onDone: ({ status }, latencyMs) => outcomes.push([status, latencyMs]),
  });
  return { result, outcomes, sentMs };
}

test("sends at fixed times, however long answers take", async () => {
  const { sentMs, outcomes, result } = await run({ answerAt: (sent) => sent + 35 });
  expect(sentMs).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
  expect(outcomes).toEqual(Array(10).fill(["200", 35]));
  expect(result).toEqual({ sent: 10, dropped: 0, drainMs: 35, late: 0, abandoned: 0 });
});

test("charges a stall to all requests that should have started meanwhile", async () => {
  // The program stands still from 20 to 70 ms, and else answers in 1 ms.
  const { outcomes } = await run({ answerAt: (sent) => (sent >= 20 && sent < 70 ? 71 : sent + 1) });
  expect(outcomes.map(([, latency]) => latency).sort((a, b) => b! - a!)).toEqual([
    51, 41, 31, 21, 11, 1, 1, 1, 1, 1,
  ]);
});

test("charges its own lateness too, and tells of it", async () => {
  const pace = new ManualPace();
  const latencies: (number | undefined)[] = [];
  const { late } = await openLoop({
    rate: 100,
    durationMs: 50,
    maxInFlight: 10,
    timeoutMs: 1000,
    pace: {
      now: () => pace.now(),
      // The generator's own process stands still from 10 to 32 ms.
      until: (atMs) => pace.until(atMs === 10 ? 32 : atMs),
    },
    send: async () => good,
    onDone: (_, latency) => latencies.push(latency),
  });
  expect(latencies.toSorted((a, b) => a! - b!)).toEqual([0, 0, 2, 12, 22]);
  expect(late).toBe(2);
});

test("counts what exceeds the bound in flight as failed, and doesn't send it later", async () => {
  const { outcomes, sentMs, result } = await run({ load: { maxInFlight: 3 }, answerAt: () => 95 });
  expect(sentMs).toEqual([0, 10, 20]);
  expect(result).toMatchObject({ sent: 3, dropped: 7 });
  expect(outcomes.filter(([status]) => status === "over the bound in flight")).toHaveLength(7);
});

test("gives up requests that outlast the time limit, and ignores what comes of them later", async () => {
  const { outcomes, result } = await run({
    load: { timeoutMs: 50, durationMs: 30 },
    answerAt: (sent, index) => (index === 1 ? 10_000 : index === 2 ? sent + 51 : sent + 1),
  });
  expect(result).toMatchObject({ sent: 3, abandoned: 2 });
  expect(outcomes).toEqual([
    ["200", 1],
    ["timeout", 60],
    ["timeout", 50],
  ]);
});

test("an answer after the time limit, but before the end, is a timeout as well", async () => {
  const { outcomes } = await run({
    load: { timeoutMs: 20 },
    answerAt: (sent) => sent + (sent === 0 ? 30 : 1),
  });
  expect(outcomes.filter(([status]) => status === "timeout")).toEqual([["timeout", 30]]);
});

test("a closed loop finds out how much a program can do", async () => {
  const pace = new ManualPace();
  const { perSecond, failed } = await closedLoop({
    concurrency: 4,
    durationMs: 1000,
    timeoutMs: 1000,
    pace,
    async send(index) {
      await pace.until(pace.now() + 20);
      return index % 10 === 9 ? { ok: false, status: "500" } : good;
    },
  });
  expect(perSecond).toBe(180);
  expect(failed).toBe(20);
});

test("a closed loop ends though a program has stopped answering", async () => {
  const pace = new ManualPace();
  const result = await closedLoop({
    concurrency: 4,
    durationMs: 1000,
    timeoutMs: 500,
    pace,
    async send(index) {
      if (index >= 30) await new Promise(() => {});
      await pace.until(pace.now() + 20);
      return good;
    },
  });
  expect(result).toEqual({ perSecond: 20, failed: 4, abandoned: 4 });
  expect(pace.now()).toBe(1500);
});
