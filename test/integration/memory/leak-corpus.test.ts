import { beforeAll, describe, expect, test } from "vitest";
import { siteText } from "../../../src/memory/leaks/allocation-site.ts";
import { pathText } from "../../../src/memory/leaks/describe-leaks.ts";
import type { LeakReport } from "../../../src/memory/leaks/leak-report.ts";
import {
  findLeaks,
  installCorpus,
  leakCases,
  plateaus,
  twoAtATime,
  watchLeaks,
} from "../../support/leak-corpus.ts";

// Read when tests are collected: the packages must be there by then.
installCorpus();
const cases = [...(await leakCases("packages")), ...(await leakCases("shapes"))];
const steadyOnes = [
  "cacheThatFillsDuringTheRun",
  "ringThatFills",
  "sawtooth",
  "bursts",
  "compiledLate",
  "growsThenStays",
];
const reports = new Map<string, LeakReport>();

beforeAll(async () => {
  const options = { iterations: 600 };
  await twoAtATime([
    ...cases.flatMap(({ file, name }) =>
      ["leak", "control"].map((variant) => async () => {
        reports.set(`${name} ${variant}`, await findLeaks(file, variant, options));
      }),
    ),
    ...steadyOnes.map((name) => async () => {
      reports.set(name, await findLeaks(plateaus, name, { iterations: 1000 }));
      reports.set(`${name} watched`, await watchLeaks(plateaus, name));
    }),
  ]);
}, 1_200_000);

describe.each(cases)("$name", ({ name, holder, site }) => {
  test("the leak is found: where it is allocated, and what holds it by which way", () => {
    const { status, suspects, holders } = reports.get(`${name} leak`)!;
    expect(status).toBe("leaking");
    expect(suspects.map((suspect) => suspect.site && siteText(suspect.site)).join("\n")).toMatch(site);
    expect(pathText(suspects[0]!.retainingPath!)).toMatch(holder);
    // Where several hold parts of one leak, samples decide which is named beside which site.
    expect(holders).toContainEqual(suspects[0]!.holder);
    expect(pathText(holders[0]!.path)).toMatch(holder);
    expect(suspects[0]!.rate.low).toBeGreaterThan(0);
  });

  test("the same work done right is no leak", () => {
    const { status, suspects } = reports.get(`${name} control`)!;
    expect({ status, suspects }).not.toMatchObject({ status: "leaking" });
    expect(suspects).toEqual([]);
  });
});

test.each(steadyOnes)("what only looks like a leak for a while is none: %s", (name) => {
  expect(reports.get(name)!.status).not.toBe("leaking");
  expect(reports.get(`${name} watched`)).toMatchObject({ suspects: [] });
  expect(reports.get(`${name} watched`)!.status).not.toBe("leaking");
});
