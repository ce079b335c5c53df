import { expect, it } from "vitest";
import { latencyPercentiles } from "../../../../src/tools/evaluation/latency-percentiles.ts";

it("percentiles are samples, by nearest rank", () => {
  const samples = Array.from({ length: 200 }, (_, i) => 200 - i);
  expect(latencyPercentiles(samples)).toEqual({ samples: 200, p50: 100, p90: 180, p99: 198, max: 200 });
  expect(samples[0]).toBe(200);
});

it("of few samples, the high percentiles are the largest", () => {
  expect(latencyPercentiles([3])).toEqual({ samples: 1, p50: 3, p90: 3, p99: 3, max: 3 });
  expect(latencyPercentiles([4, 1])).toEqual({ samples: 2, p50: 1, p90: 4, p99: 4, max: 4 });
});

it("without samples there are none", () => {
  expect(latencyPercentiles([])).toBeUndefined();
});

it("a sample that is no latency is refused", () => {
  expect(() => latencyPercentiles([1, Number.NaN])).toThrow(
    "samples[1]: expected a finite number ≥ 0, got NaN",
  );
  expect(() => latencyPercentiles([-1])).toThrow(RangeError);
});
