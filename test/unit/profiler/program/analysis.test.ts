import { expect, test } from "vitest";
import { CallTree } from "../../../../src/profiler/program/call-tree.ts";
import { deoptimizations } from "../../../../src/profiler/program/deopt-trace.ts";
import { flameTree } from "../../../../src/profiler/program/flame-tree.ts";
import { hotFunctions } from "../../../../src/profiler/program/hot-functions.ts";
import { keptProfiles } from "../../../../src/profiler/program/kept-profiles.ts";
import { loopBlocks } from "../../../../src/profiler/program/loop-blocks.ts";
import { analyseProgram } from "../../../../src/profiler/program/program-profile.ts";
import type { AllocationNode, ThreadState } from "../../../../src/profiler/program/recorded-thread.ts";
import { cpuProfile, frame } from "../../../support/cpu-profiles.ts";

const [a, b, idle, fs] = [frame("a"), frame("b"), frame("(idle)"), frame("readFileSync", "node:fs")];

test("a function has its own time and that of what it calls, and recursion counts once", () => {
  const tree = new CallTree();
  tree.add(
    cpuProfile([
      { stack: [a], us: 1000, line: 7 },
      { stack: [a, b], us: 2000, line: 9 },
      { stack: [a, b, a], us: 4000, line: 7 },
      { stack: [idle], us: 50_000 },
    ]),
  );
  expect(
    hotFunctions(tree).map(({ place, selfMs, totalMs, hotLine, hotLineMs }) => [
      place.name,
      selfMs,
      totalMs,
      hotLine,
      hotLineMs,
    ]),
  ).toEqual([
    ["a", 5, 7, 7, 5],
    ["b", 2, 6, 9, 2],
  ]);
});

test("profiles of one program add up to one tree", () => {
  const tree = new CallTree();
  tree.add(cpuProfile([{ stack: [a, b], us: 1000 }]));
  tree.add(
    cpuProfile([
      { stack: [b], us: 500 },
      { stack: [a, b], us: 1500 },
    ]),
  );
  expect(tree.functionOf).toHaveLength(4);
  expect(tree.samples).toBe(3);
  expect(hotFunctions(tree).map(({ place, selfMs }) => [place.name, selfMs])).toEqual([
    ["b", 3],
    ["a", 0],
  ]);
});

test("a million samples and very deep stacks are read", () => {
  const deep = Array.from({ length: 20_000 }, (_, i) => frame(`f${i}`));
  const profile = cpuProfile([{ stack: deep, us: 1000 }]);
  const id = profile.samples[0]!;
  const samples = new Array<number>(1_000_000).fill(id);
  const tree = new CallTree();
  tree.add({ ...profile, samples, timeDeltas: samples.map(() => 1000), endTime: 1e9 });
  const [hottest] = hotFunctions(tree);
  expect(hottest?.place.name).toBe("f19999");
  expect(hottest?.selfMs).toBeCloseTo(1e6, -1);
  expect(flameTree(tree, (place) => place).nodes).toHaveLength(20_001);
});

test("the flame graph leaves out idle time and what is too small, and says how much that was", () => {
  const tree = new CallTree();
  tree.add(
    cpuProfile([
      { stack: [a], us: 1_000_000 },
      { stack: [b], us: 100 },
      { stack: [idle], us: 5_000_000 },
    ]),
  );
  const { functions, nodes, omittedUs } = flameTree(tree, (place) => place);
  expect(functions.map(({ name }) => name)).toEqual(["(root)", "a"]);
  expect(nodes).toEqual([
    [0, -1, 1_000_100],
    [1, 0, 1_000_000],
  ]);
  expect(omittedUs).toBe(100);
});

test("a block names the innermost function of the program that ran for half of it, and none when nothing ran", () => {
  const cpu = cpuProfile([
    { stack: [idle], us: 100_000 },
    { stack: [a, fs], us: 80_000 },
    { stack: [idle], us: 200_000 },
  ]);
  expect(
    loopBlocks({
      cpu,
      blocks: [
        [100_000, 80_000],
        [200_000, 90_000],
      ],
    }),
  ).toEqual([
    { durationMs: 80, place: { name: "a", file: "/app/main.js", line: 1, column: 1 }, placeMs: 80 },
  ]);
});

