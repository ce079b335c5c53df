import { expect, test } from "vitest";
import {
  comparisonWarnings,
  machineWarnings,
  type WatchedProgram,
} from "../../../src/compare/compare-warnings.ts";
import type { LoadFigures } from "../../../src/compare/load/load-protocol.ts";

const load: LoadFigures = {
  ...{ completed: 1000, failed: 0, latencyMs: undefined, loadedMs: 5000, statuses: { 200: 1000 } },
  ...{ answers: [], lateShare: 0, drainShare: 0.01 },
};

function program(
  name: string,
  { loads = [load], p50 = [1, 1, 1, 1, 1], ...rest } = {} as Partial<WatchedProgram> & { p50?: number[] },
): WatchedProgram {
  const runs = p50.map((latencyP50, i) => ({
    round: i + 1,
    figures: { latencyP50 },
    statuses: (loads[i] ?? loads[0]!).statuses,
  }));
  return { name, runs, loads, ignoredSigterm: false, ...rest };
}

const warnings = (...programs: WatchedProgram[]) => comparisonWarnings(programs, 500);

test("warns of nothing when all is well", () => {
  expect(warnings(program("a"), program("b"))).toEqual([]);
});

test.each([
  [
    "a rate that only one can bear",
    program("b", { loads: [{ ...load, drainShare: 0.8 }] }),
    /^b: 500 requests\/s are more than it can do/,
  ],
  [
    "requests that were not sent",
    program("b", { loads: [{ ...load, statuses: { 200: 1, "over the bound in flight": 3 } }] }),
    /^b: 500 requests\/s are more/,
  ],
  [
    "a generator that comes late",
    program("b", { loads: [{ ...load, lateShare: 0.05 }] }),
    /late with up to 5 %/,
  ],
  [
    "errors of one program",
    program("b", { loads: [{ ...load, statuses: { 200: 9, timeout: 1 } }] }),
    /only b gave timeout \(5 times\), a never/,
  ],
  [
    "a URL that isn't there",
    program("b", { loads: [{ ...load, statuses: { 404: 9, 200: 1 } }] }),
    /^b: most answers are 404/,
  ],
  ["a program that had to be killed", program("b", { ignoredSigterm: true }), /^b: did not end on SIGTERM/],
])("warns of %s", (_, b, message) => {
  expect(warnings(program("a"), b)).toContainEqual(expect.stringMatching(message));
});

test("warns of a machine on which one program differs from itself", () => {
  expect(warnings(program("a", { p50: [1, 1.1, 1.9, 2] }), program("b"))).toContainEqual(
    expect.stringMatching(/differs from process to process by \d+ %/),
  );
});

test("of a job that differs from itself it speaks of runs, and of no load", () => {
  const runs = [1, 1.1, 1.9, 2].map((wallTime, i) => ({ round: i + 1, figures: { wallTime }, statuses: {} }));
  const job: WatchedProgram = { name: "a", runs, loads: [], ignoredSigterm: false };
  expect(comparisonWarnings([job, { ...job, name: "b" }], undefined)[0]).toMatch(
    /^the same program differs from run to run by \d+ % \(middle half\); quieten the machine, or raise --rounds$/,
  );
});

test.each([
  [[1], "1 round is too few to show more than the largest differences; raise --rounds"],
  [[1, 1, 1], "3 rounds are too few to show more than the largest differences; raise --rounds"],
])("warns of so few rounds that nothing can be shown", (p50, message) => {
  expect(warnings(program("a", { p50 }), program("b", { p50 }))).toEqual([message]);
});

test("warns of a clock that follows the load", () => {
  expect(machineWarnings(() => "powersave\n")).toContainEqual(
    expect.stringContaining('governor "powersave"'),
  );
  expect(machineWarnings(() => "performance\n").join()).not.toContain("governor");
});
