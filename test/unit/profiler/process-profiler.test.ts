import { expect, test } from "vitest";
import { getProfiler, profile } from "../../../src/profiler/index.ts";

test("there is one profiler for the process, made by the first call and switched by later ones", () => {
  const early = profile("early", { category: "cpu" })((n: number) => n + 1);
  expect(early(1)).toBe(2);
  const profiler = getProfiler({ enabled: true, maxSpans: 5 });
  expect(profiler.stats().spans).toBe(0);
  expect(getProfiler()).toBe(profiler);
  expect(profiler.enabled).toBe(true);
  expect(early(2)).toBe(3);
  expect(profiler.getReport().spans).toMatchObject([{ name: "early", category: "cpu" }]);
  expect(getProfiler({ enabled: false }).enabled).toBe(false);
  expect(early(3)).toBe(4);
  expect(getProfiler().enabled).toBe(false);
  expect(profiler.stats().spans).toBe(1);
  expect(() => getProfiler({ maxSpans: 7 })).toThrow(/exists already, so maxSpans can't be set/);
  expect(() => getProfiler({ enabled: 1 as unknown as boolean })).toThrow(TypeError);
});
