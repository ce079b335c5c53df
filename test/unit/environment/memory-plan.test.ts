import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHeap, planMemory } from "../../../src/environment/memory-plan.ts";
import { planPoolThreads } from "../../../src/environment/pool-plan.ts";

const mib = 2 ** 20;

test.each([
  [64, { oldSpaceMib: 42, semiSpaceMib: 2 }],
  [128, { oldSpaceMib: 84, semiSpaceMib: 4 }],
  [256, { oldSpaceMib: 168, semiSpaceMib: 8 }],
  [512, { oldSpaceMib: 336, semiSpaceMib: 16 }],
  [1024, { oldSpaceMib: 672, semiSpaceMib: 32 }],
  [2048, { oldSpaceMib: 1440 }],
  [4096, { oldSpaceMib: 2880 }],
  [8192, { oldSpaceMib: 4096 }],
  [65_536, {}],
])("a container of %i MiB gets %j", (memory, plan) => {
  expect(planMemory(memory * mib)).toEqual(plan);
});

test("without a container nothing is set", () => {
  expect(planMemory(undefined)).toEqual({});
});

test("what is in force fits into the container, and never is less semi-space than Node would take", () => {
  fc.assert(
    fc.property(fc.integer({ min: 96, max: 200_000 }), (memory) => {
      const own = defaultHeap(memory * mib);
      const { oldSpaceMib = own.oldSpaceMib, semiSpaceMib = own.semiSpaceMib } = planMemory(memory * mib);
      expect(oldSpaceMib + 3 * semiSpaceMib).toBeLessThanOrEqual(memory * 0.75);
      expect(semiSpaceMib).toBeGreaterThanOrEqual(own.semiSpaceMib);
    }),
  );
});

test.each([
  [1, undefined],
  [4, undefined],
  [5, 5],
  [64, 64],
  [128, 64],
])("with %i processors libuv gets %s threads", (cpus, threads) => {
  expect(planPoolThreads(cpus)).toBe(threads);
});