const bailout = (name: string, reason: string, kind = "deopt-eager") =>
  `[bailout (kind: ${kind}, reason: ${reason}): begin. deoptimizing 0x07bf <JSFunction ${name} </a b/x.js> (sfi = 0x7bfd)>, 0x7f <Code MAGLEV>, opt id 0, pc 0x7fa2]\n`;
const position = (where: string) =>
  `            ;;; deoptimize at ${where}\n  reading input frame add => inputs:\n`;

test("deoptimizations are counted by place and reason; moves to better code aren't any", () => {
  const trace =
    (bailout("add", "wrong map") + position("</a b/x.js:5:31>")).repeat(3) +
    bailout("(odd> (name", "wrong map") +
    position("</a b/x.js:5:31> inlined at </a b/y.js:9:1>") +
    bailout("add", "prepare for on stack replacement (OSR)") +
    position("</a b/x.js:5:31>") +
    bailout("", "not a Smi").replace("  ", " ") +
    position("<file:///%C3%B8/b.mjs:1:2>") +
    "[marking dependent code 0x12 <Code MAGLEV> (0x34 <SharedFunctionInfo>), reason: weak objects]\n" +
    "[bailout (kind: deopt-eager, reason: half a li";
  expect(deoptimizations(trace, [])).toEqual([
    {
      place: { name: "add", file: "/a b/x.js", line: 5, column: 31 },
      reason: "wrong map",
      kind: "deopt-eager",
      count: 4,
    },
    {
      place: { name: "(anonymous)", file: "/ø/b.mjs", line: 1, column: 2 },
      reason: "not a Smi",
      kind: "deopt-eager",
      count: 1,
    },
  ]);
});

test("a deoptimization without a position stands where its function begins, if only one has its name", () => {
  const trace = bailout("once", "(unknown)", "deopt-lazy") + bailout("twice", "(unknown)", "deopt-lazy");
  const at = (name: string, line: number) => frame(name, "/a b/x.js", line);
  const frames = [at("once", 6), frame("once", "/a b/y.js"), at("twice", 1), at("twice", 2)];
  expect(deoptimizations(trace, frames).map(({ place }) => place)).toEqual([
    { name: "once", file: "/a b/x.js", line: 7, column: 1 },
    { name: "twice", file: "/a b/x.js", line: 0, column: 0 },
  ]);
});

test("kept profiles join all segments under one root", () => {
  const site: AllocationNode = { callFrame: a, selfSize: 10, children: [] };
  const segment = (startTime: number) => ({
    cpu: cpuProfile(
      [
        { stack: [a, b], us: 1000 },
        { stack: [a], us: 500 },
      ],
      startTime,
    ),
    allocations: { head: { callFrame: frame("(root)"), selfSize: 0, children: [site] } },
    blocks: [],
  });
  const { cpu, heap } = keptProfiles({
    state: {} as ThreadState,
    segments: () => [segment(100), segment(2000)],
  });
  const profile = JSON.parse(cpu);
  expect(new Set(profile.nodes.map(({ id }: { id: number }) => id)).size).toBe(profile.nodes.length);
  expect(profile.samples).toHaveLength(4);
  expect(profile.timeDeltas[2]).toBe(400);
  const tree = new CallTree();
  tree.add(profile);
  expect(hotFunctions(tree).map(({ place }) => place.name)).toEqual(["b", "a"]);
  expect(JSON.parse(heap).head.children).toHaveLength(2);
});

test.each([
  ["is named, however long the recorder takes to begin and to save", 300_000, 10_000, ["hot-function"]],
  ["isn't named in a program that mostly waits", 300_000, 200_000, []],
])("a function in which a short program spends its time %s", (_, busyUs, idleUs, rules) => {
  const cpu = cpuProfile([
    { stack: [a], us: busyUs },
    { stack: [idle], us: idleUs },
  ]);
  const state = { elapsedMs: 1000, gc: {}, loop: { turns: 0 } } as unknown as ThreadState;
  const threads = [{ state, segments: () => [{ cpu, blocks: [] }] }];
  const { advice } = analyseProgram({ threads, deoptTrace: undefined });
  expect(advice.map(({ rule }) => rule)).toEqual(rules);
});
