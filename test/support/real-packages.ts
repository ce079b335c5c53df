import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type NodeRun, runNode } from "./run-node.ts";

const root = fileURLToPath(new URL("../real-packages/", import.meta.url));
/** Auto mode as it is shipped. */
export const autoFile = fileURLToPath(new URL("../../dist/auto.js", import.meta.url));

/** Compiles `dist/` where a source is newer, and installs the packages as their lock file says, where they are missing. */
export function prepareRealPackages(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/build.ts", import.meta.url))]);
  if (existsSync(`${root}node_modules/got/package.json`)) return;
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: root, stdio: "pipe" });
}

const cacheHome = mkdtempSync(join(tmpdir(), "victor-cache-"));
process.once("exit", () => rmSync(cacheHome, { recursive: true, force: true }));

/** The environment without any settings of auto mode. */
export function plainEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:VICTOR_|VITEST|NODE_OPTIONS)/.test(name));
  // Compiled code is kept there, and not among the user's own.
  return { ...Object.fromEntries(kept), XDG_CACHE_HOME: cacheHome, ...more };
}

/** Runs the cases of a package. @returns its lines, by the cases' names */
export async function runCases(name: string, flags: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const run: NodeRun = await runNode([...flags, `${root}cases/${name}.mjs`], { env: plainEnvironment(env) });
  if (run.code !== 0) throw new Error(`${name} ended with ${run.code ?? run.signal}: ${run.stderr}`);
  const lines = run.stdout.trim().split("\n");
  const results = Object.fromEntries(
    lines.map((line) => [(JSON.parse(line) as { name: string }).name, line]),
  );
  return { results, stderr: run.stderr.replaceAll(/\(node:\d+\)/g, "(node)") };
}
