import { describe, expect, test } from "vitest";
import { renderHtml } from "../../../src/report/render-html.ts";
import { renderMarkdown } from "../../../src/report/render-markdown.ts";
import { rowResult, unmeasuredRow } from "../../../src/report/row-result.ts";
import { verdictText } from "../../../src/report/verdict-text.ts";
import type { Workload } from "../../../src/report/workload.ts";
import { smallDocument, smallMeasurement, smallWorkload } from "./small-document.ts";

const memory: Workload = {
  ...smallWorkload,
  title: "Memory per entry",
  unit: { shown: "counter", counter: "bytes", kind: "bytes", what: "memory per entry" },
};
const repetitions = { processes: 3, rounds: 1, warmupRounds: 0, operationsPerRound: 1 };
const inBytes = (all: readonly number[]) => all.map((bytes) => ({ bytes }));

/** A row whose times say the opposite of its counters. */
function memoryRow(
  baseline: readonly number[],
  optimized: readonly number[],
  change: Partial<Workload> = {},
  warnings: string[] = [],
) {
  const times = { baseline: baseline.map(() => [1000]), optimized: optimized.map(() => [9000]) };
  const counters = { baseline: inBytes(baseline), optimized: inBytes(optimized) };
  return rowResult(
    { ...memory, ...change },
    { repetitions, measurement: smallMeasurement(times, { counters, warnings }) },
  );
}

