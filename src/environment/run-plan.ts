import { planMemory } from "./memory-plan.ts";
import { presentFlag, quoteNodeOption, splitNodeOptions } from "./node-options.ts";
import { planPoolThreads } from "./pool-plan.ts";

/** What a plan is made from. */
export interface RunFacts {
  /** Environment of the program. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Flags on the command line before the script; empty where the program isn't Node itself. */
  readonly flags: readonly string[];
  /** Limit of the container, bytes; `undefined` where there is none. */
  readonly memoryBytes: number | undefined;
  /** Processors that the program may use, an integer ≥ 1. */
  readonly cpus: number;
  /** Where compiled code may be kept, or why it may not. */
  readonly cache: { readonly folder: string } | { readonly reason: string };
  /** Auto mode's module, or why it must stay away. */
  readonly auto: { readonly url: string } | { readonly reason: string };
}

export interface RunWishes {
  /** Value of `VICTOR_OPTIMIZATIONS`. @default the environment's */
  readonly optimizations?: string | undefined;
  /** Value of `VICTOR_STATUS_FILE`. @default the environment's */
  readonly statusFile?: string | undefined;
}

/** One thing that was looked at. */
export interface RunStep {
  /** The variable or flag that it is about. */
  readonly subject: string;
  /** What it is set to; `undefined` where it is left as it is. */
  readonly value: string | undefined;
  readonly why: string;
}

export interface RunPlan {
  /** Variables to set; the others stay. */
  readonly env: Readonly<Record<string, string>>;
  readonly steps: readonly RunStep[];
}

/** Each of these says how large the heap may be, and two that say so would contradict each other. */
const oldSpaceFlags = ["max-old-space-size", "max-old-space-size-percentage", "max-heap-size"];
/** With these the user has chosen the size of new space. */
const newSpaceFlags = [
  "max-semi-space-size",
  "min-semi-space-size",
  "optimize-for-size",
  "memory-saver-mode",
  "lite-mode",
];

/** Decides what to set before Node starts. What the user has set stays, and nothing that contradicts it is added. */
export function planRun(facts: RunFacts, wishes: RunWishes = {}): RunPlan {
  const { env } = facts;
  const own = splitNodeOptions(env.NODE_OPTIONS ?? "");
  const flags = [...own, ...facts.flags];
  const steps = [
    poolStep(facts),
    ...heapSteps(facts, flags),
    cacheStep(facts),
    ...autoSteps(facts, flags, wishes),
  ];
  const added = steps.filter(({ subject, value }) => subject.startsWith("--") && value !== undefined);
  const variables = steps.filter(({ subject, value }) => !subject.startsWith("--") && value !== undefined);
  const options = added.map(({ subject, value }) => quoteNodeOption(`${subject}=${value}`));
  return {
    env: {
      ...Object.fromEntries(variables.map(({ subject, value }) => [subject, value!])),
      ...(options.length > 0 && {
        // The user's come last: where a flag counts once, the last one does.
        NODE_OPTIONS: [...options, ...(env.NODE_OPTIONS ? [env.NODE_OPTIONS] : [])].join(" "),
      }),
    },
    steps,
  };
}

function poolStep({ env, cpus }: RunFacts): RunStep {
  const subject = "UV_THREADPOOL_SIZE";
  if (env[subject] !== undefined) return left(subject, `${subject}=${env[subject]} is set already`);
  const threads = planPoolThreads(cpus);
  return threads === undefined
    ? left(subject, `${said(cpus)}: libuv's own 4 suffice`)
    : { subject, value: String(threads), why: `${said(cpus)}, and libuv would start 4 threads` };
}

function heapSteps({ memoryBytes }: RunFacts, flags: readonly string[]): RunStep[] {
  const { oldSpaceMib, semiSpaceMib } = planMemory(memoryBytes);
  const container =
    memoryBytes === undefined
      ? "no memory limit of a container: Node's own choice stays"
      : `the container has ${Math.floor(memoryBytes / 2 ** 20)} MiB`;
  const step = (subject: string, mib: number | undefined, others: readonly string[]): RunStep => {
    const set = presentFlag(flags, others);
    if (set !== undefined) return left(subject, `${set} is set already`);
    if (mib === undefined)
      return left(
        subject,
        memoryBytes === undefined ? container : `${container}, for which Node's own choice suits`,
      );
    return { subject, value: String(mib), why: container };
  };
  const semi = step("--max-semi-space-size", semiSpaceMib, [...newSpaceFlags, "max-heap-size"]);
  const old = step("--max-old-space-size", oldSpaceMib, oldSpaceFlags);
  return [semi, old];
}

function cacheStep({ env, cache }: RunFacts): RunStep {
  const subject = "NODE_COMPILE_CACHE";
  for (const name of [subject, "NODE_DISABLE_COMPILE_CACHE"])
    if (env[name] !== undefined) return left(subject, `${name}=${env[name]} is set already`);
  if (env.NODE_V8_COVERAGE !== undefined)
    return left(subject, "NODE_V8_COVERAGE is set, and coverage of cached code is less precise");
  if ("reason" in cache) return left(subject, cache.reason);
  return {
    subject,
    value: cache.folder,
    why: "compiled code is kept for the next start, in a folder that only its owner may write",
  };
}

function autoSteps({ env, auto }: RunFacts, flags: readonly string[], wishes: RunWishes): RunStep[] {
  const subject = "--import";
  if ("reason" in auto) return [left(subject, auto.reason)];
  const { url } = auto;
  const isAuto = (flag: string): boolean => flag.endsWith(url) || flag.endsWith("victor-optimizations/auto");
  if (flags.some(isAuto)) return [left(subject, "auto mode is loaded already")];
  if (presentFlag(flags, ["permission", "experimental-permission"]) !== undefined)
    return [left(subject, "--permission is set, and auto mode's files may not be readable under it")];
  return [
    { subject, value: url, why: "auto mode" },
    ...variable("VICTOR_OPTIMIZATIONS", wishes.optimizations, env),
    ...variable("VICTOR_STATUS_FILE", wishes.statusFile, env),
  ];
}

function variable(subject: string, value: string | undefined, env: RunFacts["env"]): RunStep[] {
  if (value !== undefined) return [{ subject, value, why: "asked for on the command line" }];
  return env[subject] === undefined ? [] : [left(subject, `${subject}=${env[subject]} is set already`)];
}

function left(subject: string, why: string): RunStep {
  return { subject, value: undefined, why };
}

function said(cpus: number): string {
  return cpus === 1 ? "1 processor" : `${cpus} processors`;
}
