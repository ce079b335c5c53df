/** What the container or service manager allows this process; absent where there is no limit. */
export interface CgroupLimits {
  readonly memoryBytes?: number;
  /** CPUs' worth of time, fractional. */
  readonly cpus?: number;
}

/** Larger "limits" are cgroup v1's way to say none (2^63 less a page). */
const noLimitBytes = 2 ** 60;

/**
 * Reads the limits of Linux control groups, version 2 (every group above this process counts) or else version 1.
 * @param read content of a file, `undefined` where there is none
 * @returns `undefined` where nothing is limited, as on other systems
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export function cgroupLimits(read: (path: string) => string | undefined): CgroupLimits | undefined {
  const memory: number[] = [];
  const cpus: number[] = [];
  const own = /^0::(\/.*)$/m.exec(read("/proc/self/cgroup") ?? "")?.[1] ?? "/";
  for (const group of ancestors(own)) {
    const folder = `/sys/fs/cgroup${group}`;
    memory.push(number(read(`${folder}memory.max`)));
    const [quota, period] = (read(`${folder}cpu.max`) ?? "").split(" ");
    cpus.push(number(quota) / number(period));
  }
  memory.push(number(read("/sys/fs/cgroup/memory/memory.limit_in_bytes")));
  cpus.push(
    number(read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")) /
      number(read("/sys/fs/cgroup/cpu/cpu.cfs_period_us")),
  );
  const memoryBytes = Math.min(...memory.filter((bytes) => bytes > 0 && bytes < noLimitBytes));
  const cpuLimit = Math.min(...cpus.filter((limit) => limit > 0));
  if (memoryBytes === Number.POSITIVE_INFINITY && cpuLimit === Number.POSITIVE_INFINITY) return undefined;
  return {
    ...(memoryBytes === Number.POSITIVE_INFINITY ? {} : { memoryBytes }),
    ...(cpuLimit === Number.POSITIVE_INFINITY ? {} : { cpus: cpuLimit }),
  };
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
