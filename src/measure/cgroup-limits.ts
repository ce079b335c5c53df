/** What the container or service manager allows this process; absent where there is no limit. */
export interface CgroupLimits {
  readonly memoryBytes?: number;
  /** CPUs' worth of time, fractional. */
  readonly cpus?: number;
}

/** Larger "limits" are cgroup v1's way to say none (2^63 less a page). */
const noLimitBytes = 2 ** 60;

/**
 * Reads the limits of Linux control groups, of both versions: the tightest of this process' own group and all above it counts.
 * @param read content of a file, `undefined` where there is none
 * @returns `undefined` where nothing is limited, as on other systems
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export function cgroupLimits(read: (path: string) => string | undefined): CgroupLimits | undefined {
  const own = read("/proc/self/cgroup") ?? "";
  const v2 = folders("/sys/fs/cgroup", own, "");
  const memoryV1 = folders("/sys/fs/cgroup/memory", own, "memory");
  const cpuV1 = folders("/sys/fs/cgroup/cpu", own, "cpu");
  const memoryBytes = least(
    [
      ...v2.map((folder) => number(read(`${folder}memory.max`))),
      ...memoryV1.map((folder) => number(read(`${folder}memory.limit_in_bytes`))),
    ].filter((bytes) => bytes < noLimitBytes),
  );
  const cpus = least([
    ...v2.map((folder) => {
      const [quota, period] = (read(`${folder}cpu.max`) ?? "").split(" ");
      return number(quota) / number(period);
    }),
    ...cpuV1.map(
      (folder) => number(read(`${folder}cpu.cfs_quota_us`)) / number(read(`${folder}cpu.cfs_period_us`)),
    ),
  ]);
  if (memoryBytes === undefined && cpus === undefined) return undefined;
  return {
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(cpus === undefined ? {} : { cpus }),
  };
}

/**
 * A group's folder and all above it. In a container the file system's root is often the group itself, while the path
 * is still the host's: such folders aren't there, and the root counts.
 * @param groups lines of "4:cpu,cpuacct:/path"; version 2 has no controller in its own
 */
function folders(root: string, groups: string, controller: string): string[] {
  const parts = groups.split("\n").map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []);
  const own = parts.find(([, controllers]) => controllers?.split(",").includes(controller))?.[2] ?? "/";
  return ancestors(own).map((group) => `${root}${group}`);
}

function least(limits: readonly number[]): number | undefined {
  const some = limits.filter((limit) => limit > 0);
  return some.length === 0 ? undefined : Math.min(...some);
}

/** "/a/b" gives "/a/b/", "/a/" and "/". */
function ancestors(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return [...parts.keys(), parts.length].map(
    (n) =>
      `/${parts
        .slice(0, n)
        .map((part) => `${part}/`)
        .join("")}`,
  );
}

/** NaN for a missing file, "max" and an empty text. */
function number(text: string | undefined): number {
  return text === undefined ? Number.NaN : Number.parseInt(text, 10);
}
