import { expect, test } from "vitest";
import { eager, handWritten, lazy } from "../../../src/report/workloads/algorithms/lazy-arms.ts";
import { sampleRequests } from "../../../src/report/workloads/algorithms/sample-requests.ts";

test("requests come in the shares that the report names, the same for the same seed", () => {
  const requests = sampleRequests(20_000, 1);
  for (const [kind, share, signedIn] of [
    ["list", 0.4, 0.3],
    ["item", 0.3, 0.3],
    ["account", 0.15, 1],
    ["update", 0.1, 1],
    ["health", 0.05, 0],
  ] as const) {
    const all = requests.filter((request) => request.kind === kind);
    const withSession = all.filter(({ cookie }) => cookie.includes("session="));
    // Four standard deviations of so many draws.
    expect(Math.abs(all.length / 20_000 - share)).toBeLessThan(0.014);
    expect(Math.abs(withSession.length / all.length - signedIn)).toBeLessThan(0.025);
  }
  expect(sampleRequests(20_000, 1)).toEqual(requests);
  expect(sampleRequests(20_000, 2)).not.toEqual(requests);
});

test("eager, hand-written and lazy code answer alike, and compute all six parts or those that are needed", async () => {
  const arms = [eager, handWritten, lazy].map((setup) => setup({ requests: 1000, seed: 1 }));
  for (const arm of arms) arm.run();
  const answers = arms.map((arm) => arm.answer());
  expect(new Set(answers).size).toBe(1);
  const [all, byHand, needed] = arms.map((arm) => arm.counters().computationsPerRequest) as [
    number,
    number,
    number,
  ];
  expect(all).toBe(6);
  expect(needed).toBe(byHand);
  // 40 % need 4.3, 30 % 3.3, 15 % 4, 10 % 3 and a query of the two in three who may write, 5 % nothing.
  expect(needed).toBeCloseTo(0.4 * 4.3 + 0.3 * 3.3 + 0.15 * 4 + 0.1 * 3.67, 1);
});
