import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { type CgroupLimits, cgroupLimits } from "./cgroup-limits.ts";

/** What a measurement depends on besides the code. */
export interface Environment {
  /** Version of Node, as "24.10.0". */
  readonly node: string;
  readonly v8: string;
  /** System and architecture, as "linux x64". */
  readonly platform: string;
  readonly cpuModel: string;
  /** Logical processors of the machine. */
  readonly cores: number;
  /** Memory of the machine. */
  readonly memoryBytes: number;
  /** Limits of the container, where there are any. */
  readonly cgroup?: CgroupLimits;
  /** Mean number of runnable processes over the last minute, 5 and 15 minutes; zeros on Windows. */
  readonly loadAverage: readonly [number, number, number];
}

/** Describes the machine and the versions that this process runs on. */
export function environment(): Environment {
  const processors = cpus();
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  const limits = cgroupLimits(readIfThere);
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpuModel: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    ...(limits === undefined ? {} : { cgroup: limits }),
    loadAverage: [one, five, fifteen],
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // No such file means no such limit: other systems, other cgroup versions, /proc hidden.
    return undefined;
  }
}

/** One line of it, for the top of a table. */
export function formatEnvironment(described: Environment): string {
  const { cgroup, loadAverage } = described;
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const limits = [
    cgroup?.cpus === undefined ? undefined : `${cgroup.cpus} CPUs`,
    cgroup?.memoryBytes === undefined ? undefined : gib(cgroup.memoryBytes),
  ].filter((limit) => limit !== undefined);
  return [
    `Node ${described.node} (V8 ${described.v8})`,
    described.platform,
    `${described.cores} × ${described.cpuModel}`,
    gib(described.memoryBytes),
    ...(limits.length === 0 ? [] : [`limited to ${limits.join(" and ")}`]),
    `load ${loadAverage[0].toFixed(2)}`,
  ].join(", ");
}
