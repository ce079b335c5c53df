import { expect, test } from "vitest";
import { liveBySite, siteText } from "../../../../src/memory/leaks/allocation-site.ts";
import { SiteGrowth } from "../../../../src/memory/leaks/site-growth.ts";
import { heapProfile } from "../../../support/heap-profile.ts";

test("what Node's own functions and built-ins allocate counts to the program's function that called them", () => {
  const profile = heapProfile({
    name: "handle",
    calls: [
      { name: "alloc", url: "node:buffer", bytes: 100, calls: [{ name: "push", url: "", bytes: 20 }] },
      { name: "", bytes: 7 },
    ],
  });
  const sites = liveBySite(profile);
  expect(Array.from(sites, ([key, { bytes }]) => [key, bytes])).toEqual([
    ["handle (file:///app.js:10:3)", 120],
    ["(anonymous) (file:///app.js:10:3)", 7],
  ]);
  const { stack } = sites.get("handle (file:///app.js:10:3)")!;
  expect(stack.map(siteText)).toEqual(["alloc (node:buffer:10:3)", "handle (file:///app.js:10:3)"]);
});

test("what nothing of the program called is Node's own, and the detector's own is left out", () => {
  const own = new URL("../../../../src/memory/leaks/leak-detector.ts", import.meta.url).href;
  const sites = liveBySite(
    heapProfile(
      { name: "onread", url: "node:net", bytes: 5 },
      { name: "tick", url: own, calls: [{ name: "post", url: "node:inspector", bytes: 9 }] },
    ),
  );
  expect([...sites.keys()]).toEqual(["onread (node:net:10:3)"]);
});

test("a site that grows is named before one that is larger, and one that changes its content isn't", () => {
  const sites = new SiteGrowth(20, 1000);
  const at = (i: number) =>
    heapProfile({ name: "cache", bytes: 900_000 + 1000 * (i % 2) }, { name: "leak", bytes: 10_000 * i });
  for (let i = 0; i < 10; i++) sites.add(i, at(i));
  const growing = sites.growing(at(9));
  expect(growing.map(({ live }) => live.site.functionName)).toEqual(["leak"]);
  expect(growing[0]!.share).toBe(1);
  expect(growing[0]!.low).toBeGreaterThan(0.9);
});

test.each(["thin out", "drop oldest"] as const)("it goes on when all points are taken: %s", (whenFull) => {
  const sites = new SiteGrowth(8, 1000, whenFull);
  const at = (i: number) => heapProfile({ name: "a", bytes: 3000 * i }, { name: "b", bytes: 1000 * i });
  for (let i = 0; i < 100; i++) sites.add(i, at(i));
  const growing = sites.growing(at(99));
  expect(growing.map(({ live, share }) => [live.site.functionName, share])).toEqual([
    ["a", 0.75],
    ["b", 0.25],
  ]);
});

test("it keeps to its bound of sites, and lets those go of which nothing is left", () => {
  const sites = new SiteGrowth(10, 1000);
  const crowd = (from: number) =>
    Array.from({ length: 250 }, (_, i) => ({ name: `f${from + i}`, bytes: 1000 }));
  for (let i = 0; i < 8; i++)
    sites.add(i, heapProfile(...crowd(1000 * i), { name: "leak", bytes: 5000 * (i + 1) }));
  const growing = sites.growing(heapProfile({ name: "leak", bytes: 40_000 }));
  expect(growing.map(({ live }) => live.site.functionName)).toEqual(["leak"]);
});