describe("a row of a counter", () => {
  test("is judged by the counter, with an interval from the processes alone", () => {
    const row = memoryRow([100, 104, 102], [50, 52, 51]);
    expect(row).toMatchObject({ verdict: "better", baseline: { counter: [100, 104, 102] } });
    const { ratio, low, high } = row.vsBaseline!.counter!;
    expect(ratio).toBeCloseTo(2, 12);
    // The widest that one can draw, widened by 1.73 since there are three processes only.
    expect([low, high].map((end) => Math.log(end / 2) / Math.log(104 / 102))).toEqual([
      expect.closeTo(-2 * 1.73, 1),
      expect.closeTo(2 * 1.73, 1),
    ]);
    expect(verdictText(row)).toMatch(/^50 % less memory per entry \(4\d to 5\d %\)$/);
  });
  test("shows no difference where processes differ as much as variants", () => {
    expect(memoryRow([100, 140, 120], [90, 130, 110]).verdict).toBe("no-difference");
    expect(memoryRow([50, 50, 50], [60, 60, 60]).verdict).toBe("worse");
  });
  test("of which more is better is judged the other way round", () => {
    const held = {
      shown: "counter",
      counter: "bytes",
      kind: "count",
      what: "tasks a second",
      better: "more",
    } as const;
    const row = memoryRow([100, 104, 102], [204, 204, 204], { unit: held });
    expect(row.verdict).toBe("better");
    expect(row.vsBaseline!.counter!.ratio).toBeCloseTo(2, 12);
    expect(verdictText(row)).toMatch(/^2\.00 times the tasks a second \(1\.9\d to 2\.\d\d\)$/);
    const worse = memoryRow([100, 100, 100], [80, 80, 80], { unit: held });
    expect([worse.verdict, verdictText(worse)]).toEqual(["worse", "20 % fewer tasks a second (20 %)"]);
    expect(renderMarkdown(smallDocument([row]))).toContain("| Optimized ÷ its tasks a second |");
    expect(renderHtml(smallDocument([row]))).toContain("Median tasks a second; more is better.");
  });
  test("prints the range of the processes and no times", () => {
    const text = renderMarkdown(smallDocument([memoryRow([100, 104, 102], [50, 50, 50])]));
    expect(text).toContain("| Memory per entry |  102 B | 50.0 B |");
    expect(text).toContain(
      "Median memory per entry | Least and most of the processes | Its memory per entry ÷ optimized",
    );
    expect(text).toContain("100 B to 104 B");
    expect(text).toContain("- Repeated: 3 processes of each variant, one figure from each.");
    expect(text).toContain("A row of memory, of counts or of single times has one figure from each process");
    expect(text).not.toMatch(/CPU time per|rounds of 1 operation/);
  });
  test("is drawn with whiskers from the least to the most, and stands in the overview", () => {
    const html = renderHtml(smallDocument([memoryRow([100, 200, 150], [50, 50, 50])]));
    expect(html).toContain('<rect class="baseline" x="0%" y="1" width="75%" height="14"/>');
    expect(html).toContain('<line class="whisker" x1="50%" x2="100%"');
    expect(html).toContain(
      "Median memory per entry; less is better. The whiskers reach from the least to the most",
    );
    expect(html).toContain("3.00× [");
  });
  test("is not concerned by what the runner says of times, but by answers", () => {
    const slow = "baseline: rounds spread over 80 % of their median";
    expect(memoryRow([2, 2, 2], [1, 1, 1], {}, [slow]).warnings).toEqual([]);
    const unstable = "baseline: its processes gave different answers";
    expect(memoryRow([2, 2, 2], [1, 1, 1], {}, [unstable])).toMatchObject({
      verdict: "answers-differ",
      warnings: ["plain: its processes gave different answers"],
    });
  });
  test("of one process warns that nothing is known of its spread", () => {
    expect(memoryRow([2], [1]).warnings).toEqual([expect.stringContaining("one figure of one process")]);
  });
  test.each([[0], [-3], [Number.NaN], [undefined as never]])("refuses %s, which has no ratio", (bytes) => {
    expect(() => memoryRow([1, 1, 1], [1, bytes, 1])).toThrow(
      `arm optimized: counter bytes: expected a number > 0, got ${bytes}`,
    );
  });
  test("has no figure of processes that were cut short", () => {
    const row = rowResult(memory, {
      repetitions,
      measurement: smallMeasurement(
        { baseline: [[1]], optimized: [[1]] },
        { partial: true, counters: { baseline: [], optimized: [] } },
      ),
    });
    expect(row).toMatchObject({ verdict: "not-run", baseline: { status: "not-run" }, partial: true });
  });
  test("gives its figures the counters of baseline and optimized variant", () => {
    const row = memoryRow([4, 4, 4], [1, 1, 1], {
      figures: (optimized, baseline) => [
        {
          id: "f",
          title: "F",
          question: "?",
          value: 2048,
          kind: "bytes",
          detail: JSON.stringify([optimized, baseline]),
        },
      ],
    });
    expect(row.figures[0]?.detail).toBe('[{"reads":200,"hits":104},{}]');
    expect(renderMarkdown(smallDocument([row]))).toContain("- F: 2.00 KiB.");
  });
});

describe("a row whose baseline isn't installed", () => {
  const workload = { ...memory, baseline: { name: "rival", about: "a library", install: "rival@latest" } };
  const measurement = smallMeasurement(
    { optimized: [[1], [1]] },
    { counters: { optimized: inBytes([38, 38]) } },
  );
  test("shows what is there, and says what to install", () => {
    const row = rowResult(workload, { repetitions, measurement });
    expect(row).toMatchObject({ verdict: "no-baseline", repetitions: { processes: 2 } });
    const text = renderMarkdown(smallDocument([row]));
    expect(text).toContain("- 1 row: 1 without a baseline, which is not installed.");
    expect(text).toContain(
      "- Memory per entry: not installed: npm install rival@latest → 38.0 B, no baseline: npm install rival@latest.",
    );
    expect(renderHtml(smallDocument([row]))).not.toContain("Logarithmic axis");
  });
  test("is not measured, or failed, as any other", () => {
    expect(unmeasuredRow(workload, repetitions).verdict).toBe("not-run");
    expect(rowResult(workload, { repetitions, error: "out of paper" }).verdict).toBe("failed");
  });
});
