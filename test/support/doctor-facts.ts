import type { DoctorFacts, ProjectFacts } from "../../src/doctor/facts.ts";

const mib = 2 ** 20;

/** A project of which nothing can be said against. */
export const healthyProject: ProjectFacts = {
  dependencies: {},
  installed: {},
  peers: { pg: ">=8.11", redis: ">=6", mysql2: ">=3.11" },
  startFlags: [],
  lockFile: "package-lock.json",
  dockerfile: undefined,
  copies: { value: { undici: [{ version: "8.13.1", path: "node_modules/undici" }] } },
};

/** Facts of a healthy process, and what is otherwise. */
export function doctorFacts(
  changed: Partial<DoctorFacts> = {},
  project: Partial<ProjectFacts> = {},
): DoctorFacts {
  return {
    node: { value: "24.21.0" },
    nowMs: Date.UTC(2026, 10, 27),
    pid: undefined,
    env: { value: {} },
    flags: { value: [] },
    memoryLimitBytes: undefined,
    machineMemoryBytes: 16_384 * mib,
    cpus: 4,
    machineCpus: 4,
    heapLimitBytes: { value: 4288 * mib },
    openFiles: { value: { soft: 65_536, hard: 65_536 } },
    poolThreads: undefined,
    somaxconn: { value: 4096 },
    portRange: { value: [32_768, 60_999] },
    resolver: { value: { ndots: 1, search: [] } },
    init: { value: "tini" },
    swapBytes: { value: 0 },
    hugePages: { value: "madvise" },
    glibc: "2.36",
    project: { value: { ...healthyProject, ...project } },
    ...changed,
  };
}
