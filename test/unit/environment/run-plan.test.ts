import { expect, test } from "vitest";
import { planRun, type RunFacts } from "../../../src/environment/run-plan.ts";

const facts: RunFacts = {
  env: {},
  flags: [],
  memoryBytes: 512 * 2 ** 20,
  cpus: 8,
  cache: { folder: "/home/u/.cache/v" },
  auto: { url: "file:///v/auto.js" },
};
const whyOf = (changed: Partial<RunFacts>, subject: string): string | undefined => {
  const step = planRun({ ...facts, ...changed }).steps.find((one) => one.subject === subject);
  expect(step?.value).toBeUndefined();
  return step?.why;
};

test("in a container of which nothing is set, everything is", () => {
  expect(planRun(facts).env).toEqual({
    UV_THREADPOOL_SIZE: "8",
    NODE_COMPILE_CACHE: "/home/u/.cache/v",
    NODE_OPTIONS: "--max-semi-space-size=16 --max-old-space-size=336 --import=file:///v/auto.js",
  });
});

test("the user's own options are kept to the letter, behind ours", () => {
  const { env } = planRun({ ...facts, env: { NODE_OPTIONS: '--require "./a b.js"' } });
  expect(env.NODE_OPTIONS).toMatch(/--import=file:\/\/\/v\/auto\.js --require "\.\/a b\.js"$/);
});

test.each([
  ["--max-semi-space-size", { flags: ["--max_semi_space_size=4"] }, "--max_semi_space_size=4 is set already"],
  [
    "--max-semi-space-size",
    { env: { NODE_OPTIONS: "--optimize-for-size" } },
    "--optimize-for-size is set already",
  ],
  ["--max-old-space-size", { flags: ["--max-old-space-size=9"] }, "--max-old-space-size=9 is set already"],
  [
    "--max-old-space-size",
    { env: { NODE_OPTIONS: "--max-old-space-size-percentage=50" } },
    "--max-old-space-size-percentage=50 is set already",
  ],
  ["UV_THREADPOOL_SIZE", { env: { UV_THREADPOOL_SIZE: "2" } }, "UV_THREADPOOL_SIZE=2 is set already"],
  ["NODE_COMPILE_CACHE", { env: { NODE_COMPILE_CACHE: "/x" } }, "NODE_COMPILE_CACHE=/x is set already"],
  [
    "NODE_COMPILE_CACHE",
    { env: { NODE_DISABLE_COMPILE_CACHE: "1" } },
    "NODE_DISABLE_COMPILE_CACHE=1 is set already",
  ],
  [
    "NODE_COMPILE_CACHE",
    { env: { NODE_V8_COVERAGE: "c" } },
    "NODE_V8_COVERAGE is set, and coverage of cached code is less precise",
  ],
  [
    "--import",
    { env: { NODE_OPTIONS: "--import=victor-optimizations/auto" } },
    "auto mode is loaded already",
  ],
  ["--import", { flags: ["--import=file:///v/auto.js"] }, "auto mode is loaded already"],
  [
    "--import",
    { flags: ["--permission"] },
    "--permission is set, and auto mode's files may not be readable under it",
  ],
  ["--import", { auto: { reason: "--no-auto" } }, "--no-auto"],
] as const)("%s is left to the user: %j", (subject, changed, why) => {
  expect(whyOf(changed, subject)).toBe(why);
});

test("a heap that is limited as a whole gets no part limited", () => {
  const { env } = planRun({ ...facts, flags: ["--max-heap-size=300"] });
  expect(env.NODE_OPTIONS).toBe("--import=file:///v/auto.js");
});

test("where nothing is to be set, NODE_OPTIONS stays away", () => {
  const { env } = planRun({
    ...facts,
    memoryBytes: undefined,
    cpus: 2,
    cache: { reason: "none" },
    auto: { reason: "none" },
  });
  expect(env).toEqual({});
});

test("wishes of the command line are stronger than the environment, which is left otherwise", () => {
  const env = { VICTOR_OPTIMIZATIONS: "none", VICTOR_STATUS_FILE: "/a" };
  const plan = planRun({ ...facts, env }, { optimizations: "safe" });
  expect(plan.env.VICTOR_OPTIMIZATIONS).toBe("safe");
  expect(plan.env).not.toHaveProperty("VICTOR_STATUS_FILE");
  expect(plan.steps.at(-1)?.why).toBe("VICTOR_STATUS_FILE=/a is set already");
});
