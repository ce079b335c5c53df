import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
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

/** The program as it is, but with a module loaded before. @param only the one step that it is to apply */
export function optimizedArm(
  command: readonly string[],
  module: string,
  statusFile: string,
  only?: AppliedStep,
): ComparedArm {
  return {
    name: only === undefined ? "with" : `only ${only.id}`,
    command,
    nodeFlags: `--import "${module}"`,
    env: {
      [statusVariable]: statusFile,
      ...(only !== undefined && { [stepsVariable]: only.id }),
    },
  };
}

/** What a program says it has applied; `undefined` when it said nothing. */
export function readSteps(statusFile: string): readonly AppliedStep[] | undefined {
  if (!existsSync(statusFile)) return undefined;
  const { steps } = JSON.parse(readFileSync(statusFile, "utf8")) as { steps?: readonly AppliedStep[] };
  return steps;
}
