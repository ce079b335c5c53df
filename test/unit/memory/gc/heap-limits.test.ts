import { describe, expect, it } from "vitest";
import { flagMib, startFlags, withoutFlags } from "../../../../src/memory/gc/gc-flags.ts";
import { containerBytes } from "../../../../src/memory/gc/gc-ground.ts";
import { heapLimits } from "../../../../src/memory/gc/heap-limits.ts";

const mib = 2 ** 20;

/** In MiB. */
const limitsOf = (heapMib: number, memoryMib: number, flags: string[] = [], workerOldMib?: number) => {
  const { oldSpaceBytes, semiSpaceBytes } = heapLimits({
    heapSizeLimitBytes: heapMib * mib,
    flags,
    workerOldMib,
    memoryBytes: memoryMib * mib,
  });
  return [(oldSpaceBytes ?? Number.NaN) / mib, (semiSpaceBytes ?? Number.NaN) / mib];
};

describe("limits of the heap", () => {
  it("are told from their sum as Node 24 chooses it by the memory there is", () => {
    // Left: memory, sum as Node 24.21 reported it.
    expect(limitsOf(259, 256)).toEqual([256, 1]);
    expect(limitsOf(259, 512)).toEqual([256, 1]);
    expect(limitsOf(432, 768)).toEqual([384, 16]);
    expect(limitsOf(560, 1024)).toEqual([512, 16]);
    expect(limitsOf(1120, 2048)).toEqual([1024, 32]);
    expect(limitsOf(2240, 4096)).toEqual([2048, 64]);
    expect(limitsOf(4288, 24_105)).toEqual([4096, 64]);
  });

  it("follow flags, and a worker's own limits", () => {
    expect(limitsOf(448, 24_105, ["--max-old-space-size=256"])).toEqual([256, 64]);
    expect(limitsOf(4192, 24_105, ["--max-semi-space-size=24"])).toEqual([4096, 32]);
    expect(limitsOf(408, 24_105, ["--max_old_space_size=384", "--max-semi-space-size=8"])).toEqual([384, 8]);
    expect(limitsOf(312, 24_105, [], 300)).toEqual([300, 4]);
  });

  it("are not guessed where the sum doesn't fit", () => {
    expect(limitsOf(500, 24_105)).toEqual([Number.NaN, Number.NaN]);
  });
});

describe("flags", () => {
  it("count whichever way they are spelt, the last one most, and 0 as none", () => {
    expect(flagMib(["--max-semi-space-size=4", "--max_semi_space_size=8"], "max-semi-space-size")).toBe(8);
    expect(flagMib(["--max-semi-space-size=0"], "max-semi-space-size")).toBeUndefined();
    expect(flagMib(["--max-semi-space-size-x=9"], "max-semi-space-size")).toBeUndefined();
    expect(startFlags({ NODE_OPTIONS: "--a=1  --b" }, ["--c", "-e", "code"])).toEqual([
      "--a=1",
      "--b",
      "--c",
    ]);
  });

  it("give way to others of the same name", () => {
    expect(withoutFlags(["--max_semi_space_size=4", "--inspect"], ["--max-semi-space-size=8"])).toEqual([
      "--inspect",
    ]);
  });
});

describe("a container's memory", () => {
  const reader = (files: Record<string, string>) => (path: string) => files[path];

  it("is read from control groups of version 2 and version 1", () => {
    expect(
      containerBytes(reader({ "/proc/self/cgroup": "0::/", "/sys/fs/cgroup/memory.max": "536870912" })),
    ).toBe(512 * mib);
    expect(containerBytes(reader({ "/sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912" }))).toBe(
      512 * mib,
    );
  });

  it("is unknown where nothing is limited", () => {
    expect(
      containerBytes(reader({ "/proc/self/cgroup": "0::/", "/sys/fs/cgroup/memory.max": "max" })),
    ).toBeUndefined();
  });
});
