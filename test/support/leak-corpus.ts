import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { LeakReport } from "../../src/memory/leaks/leak-report.ts";

const root = fileURLToPath(new URL("../leak-corpus/", import.meta.url));
const child = fileURLToPath(new URL("./leak-case-process.ts", import.meta.url));
const watchingChild = fileURLToPath(new URL("./leak-watch-process.ts", import.meta.url));

/** One module of the corpus. */
export interface LeakCase {
  readonly name: string;
  readonly file: string;
  /** What its retaining path must tell. */
  readonly holder: RegExp;
  /** What must be named as the function that allocates. */
  readonly site: RegExp;
}

/** Installs the packages of the corpus, as its lock file says, when they aren't there. */
export function installCorpus(): void {
  if (existsSync(`${root}node_modules/inflight/package.json`)) return;
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: root, stdio: "pipe" });
}

export async function leakCases(folder: "packages" | "shapes"): Promise<LeakCase[]> {
  const files = (await readdir(root + folder)).filter((name) => name.endsWith(".mjs")).sort();
  return Promise.all(
    files.map(async (name) => {
      const file = `${root}${folder}/${name}`;
      const { holder, site } = (await import(pathToFileURL(file).href)) as LeakCase;
      return { name: name.replace(".mjs", ""), file, holder, site };
    }),
  );
}

export const plateaus = `${root}plateaus.mjs`;

/** Runs the jobs, two at a time. */
export async function twoAtATime<T>(jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < jobs.length) {
      const at = next++;
      results[at] = await jobs[at]!();
    }
  };
  await Promise.all([run(), run()]);
  return results;
}

/** Runs in which a busy machine may give too little evidence. */
const mostRuns = 3;

/**
 * Looks for leaks in one variant of a module, in a process of its own, and anew as long as it says that it has too little evidence.
 * @throws when the process fails
 */
export async function findLeaks(file: string, variant: string, options: object = {}): Promise<LeakReport> {
  for (let run = 1; ; run++) {
    const report = await reportOf([child, file, variant, JSON.stringify(options)]);
    if (report.status !== "not enough evidence" || run === mostRuns) return report;
  }
}

/** Watches one variant of a module, in a process of its own. @throws when the process fails */
export function watchLeaks(file: string, variant: string): Promise<LeakReport> {
  return reportOf([watchingChild, file, variant]);
}

function reportOf(args: readonly string[]): Promise<LeakReport> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`${args.join(" ")}: ${stderr}`, { cause: error }));
      else resolve(JSON.parse(stdout) as LeakReport);
    });
  });
}
