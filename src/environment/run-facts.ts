import { existsSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { availableCpus } from "../concurrency/worker-sizing.ts";
import { type Environment, environment } from "../measure/environment.ts";
import { cacheFolder } from "./cache-folder.ts";
import type { CommandFile } from "./command-file.ts";
import { compareVersions, lowestNode, nodeVersion } from "./node-version.ts";
import type { RunFacts } from "./run-plan.ts";

const autoModule = new URL(`../auto${extname(import.meta.url)}`, import.meta.url);

/**
 * Reads what `planRun` decides by.
 * @param wantsAuto `false` leaves auto mode away
 * @param make whether the folder for compiled code is made; a dry run only looks
 */
export function runFacts(
  program: Extract<CommandFile, { file: string }>,
  env: Readonly<NodeJS.ProcessEnv>,
  {
    wantsAuto,
    make,
    autoUrl = autoModule,
  }: { readonly wantsAuto: boolean; readonly make: boolean; readonly autoUrl?: URL },
): RunFacts {
  return {
    env,
    flags: program.flags,
    memoryBytes: containerMemory(environment()),
    cpus: availableCpus(),
    cache: cacheFolder(env, process.getuid?.(), make),
    auto: wantsAuto ? auto(program, env, autoUrl) : { reason: "--no-auto" },
  };
}

function auto(
  program: Extract<CommandFile, { file: string }>,
  env: Readonly<NodeJS.ProcessEnv>,
  url: URL,
): RunFacts["auto"] {
  if (!existsSync(fileURLToPath(url))) return { reason: "auto mode is missing from this installation" };
  const version = nodeVersion(env, program.kind === "node" ? program.file : undefined);
  if (version === undefined) return { reason: "no Node was found on the program's path" };
  if (compareVersions(version, lowestNode) < 0)
    return { reason: `the program runs on Node ${version}, and auto mode needs ${lowestNode}` };
  return { url: url.href };
}

/** A "limit" above what the machine has limits nothing. */
function containerMemory({ cgroup, memoryBytes }: Environment): number | undefined {
  return cgroup?.memoryBytes !== undefined && cgroup.memoryBytes < memoryBytes
    ? cgroup.memoryBytes
    : undefined;
}
