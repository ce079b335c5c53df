import { expect, test } from "vitest";
import { describeLeaks, pathText } from "../../../../src/memory/leaks/describe-leaks.ts";
import type { Holder } from "../../../../src/memory/leaks/holder-growth.ts";
import type { LeakSuspect } from "../../../../src/memory/leaks/leak-report.ts";
import type { GrowingSite } from "../../../../src/memory/leaks/site-growth.ts";
import { suspectsOf } from "../../../../src/memory/leaks/suspects.ts";

const site = (share: number, ...names: readonly string[]): GrowingSite => {
  const stack = names.map((functionName) => ({ functionName, url: "file:///app.js", line: 1, column: 1 }));
  return { live: { site: stack[0]!, stack, bytes: 0, stackBytes: 0 }, share, low: share, high: share };
};

const step = (edge: string, name: string) => ({ edge, name, type: "object", id: 1 });

const holder = (property: string, held: string, bytes: number): Holder => ({
  name: "Map",
  property,
  id: 1,
  bytes,
  held,
  heldCount: 1,
  path: [step(property, "Map"), step("[1]", held)],
});

const suspects = (sites: readonly GrowingSite[], holders: readonly Holder[]): LeakSuspect[] =>
  suspectsOf({
    per: "operation",
    rate: { bytes: 100, low: 90, high: 110 },
    sites,
    holders,
    classes: [],
    isExternal: false,
  });

const pairs = (found: readonly LeakSuspect[]) =>
  found.map((suspect) => [suspect.site?.functionName, suspect.holder?.property]);

test("a holder goes with the function that constructs what it holds, whatever their ranks", () => {
  const found = suspects(
    [site(0.6, "Visit", "handle"), site(0.4, "Session", "login", "handle")],
    [holder(".sessions", "Session", 55), holder(".visits", "Visit", 45)],
  );
  expect(pairs(found)).toEqual([
    ["Visit", ".visits"],
    ["Session", ".sessions"],
  ]);
  expect(found.map(({ constructorName }) => constructorName)).toEqual(["Visit", "Session"]);
});

test("without such a name, a holder goes with the site that grows by as large a part of all", () => {
  const found = suspects(
    [site(0.8, "log"), site(0.15, "upload"), site(0.05, "parse")],
    [holder(".uploads", "Object", 18), holder(".lines", "Object", 82)],
  );
  expect(pairs(found)).toEqual([
    ["log", ".lines"],
    ["upload", ".uploads"],
    ["parse", undefined],
  ]);
});

test("the only holder goes with all sites, and holders without sites are named by themselves", () => {
  const only = holder(".sessions", "Session", 100);
  expect(pairs(suspects([site(0.6, "a"), site(0.4, "b")], [only]))).toEqual([
    ["a", ".sessions"],
    ["b", ".sessions"],
  ]);
  expect(pairs(suspects([], [only]))).toEqual([[undefined, ".sessions"]]);
});

test("a path of thousands of steps is told without its middle", () => {
  const chain = Array.from({ length: 5000 }, (_, i) => step(".next", `Node${i}`));
  const text = pathText(chain);
  expect(text).toMatch(/^\.next Node0 → .* → \.next Node19 → 4976 more → \.next Node4996 → .* Node4999$/);
  const report = {
    status: "leaking",
    per: "operation",
    measured: 1,
    rate: { bytes: 100, low: 90, high: 110 },
    significance: 0,
    more: undefined,
    suspects: suspects([], [{ ...holder(".first", "Node", 100), path: chain }]),
    holders: [],
    classes: [],
    notes: [],
  } as const;
  expect(describeLeaks(report)).toContain(`held by ${text}`);
  expect(pathText(chain.slice(0, 25))).not.toContain("more");
});
