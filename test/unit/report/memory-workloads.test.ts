import { expect, test } from "vitest";
import { type OrderMix, ordersOf, sessionName } from "../../../src/report/workloads/memory/order-mix.ts";
import { serviceWorkloads } from "../../../src/report/workloads/memory/service-workloads.ts";
import { tuningStep } from "../../../src/report/workloads/memory/tuning-work.ts";

const mix: OrderMix = { requests: 2000, sessions: 100, seed: 1 };
const context = {
  engine: "sqlite",
  quick: true,
  workDir: "",
  repetitions: { processes: 3, rounds: 8, warmupRounds: 3 },
  seed: 7,
  signal: new AbortController().signal,
  announce: () => undefined,
} as const;

test("orders are the same for the same seed, and others for another", () => {
  const all = [...ordersOf(mix)];
  expect(all).toHaveLength(2000);
  expect([...ordersOf(mix)]).toEqual(all);
  expect([...ordersOf({ ...mix, seed: 2 })]).not.toEqual(all);
});

test("an order belongs to a session that is open: of those at first, or of those that began since", () => {
  const ended = new Set<string>();
  const begun = new Set(Array.from({ length: mix.sessions }, (_, i) => sessionName(i)));
  for (const [id, { isLast }] of ordersOf(mix)) {
    expect(ended).not.toContain(id);
    begun.add(id);
    if (isLast) ended.add(id);
  }
  expect(begun.size).toBeGreaterThan(mix.sessions);
  // Three in ten, within four standard deviations.
  expect(Math.abs(ended.size - 600)).toBeLessThan(4 * Math.sqrt(2000 * 0.3 * 0.7));
});

test("the sessions' answers depend on what was there before, by the seed alone", () => {
  const answers = (seed: number) => Array.from({ length: 100 }, tuningStep("sessions", seed));
  expect(answers(1)).toEqual(answers(1));
  expect(answers(1)).not.toEqual(answers(2));
  // Some places are empty yet.
  expect(new Set(answers(1)).size).toBeGreaterThan(50);
});

test("the service's rows do more in the full report, and each variant of a row the same", () => {
  const quick = serviceWorkloads(context);
  const full = serviceWorkloads({ ...context, quick: false });
  expect(quick.map(({ id }) => id)).toEqual([
    "memory.resident",
    "memory.gc-time",
    "memory.objects",
    "memory.aggressive-mode",
  ]);
  for (const [i, { input, baseline, optimized }] of quick.entries()) {
    expect(full[i]?.input).not.toBe(input);
    const mixes = [baseline, optimized].map((variant) => "args" in variant && variant.args);
    expect(mixes[0]).toMatchObject({ mix: { seed: 7 } });
    expect({ ...Object(mixes[1]), aggressive: false }).toEqual(mixes[0]);
  }
});
