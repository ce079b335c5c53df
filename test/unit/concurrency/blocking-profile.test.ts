import { expect, test } from "vitest";
import {
  blockingFunction,
  blockingStack,
  type CpuProfile,
  describeBlocking,
} from "../../../src/concurrency/blocking-profile.ts";

/** Nodes in the order given, numbered from 1; each names its parent by number. */
function profile(
  nodes: readonly (readonly [name: string, parent: number, url?: string])[],
  samples: readonly number[],
): CpuProfile {
  return {
    nodes: nodes.map(([functionName, , url = "file:///app.js"], i) => ({
      id: i + 1,
      callFrame: { functionName, url, lineNumber: i, columnNumber: 0 },
      children: nodes.flatMap(([, parent], child) => (parent === i + 1 ? [child + 1] : [])),
    })),
    startTime: 1000,
    samples,
    timeDeltas: samples.map(() => 10),
  };
}

const names = (from: CpuProfile, untilUs = Number.POSITIVE_INFINITY) =>
  blockingStack(from, untilUs).map(({ functionName }) => functionName);

test("names the function that most samples were in, with its callers", () => {
  const nodes = [
    ["(root)", 0],
    ["main", 1],
    ["hash", 2],
    ["other", 2],
  ] as const;
  const seen = profile(nodes, [3, 3, 3, 4]);
  expect(names(seen)).toEqual(["hash", "main"]);
  expect(describeBlocking(blockingStack(seen, 1e9))).toBe("hash (file:///app.js:3:1)");
});

test("names the caller of many small functions, of which none takes more than half", () => {
  const nodes = [
    ["(root)", 0],
    ["main", 1],
    ["a", 2],
    ["b", 2],
    ["c", 2],
  ] as const;
  expect(names(profile(nodes, [3, 4, 5, 3, 4, 5]))).toEqual(["main"]);
  expect(names(profile(nodes, [3, 4]))).toEqual(["main"]);
});

test("time outside of functions doesn't count, nor what was seen after the end, but for the first sample", () => {
  const nodes = [
    ["(root)", 0],
    ["(idle)", 1, ""],
    ["(program)", 1, ""],
    ["(garbage collector)", 1, ""],
    ["first", 1],
    ["later", 1],
  ] as const;
  expect(names(profile(nodes, [5, 2, 2, 2, 3, 4, 4]))).toEqual(["first"]);
  expect(names(profile(nodes, [5, 5, 6, 6, 6, 6]), 1020)).toEqual(["first"]);
  expect(names(profile(nodes, [5, 6, 6, 6, 6]), 0)).toEqual(["first"]);
  expect(names(profile(nodes, [2, 2, 3, 4]))).toEqual([]);
});

test("the innermost function that isn't Node's own is the one to name", () => {
  const nodes = [
    ["(root)", 0],
    ["timers", 1, "node:internal/timers"],
    ["", 2],
    ["pbkdf2Sync", 3, "node:crypto"],
    ["native", 4, ""],
  ] as const;
  const stack = blockingStack(profile(nodes, [5]), 1e9);
  expect(stack.map(({ functionName }) => functionName)).toEqual([
    "native",
    "pbkdf2Sync",
    "(anonymous)",
    "timers",
  ]);
  expect(blockingFunction(stack)).toMatchObject({ functionName: "(anonymous)", line: 3, column: 1 });
  expect(blockingFunction(stack.slice(0, 2))).toBeUndefined();
  expect(describeBlocking(stack.slice(0, 2))).toBe(
    "an optimised loop that can't be seen, or Node's own code, under native",
  );
});

test("without samples or nodes there is nothing to name", () => {
  expect(names(profile([["(root)", 0]], []))).toEqual([]);
  expect(blockingStack({ nodes: [], startTime: 0 }, 0)).toEqual([]);
  expect(describeBlocking([])).toBe("no JavaScript: a native call, or the garbage collector");
});
