import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { commandFile } from "./command-file.ts";

/** The lowest version that the toolkit runs on. */
export const lowestNode = "24.10.0";

/**
 * Version of the Node that a program finds: the given file, or the first `node` on its path.
 * @returns "24.21.0"; `undefined` where there is none, or it doesn't tell
 */
export function nodeVersion(env: Readonly<NodeJS.ProcessEnv>, file?: string): string | undefined {
  const found = file ?? firstOnPath(env);
  if (found === undefined) return undefined;
  try {
    // To ask costs as much as a start of Node.
    if (realpathSync(found) === realpathSync(process.execPath)) return process.versions.node;
  } catch {
    // A name that isn't a path, as on Windows: ask it.
  }
  const { stdout } = spawnSync(found, ["--version"], {
    encoding: "utf8",
    env: { ...env, NODE_OPTIONS: "" },
    timeout: 10_000,
  });
  return /^v(\d+\.\d+\.\d+)/.exec(stdout ?? "")?.[1];
}

function firstOnPath(env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  const found = commandFile(["node"], env);
  return "file" in found ? found.file : undefined;
}

/** @returns a negative number where `a` is older than `b`, by major, minor and patch */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/, 3).map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left![i] ?? 0) - (right![i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
