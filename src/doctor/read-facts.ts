import { readdirSync, realpathSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { basename, join } from "node:path";
import { getHeapStatistics } from "node:v8";
import { flagsBeforeScript, flagValue, splitNodeOptions } from "../environment/node-options.ts";
import { DoctorTargetError } from "../errors.ts";
import { cgroupLimits } from "../measure/cgroup-limits.ts";
import type { DoctorFacts, Reading } from "./facts.ts";
import { type FileReader, fileReader, reading, wholeNumber } from "./file-reader.ts";
import { readProject } from "./read-project.ts";

export interface FactsOptions {
  /** The project's folder. */
  readonly dir: string;
  /** A process of this machine to look at instead of what would be started here; Linux only. */
  readonly pid?: number | undefined;
  /** Folder that stands for `/`; another in tests. @default "/" */
  readonly root?: string | undefined;
}

/**
 * Reads all that the checks decide by. What can't be read is said in its place.
 * @throws {DoctorTargetError} where `dir` is no folder, or there is no process of that id
 */
export function readFacts({ dir, pid, root = "/" }: FactsOptions): DoctorFacts {
  const read = fileReader(root);
  const proc = `/proc/${pid ?? "self"}`;
  if (pid !== undefined) checkProcess(pid, proc, read);
  const project = readProject(dir);
  const env =
    pid === undefined
      ? { value: process.env }
      : reading(`${proc}/environ`, () => environ(read(`${proc}/environ`)));
  const flags: Reading<readonly string[]> =
    pid === undefined
      ? { value: [] }
      : reading(`${proc}/cmdline`, () => commandFlags(read(`${proc}/cmdline`)));
  const limits = cgroupLimits((path) => ifThere(read, path.replace("/proc/self/", `${proc}/`)));
  const memoryLimitBytes =
    limits?.memoryBytes !== undefined && limits.memoryBytes < totalmem() ? limits.memoryBytes : undefined;
  const startFlags = "value" in project ? project.value.startFlags : [];
  return {
    node:
      pid === undefined
        ? { value: process.versions.node }
        : reading(`${proc}/exe`, () => versionOf(join(root, proc, "exe"))),
    nowMs: Date.now(),
    pid,
    env,
    flags,
    memoryLimitBytes,
    machineMemoryBytes: totalmem(),
    cpus: Math.max(
      1,
      Math.floor(
        Math.min(allowedCpus(ifThere(read, `${proc}/status`)), limits?.cpus ?? Number.POSITIVE_INFINITY),
      ),
    ),
    machineCpus: cpus().length,
    heapLimitBytes: heapLimit(pid, pid === undefined ? { value: startFlags } : flags, env),
    openFiles: reading(`${proc}/limits`, () => openFiles(read(`${proc}/limits`))),
    poolThreads:
      pid === undefined
        ? undefined
        : reading(`${proc}/task`, () => poolThreads(join(root, proc, "task"), read, `${proc}/task`)),
    somaxconn: reading("net.core.somaxconn", () => wholeNumber(read("/proc/sys/net/core/somaxconn"))),
    portRange: reading("net.ipv4.ip_local_port_range", () => {
      const [first, last] = read("/proc/sys/net/ipv4/ip_local_port_range").split(/\s+/);
      return [wholeNumber(first), wholeNumber(last)] as const;
    }),
    resolver: reading("/etc/resolv.conf", () => resolver(read("/etc/resolv.conf"))),
    init: reading("/proc/1/cmdline", () => basename(read("/proc/1/cmdline").split("\0")[0]!)),
    swapBytes:
      pid === undefined
        ? reading("memory.swap.current", () => wholeNumber(read("/sys/fs/cgroup/memory.swap.current")))
        : reading(
            `${proc}/status`,
            () => wholeNumber(/^VmSwap:\s+(\d+) kB$/m.exec(read(`${proc}/status`))?.[1]) * 1024,
          ),
    hugePages: reading("transparent_hugepage", () => {
      const chosen = /\[(\w+)\]/.exec(read("/sys/kernel/mm/transparent_hugepage/enabled"))?.[1];
      if (chosen === undefined) throw new Error("no choice is marked");
      return chosen;
    }),
    glibc: glibcVersion(),
    project,
  };
}

function checkProcess(pid: number, proc: string, read: FileReader): void {
  if (process.platform !== "linux")
    throw new DoctorTargetError("--pid: other processes can be looked at only on Linux");
  if (ifThere(read, `${proc}/stat`) === undefined)
    throw new DoctorTargetError(`--pid: there is no process ${pid}`);
}

function ifThere(read: FileReader, path: string): string | undefined {
  try {
    return read(path);
  } catch {
    // No such file means no such limit or process: other systems, other cgroup versions, /proc hidden.
    return undefined;
  }
}

function environ(text: string): NodeJS.ProcessEnv {
  const pairs = text.split("\0").filter((pair) => pair.includes("="));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
}

/** Another Node isn't asked: that would run whatever file the process runs. */
function versionOf(link: string): string {
  const file = realpathSync(link);
  if (file !== realpathSync(process.execPath)) throw new Error(`it is ${file}, not the doctor's own Node`);
  return process.versions.node;
}

/** "0-3,8" are five. */
function allowedCpus(status: string | undefined): number {
  const list = /^Cpus_allowed_list:\s+([\d,-]+)$/m.exec(status ?? "")?.[1];
  if (list === undefined) return availableParallelism();
  const counts = list.split(",").map((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return last! - first! + 1;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

function heapLimit(
  pid: number | undefined,
  flags: Reading<readonly string[]>,
  env: Reading<Readonly<NodeJS.ProcessEnv>>,
): Reading<number> {
  // What NODE_OPTIONS says is in force here, too.
  const options = pid !== undefined && "value" in env ? splitNodeOptions(env.value.NODE_OPTIONS ?? "") : [];
  const all = [...options, ...("value" in flags ? flags.value : [])];
  const told = Number.parseFloat(flagValue(all, "max-old-space-size") ?? "");
  if (told > 0) return { value: told * 2 ** 20 };
  if (pid === undefined) return { value: getHeapStatistics().heap_size_limit };
  return { unknown: "V8 tells the limit of its heap only to the process itself, and no flag sets it" };
}

function commandFlags(text: string): readonly string[] {
  const [file = "", ...args] = text.split("\0");
  // A program that gives itself a title writes it over its command line.
  if (!/^node(?:js)?$/.test(basename(file))) throw new Error(`it begins with ${file}, not with node`);
  return flagsBeforeScript(args);
}

function openFiles(text: string): { readonly soft: number; readonly hard: number } {
  const found = /^Max open files\s+(\S+)\s+(\S+)/m.exec(text);
  const [soft, hard] = [found?.[1], found?.[2]].map((limit) =>
    limit === "unlimited" ? Number.POSITIVE_INFINITY : wholeNumber(limit),
  );
  return { soft: soft!, hard: hard! };
}

function poolThreads(folder: string, read: FileReader, path: string): number {
  return readdirSync(folder).filter((id) => ifThere(read, `${path}/${id}/comm`) === "libuv-worker").length;
}

function resolver(text: string): { readonly ndots: number; readonly search: readonly string[] } {
  const ndots = [...text.matchAll(/^options\s.*?\bndots:(\d+)/gm)].at(-1)?.[1];
  const search = [...text.matchAll(/^search[ \t]+(.+)$/gm)].at(-1)?.[1];
  return { ndots: ndots === undefined ? 1 : Number(ndots), search: search?.trim().split(/\s+/) ?? [] };
}

function glibcVersion(): string | undefined {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean };
  // Reading the sockets would look up their hosts' names.
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  try {
    const { header } = report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = before;
  }
}
