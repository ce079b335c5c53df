import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { findBenches, needsInstall, runBenches, selectBenches } from "../../../bench/run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "victor-bench-"));
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const put = (path: string, text = ""): void => {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
};
const logs = (): string => vi.mocked(console.log).mock.calls.flat().join("\n");
const errors = (): string => vi.mocked(console.error).mock.calls.flat().join("\n");

describe("the benchmark command", () => {
  test("finds the files of each room, not those of arms, packages and the folder itself", () => {
    for (const path of ["run.ts", "b/two.ts", "a/one.ts", "a/arms/x.ts", "a/data.json", "node_modules/p.ts"])
      put(path);
    expect(findBenches(folder)).toEqual(["a/one", "b/two"]);
  });

  test("takes rooms and benchmarks, with or without their ending", () => {
    const benches = ["a/one", "a/two", "ab/one"];
    expect(selectBenches(benches, [])).toEqual(benches);
    expect(selectBenches(benches, ["a"])).toEqual(["a/one", "a/two"]);
    expect(selectBenches(benches, ["ab/", "a/two.ts"])).toEqual(["a/two", "ab/one"]);
    expect(() => selectBenches(benches, ["a/o"])).toThrow(
      new RangeError('no benchmark "a/o"; there are a/one, a/two, ab/one'),
    );
  });

  test("installs rivals when they are missing or older than the lock file", () => {
    expect(needsInstall(folder)).toBe(false);
    put("package-lock.json");
    expect(needsInstall(folder)).toBe(true);
    put("node_modules/.package-lock.json");
    utimesSync(join(folder, "package-lock.json"), 1000, 1000);
    expect(needsInstall(folder)).toBe(false);
    utimesSync(join(folder, "node_modules/.package-lock.json"), 999, 999);
    expect(needsInstall(folder)).toBe(true);
  });

  test("names machine and versions first, runs every benchmark though one fails, and tells of it", async () => {
    put("a/fails.ts", "process.exitCode = 3;");
    put(
      "b/writes.ts",
      `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(join(folder, "ran"))}, "");`,
    );
    expect(await runBenches(folder, [])).toBe(1);
    expect(logs()).toMatch(/^Node \d+\..* GiB.*\n\n## a\/fails\n\n\n## b\/writes\n$/);
    expect(errors()).toBe("\nfailed: a/fails (exit code 3)");
    rmSync(join(folder, "ran"));
    expect(await runBenches(folder, ["b"])).toBe(0);
  });

  test("a name that fits nothing is exit code 2, and nothing runs", async () => {
    put("a/one.ts");
    expect(await runBenches(folder, ["nope"])).toBe(2);
    expect(errors()).toBe('no benchmark "nope"; there are a/one');
    expect(logs()).toBe("");
  });
});
