import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import {
  type MeasureOptions,
  moduleUrl,
  resolveMeasureOptions,
} from "../../../src/measure/measure-options.ts";

const arm = { name: "a", module: "./a.ts" };
const resolved = (change: object) => resolveMeasureOptions({ arms: [arm], ...change } as MeasureOptions);

describe("options of a measurement", () => {
  test("defaults are filled in", () => {
    expect(resolved({})).toEqual({
      arms: [arm],
      processes: 3,
      rounds: 10,
      warmupRounds: 2,
      roundMs: 100,
      seed: 1,
      timeoutMs: 60_000,
      signal: undefined,
      onProgress: undefined,
    });
  });

  test.each([
    [{ arms: [] }, "arms: expected at least one arm, got an array"],
    [{ arms: undefined }, "arms: expected at least one arm, got undefined"],
    [{ arms: [arm, arm] }, 'arms: expected names that differ, got "a"'],
    [{ arms: [{ ...arm, name: "" }] }, 'arms[0].name: expected a name, got ""'],
    [{ arms: [{ name: "a" }] }, "arms[0].module: expected a path or URL, got undefined"],
    [{ arms: [{ ...arm, count: 0 }] }, "arms[0].count: expected an integer from 1 to 1099511627776, got 0"],
    [{ processes: 0 }, "processes: expected an integer ≥ 1, got 0"],
    [{ rounds: 1.5 }, "rounds: expected an integer ≥ 1, got 1.5"],
    [{ warmupRounds: -1 }, "warmupRounds: expected an integer ≥ 0, got -1"],
    [{ roundMs: Number.NaN }, "roundMs: expected a finite number ≥ 0.001, got NaN"],
    [{ seed: "x" }, `seed: expected an integer ≥ ${Number.MIN_SAFE_INTEGER}, got "x"`],
    [{ timeoutMs: 0 }, "timeoutMs: expected milliseconds ≥ 1, got 0"],
  ])("%o is refused", (change, message) => {
    expect(() => resolved(change)).toThrow(new RangeError(message));
  });

  test("unknown options are refused", () => {
    expect(() => resolved({ round: 3 })).toThrow(TypeError);
    expect(() => resolved({ arms: [{ ...arm, file: "x" }] })).toThrow(TypeError);
  });

  test("a module is named by URL, by absolute path, or by a path from the working directory", () => {
    expect(moduleUrl(new URL("file:///a/b.ts"))).toBe("file:///a/b.ts");
    expect(moduleUrl("file:///a/b.ts")).toBe("file:///a/b.ts");
    expect(moduleUrl(resolve("/a/b c.ts"))).toBe(pathToFileURL(resolve("/a/b c.ts")).href);
    expect(moduleUrl("bench/a.ts")).toBe(pathToFileURL(resolve("bench/a.ts")).href);
  });
});
