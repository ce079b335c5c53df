/** Runs the benchmarks: `npm run bench`, `npm run bench -- database metrics`, `npm run bench -- database/connection-spike`. */
import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { environment, formatEnvironment } from "../src/measure/index.ts";

/** @returns every benchmark of the folder as "room/name", in order: bench/<room>/*.ts, but nothing in folders below */
export function findBenches(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((room) => room.isDirectory() && room.name !== "node_modules")
    .flatMap((room) =>
      readdirSync(join(folder, room.name), { withFileTypes: true })
        .filter((file) => file.isFile() && file.name.endsWith(".ts"))
        .map((file) => `${room.name}/${file.name.slice(0, -".ts".length)}`),
    )
    .sort();
}

/**
 * @param asked rooms or benchmarks, with or without ".ts"; none means all
 * @throws {RangeError} when one of them names nothing
 */
export function selectBenches(benches: readonly string[], asked: readonly string[]): readonly string[] {
  if (asked.length === 0) return benches;
  const wanted = asked.map((name) => name.replace(/\/$|\.ts$/, ""));
  const matches = (bench: string, name: string): boolean => bench === name || bench.startsWith(`${name}/`);
  for (const name of wanted)
    if (!benches.some((bench) => matches(bench, name)))
      throw new RangeError(`no benchmark "${name}"; there are ${benches.join(", ") || "none"}`);
  return benches.filter((bench) => wanted.some((name) => matches(bench, name)));
}

/** @returns whether the rivals have to be installed: never done, or done before the lock file changed */
export function needsInstall(folder: string): boolean {
  const changed = (path: string): number =>
    statSync(join(folder, path), { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
  return changed("node_modules/.package-lock.json") < changed("package-lock.json");
}

/** Runs a command with this process's own terminal. @returns its exit code, 1 when a signal ended it */
async function run(command: string, args: readonly string[], cwd: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(command, args, {
    cwd,
    stdio: "inherit",
    // memlab would fetch a browser that no benchmark uses.
    env: { ...process.env, PUPPETEER_SKIP_DOWNLOAD: "1" },
    // On Windows npm is a script, which only a shell can start.
    shell: process.platform === "win32" && command === "npm",
  });
  child.once("error", reject);
  child.once("close", (code) => resolve(code ?? 1));
  return await promise;
}

/**
 * Runs the benchmarks asked for, one after the other, each in its own process.
 * @returns the exit code: 0, 1 when a benchmark failed, 2 for a wrong name, 130 after Ctrl-C
 */
export async function runBenches(folder: string, asked: readonly string[]): Promise<number> {
  let selected: readonly string[];
  try {
    selected = selectBenches(findBenches(folder), asked);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    return 2;
  }
  // Ctrl-C reaches the benchmark too; this process only has to start no other.
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.on("SIGINT", interrupt);
  try {
    if (needsInstall(folder)) {
      console.error("installing the rivals (bench/package.json)");
      const code = await run("npm", ["ci", "--no-audit", "--no-fund"], folder);
      if (code !== 0) return code;
    }
    console.log(formatEnvironment(environment()));
    const failed: string[] = [];
    for (const bench of selected) {
      console.log(`\n## ${bench}\n`);
      const code = await run(process.execPath, [join(folder, `${bench}.ts`)], folder);
      if (interrupted) return 130;
      if (code !== 0) failed.push(`${bench} (exit code ${code})`);
    }
    if (failed.length === 0) return 0;
    console.error(`\nfailed: ${failed.join(", ")}`);
    return 1;
  } finally {
    process.off("SIGINT", interrupt);
  }
}

if (import.meta.main) process.exitCode = await runBenches(import.meta.dirname, process.argv.slice(2));
