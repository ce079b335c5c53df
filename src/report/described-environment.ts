import { environment } from "../measure/index.ts";
import { toolkitVersion } from "./toolkit-version.ts";

/** Machine and versions, as the report prints them: name to value. */
export function describeEnvironment(): Record<string, string> {
  const { node, v8, platform, cpuModel, cores, memoryBytes, cgroup, loadAverage } = environment();
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return {
    Processor: `${cpuModel}, ${cores} logical cores`,
    Memory: gib(memoryBytes),
    ...(cgroup && {
      "Container limits": [
        ...(cgroup.cpus === undefined ? [] : [`${cgroup.cpus} CPUs`]),
        ...(cgroup.memoryBytes === undefined ? [] : [gib(cgroup.memoryBytes)]),
      ].join(", "),
    }),
    System: platform,
    "Load average (1, 5, 15 min)": loadAverage.map((load) => load.toFixed(2)).join(", "),
    Node: `${node} (V8 ${v8})`,
    "victor-optimizations": toolkitVersion(),
  };
}
