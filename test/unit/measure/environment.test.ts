import { cpus } from "node:os";
import { describe, expect, test } from "vitest";
import { cgroupLimits } from "../../../src/measure/cgroup-limits.ts";
import { environment, formatEnvironment } from "../../../src/measure/environment.ts";

const reader = (files: Record<string, string>) => (path: string) => files[path];

describe("cgroup limits", () => {
  test("version 2: the tightest limit of all groups above the process counts", () => {
    expect(
      cgroupLimits(
        reader({
          "/proc/self/cgroup": "0::/pod/container\n",
          "/sys/fs/cgroup/pod/container/memory.max": "max",
          "/sys/fs/cgroup/pod/container/cpu.max": "150000 100000",
          "/sys/fs/cgroup/pod/memory.max": "536870912",
          "/sys/fs/cgroup/pod/cpu.max": "200000 100000",
        }),
      ),
    ).toEqual({ memoryBytes: 536870912, cpus: 1.5 });
  });

  test("version 2 inside a container: the limit stands at the root", () => {
    expect(
      cgroupLimits(reader({ "/proc/self/cgroup": "0::/", "/sys/fs/cgroup/cpu.max": "50000 100000" })),
    ).toEqual({ cpus: 0.5 });
  });

  test("version 1 is read where it is mounted", () => {
    expect(
      cgroupLimits(
        reader({
          "/proc/self/cgroup": "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc",
          "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824",
          "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
          "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        }),
      ),
    ).toEqual({ memoryBytes: 1073741824 });
  });

  test("version 1 outside a container: the limit of the group itself and of those above it", () => {
    expect(
      cgroupLimits(
        reader({
          "/proc/self/cgroup":
            "9:name=systemd:/other\n4:memory:/system.slice/shop\n2:cpuacct,cpu:/shop\n0::/\n",
          "/sys/fs/cgroup/memory/system.slice/shop/memory.limit_in_bytes": "9223372036854771712",
          "/sys/fs/cgroup/memory/system.slice/memory.limit_in_bytes": "536870912",
          "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
          "/sys/fs/cgroup/memory/other/memory.limit_in_bytes": "1000",
          "/sys/fs/cgroup/cpu/shop/cpu.cfs_quota_us": "150000",
          "/sys/fs/cgroup/cpu/shop/cpu.cfs_period_us": "100000",
        }),
      ),
    ).toEqual({ memoryBytes: 536870912, cpus: 1.5 });
  });

  test("no files, no limits; and version 1's huge number is none", () => {
    expect(cgroupLimits(() => undefined)).toBeUndefined();
    expect(
      cgroupLimits(reader({ "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712" })),
    ).toBeUndefined();
    expect(cgroupLimits(reader({ "/sys/fs/cgroup/cpu.max": "max 100000" }))).toBeUndefined();
  });
});

describe("environment", () => {
  test("it names this Node and this machine", () => {
    const described = environment();
    expect(described.node).toBe(process.version.slice(1));
    expect(described.v8).toBe(process.versions.v8);
    expect(described.platform).toBe(`${process.platform} ${process.arch}`);
    expect(described.cores).toBe(cpus().length);
    expect(described.memoryBytes).toBeGreaterThan(2 ** 28);
    expect(described.loadAverage).toHaveLength(3);
  });

  test("one line says it all", () => {
    const described = {
      node: "24.10.0",
      v8: "13.6",
      platform: "linux x64",
      cpuModel: "Some CPU",
      cores: 8,
      memoryBytes: 16 * 2 ** 30,
      loadAverage: [0.5, 1, 2],
    } as const;
    expect(formatEnvironment(described)).toBe(
      "Node 24.10.0 (V8 13.6), linux x64, 8 × Some CPU, 16.0 GiB, load 0.50",
    );
    expect(formatEnvironment({ ...described, cgroup: { cpus: 1.5, memoryBytes: 2 ** 29 } })).toBe(
      "Node 24.10.0 (V8 13.6), linux x64, 8 × Some CPU, 16.0 GiB, limited to 1.5 CPUs and 0.5 GiB, load 0.50",
    );
  });
});
