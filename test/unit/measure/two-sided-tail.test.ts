import { describe, expect, test } from "vitest";
import { criticalValue, normalTail, studentTail } from "../../../src/measure/two-sided-tail.ts";

describe("two-sided tails", () => {
  test.each([
    [0, 1],
    [1.96, 0.04999579029644087],
    [2.9999999999, 0.0026997960641476],
    [3, 0.0026997960632601866],
    [5, 5.733031437583866e-7],
    [8, 1.2441921148543568e-15],
  ])("the normal tail at %d is SciPy's", (z, p) => {
    expect(normalTail(z) / p).toBeCloseTo(1, 8);
  });

  test.each([
    [3, 1, 0.20483276469913345],
    [2.5, 4, 0.06676654481198814],
    [0.5, 7, 0.6324071356892844],
    [2, 1000, 0.04577034649325166],
  ])("Student's tail at %d with %d degrees is SciPy's", (t, degrees, p) => {
    expect(studentTail(t, degrees)).toBeCloseTo(p, 11);
  });

  test.each([
    [1, 12.706204736174694],
    [2, 4.302652729749462],
    [4, 2.7764451051977934],
    [30, 2.0422724563012378],
  ])("95 %% of Student's distribution with %d degrees lies within the tables' value", (degrees, t) => {
    expect(criticalValue((x) => studentTail(x, degrees), 0.95)).toBeCloseTo(t, 8);
  });

  test("99 % of the normal distribution lies within 2.5758", () => {
    expect(criticalValue(normalTail, 0.99)).toBeCloseTo(2.5758293035489004, 10);
  });
});
