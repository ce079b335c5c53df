import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { commandFile } from "../environment/command-file.ts";
import { runFacts } from "../environment/run-facts.ts";
import { planRun } from "../environment/run-plan.ts";
import type { ComparedArm } from "./arm.ts";
import type { AppliedStep } from "./compare-document.ts";

/** Which steps a program is to apply; only those. */
const stepsVariable = "VICTOR_OPTIMIZATIONS";
/** Where a program writes what it has applied. */
const statusVariable = "VICTOR_STATUS_FILE";

/** Module of this package that switches everything on. */
const autoModule = new URL(import.meta.url.endsWith(".ts") ? "../auto.ts" : "../auto.js", import.meta.url);

/** @param module file, file URL or package name @returns what `--import` takes; `undefined` when the file isn't there */
export function importedModule(module: string | undefined): string | undefined {
  if (module === undefined) return existsSync(fileURLToPath(autoModule)) ? autoModule.href : undefined;
  if (module.startsWith("file:")) return module;
  return existsSync(module) ? pathToFileURL(resolve(module)).href : module;
}

/** What a program is optimized by. */
export interface Optimization {
  /** What `--import` takes. */
  readonly module: string;
  /** What has to be set before Node starts. */
  readonly startUp: StartUp;
}

export interface StartUp {
  readonly env: Readonly<Record<string, string>>;
  readonly nodeFlags: readonly string[];
}

export const noStartUp: StartUp = Object.freeze({ env: {}, nodeFlags: [] });

/** What `victor run` would set for a command, the modules that it loads aside. */
export function startUpOf(command: readonly string[], env: Readonly<NodeJS.ProcessEnv>): StartUp {
  const program = commandFile(command, env);
  if ("exitCode" in program) return noStartUp;
  const { steps } = planRun(runFacts(program, env, { wantsAuto: false, make: false }));
  // Auto mode keeps compiled code by itself.
  const set = steps.filter(({ subject, value }) => value !== undefined && subject !== "NODE_COMPILE_CACHE");
  const isFlag = ({ subject }: { readonly subject: string }): boolean => subject.startsWith("--");
  return {
    env: Object.fromEntries(
      set.filter((step) => !isFlag(step)).map(({ subject, value }) => [subject, value!]),
    ),
    nodeFlags: set.filter(isFlag).map(({ subject, value }) => `${subject}=${value}`),
  };
}

/** The step that stands for `startUpOf`, where it sets something. */
export function startUpStep({ env, nodeFlags }: StartUp): AppliedStep[] {
  const set = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...nodeFlags];
  if (set.length === 0) return [];
  const title = "What only start-up can set";
  return [{ id: startUpId, title, risk: "safe", state: "applied", reason: set.join(" ") }];
}

const startUpId = "start-up";
const noStep: AppliedStep = Object.freeze({ id: "none", state: "off" });

/**
 * The program as it is.
 * @param isAuto whether it is compared with auto mode: then it stays off where the user's own `NODE_OPTIONS` load it
 */
export function plainArm(command: readonly string[], isAuto: boolean): ComparedArm {
  return { name: "without", command, env: isAuto ? { [stepsVariable]: "none" } : {} };
}

/**
 * The program as it is, but optimized.
 * @param statusFolder where each of its processes says what it has applied
 * @param only the one step that it is to apply
 */
export function optimizedArm(
  command: readonly string[],
  { module, startUp }: Optimization,
  statusFolder: string,
  only?: AppliedStep,
): ComparedArm {
  const { env, nodeFlags } = only === undefined || only.id === startUpId ? startUp : noStartUp;
  return {
    name: only === undefined ? "with" : `only ${only.id}`,
    command,
    nodeFlags: [...nodeFlags, `--import "${module}"`].join(" "),
    env: {
      ...env,
      [statusVariable]: join(statusFolder, "%p.json"),
      ...(only !== undefined && { [stepsVariable]: only.id === startUpId ? noStep.id : only.id }),
    },
  };
}

/** The program with the module that optimizes it and no step of it: what each of them by itself is compared with. */
export function loadingArm(
  command: readonly string[],
  { module }: Optimization,
  statusFolder: string,
): ComparedArm {
  const by = { module, startUp: noStartUp };
  return { ...optimizedArm(command, by, statusFolder, noStep), name: "loading" };
}

/** The more a state says, the later it stands here. */
const states = ["off", "left-alone", "waiting", "pending", "failed", "applied"];

/**
 * What a program says it has applied, by the last word of each of its processes so far. Of one step counts the process
 * that made the most of it: npm, say, loads no driver, but what it starts does.
 * @param folder each process has a file of its own there
 * @returns `undefined` when none said anything, or each was killed while it did
 */
export function readSteps(folder: string): readonly AppliedStep[] | undefined {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(folder, name));
  const lists = files
    .toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
    .map(stepsIn)
    .filter((steps) => steps !== undefined);
  if (lists.length === 0) return undefined;
  const most = new Map<string, AppliedStep>();
  for (const step of lists.flat()) {
    const known = most.get(step.id);
    if (known === undefined || states.indexOf(step.state) >= states.indexOf(known.state))
      most.set(step.id, step);
  }
  return [...most.values()];
}

function stepsIn(file: string): readonly AppliedStep[] | undefined {
  try {
    const { steps } = JSON.parse(readFileSync(file, "utf8")) as { steps?: readonly AppliedStep[] };
    return Array.isArray(steps) ? steps : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
