import { expect, test } from "vitest";
import type { CompareDocument } from "../../../src/compare/index.ts";
import { renderComparison } from "../../../src/compare/index.ts";
import { familyLevel, type MetricComparison } from "../../../src/compare/judge.ts";

const metric: MetricComparison = {
  ...{ id: "latencyP50", title: "latency, p50", unit: "ms", better: "less", a: 10, b: 8 },
  ...{ ratio: 0.8, low: 0.75, high: 0.85, pValue: 0.0001, adjustedPValue: 0.001, verdict: "better" },
  ...{ detectableRatio: 1.04, pairs: 15 },
};
const memory: MetricComparison = {
  ...metric,
  ...{ id: "rssPeak", title: "memory, peak (RSS)", unit: "bytes", a: 2 ** 27, b: 2 ** 27, ratio: 1 },
  ...{ low: 0.97, high: 1.03, verdict: "no difference shown" },
};
const comparison: CompareDocument = {
  ...{ schemaVersion: 1, toolkitVersion: "1.0.0", startedAt: "2026-01-01T00:00:00.000Z", kind: "server" },
  ...{ url: "http://127.0.0.1:{port}/", sideBySide: true, rate: 100, rateOrigin: "as given", slotMs: 250 },
  ...{ durationMs: 5000, warmupMs: 2000, rounds: { planned: 15, done: 15 }, partial: false, seed: 1 },
  environment: { machine: "Node" },
  programs: [
    { name: "without", command: "node <app>.js", runs: [] },
    { name: "with", command: "node <app>.js", runs: [] },
  ],
  comparisons: [
    { a: "without", b: "with", family: "main", metrics: [metric, memory] },
    { a: "loading", b: "only dns", family: "ablation", metrics: [memory] },
    { a: "loading", b: "only pool", family: "ablation", metrics: [metric] },
  ],
  familyLevel,
  steps: [
    { id: "dns", state: "applied" },
    { id: "pg", state: "left-alone", reason: "not loaded" },
  ],
  answers: { verdict: "same", detail: "50 requests compared" },
  leftOut: [{ metric: "errorShare", why: "there were none" }],
  warnings: ["the machine is busy"],
};

test("Markdown holds the summary, the table, each optimization, the warnings and the method", () => {
  const text = renderComparison(comparison, "md");
  expect(text).toContain("with is better in latency, p50 (−20.0 %).");
  expect(text).toMatch(/\| latency, p50 +\| +10\.0 ms \| +8\.00 ms \| better: −20\.0 % +\|/);
  expect(text).toMatch(/\| memory, peak \(RSS\) +\| +128 MiB \| +128 MiB \| no difference shown +\|/);
  expect(text).toMatch(/\| latency, p50 +\| +0\.800× +\| +0\.750 to 0\.850 +\| +4\.00 % +\|/);
  expect(text).toContain("only pool is better in latency, p50 (−20.0 %).\n");
  expect(text).toContain("No difference shown by itself: only dns.");
  const [dns, pool] = ["### only dns", "### only pool"].map(
    (heading) => text.split(heading)[1]!.split("#")[0]!,
  );
  expect(dns).toMatch(
    /\| memory, peak \(RSS\) +\| +1\.000× +\| +0\.970 to 1\.030 +\| +4\.00 % +\| no difference shown +\|/,
  );
  expect(pool).toMatch(
    /\| latency, p50 +\| +0\.800× +\| +0\.750 to 0\.850 +\| +4\.00 % +\| better: −20\.0 % +\|/,
  );
  expect(text).toContain("their 2 figures are corrected together");
  expect(text).toContain("- dns: applied\n- pg: left-alone; not loaded\n");
  expect(text).toContain("- the machine is busy");
  expect(text).toContain("Left out: errorShare, for there were none.");
});

test("HTML says the same, with what is markup in a command made harmless", () => {
  const page = renderComparison(comparison, "html");
  expect(page).toContain("with is better in latency, p50 (−20.0 %).");
  expect(page).toContain("node &lt;app&gt;.js");
  expect(page).not.toContain("<app>");
  expect(page).toContain('class="better"');
  expect(page).toMatch(
    /<h3>only pool<\/h3>\n<table>.*0\.800× \[0\.750, 0\.850\].*better: −20\.0 %.*<\/table>/,
  );
  expect(page).toMatch(/<h3>only dns<\/h3>\n<table>.*no difference shown \(4\.00 % would have been\)/);
});

test("JSON is the whole document", () => {
  expect(JSON.parse(renderComparison(comparison, "json"))).toEqual(comparison);
});

test("says that nothing was shown, that it is partial, and that answers differ", () => {
  const partial: CompareDocument = {
    ...comparison,
    partial: true,
    rounds: { planned: 15, done: 4 },
    answers: { verdict: "differ", detail: "request 1" },
    comparisons: [{ a: "a", b: "b", family: "main", metrics: [{ ...memory, detectableRatio: 3 }] }],
  };
  const text = renderComparison(partial, "md");
  expect(text).toContain("# a and b compared");
  expect(text).toContain("**Partial: stopped after 4 of 15 rounds.**");
  expect(text).toContain("No difference shown between the programs, in any metric. THE ANSWERS DIFFER");
  expect(text).toMatch(/\| memory, peak \(RSS\) .*more than 2× +\|/);
  expect(renderComparison(partial, "html")).toContain(
    "too scattered, or too few rounds, to have shown a doubling",
  );
});

test("no table of Markdown is wider than a terminal of 100 columns, and each is one", () => {
  const wide = (id: MetricComparison["id"], title: string, more: Partial<MetricComparison>) => ({
    ...{ ...metric, id, title, ...more },
  });
  const metrics = [
    wide("gcShare", "time in garbage collection", {
      unit: "share",
      a: 0.123456,
      b: 1,
      verdict: "worse",
    }),
    wide("loopDelayP99", "event-loop delay, p99", { ratio: 12_345.678, low: 1234.567, high: 98_765.432 }),
    wide("rssPeak", "memory, peak (RSS)", {
      unit: "bytes",
      a: 2 ** 40,
      b: 2 ** 40,
      ratio: 1e-5,
      low: 1e-6,
      high: 1e-4,
    }),
    wide("throughput", "throughput", {
      unit: "perSecond",
      a: 1e6,
      verdict: "no difference shown",
      detectableRatio: 9,
    }),
  ];
  const text = renderComparison(
    {
      ...comparison,
      comparisons: [
        { a: "without", b: "with", family: "main", metrics },
        { a: "loading", b: "only runtime-metrics", family: "ablation", metrics },
      ],
      steps: [{ id: "http-agents", state: "applied", reason: "measured; ".repeat(20) }],
    },
    "md",
  );
  const lines = text.split("\n");
  const rows = lines.filter((line) => line.startsWith("|"));
  expect(rows.length).toBe(3 * (2 + metrics.length));
  for (const row of rows) expect([...row].length).toBeLessThanOrEqual(100);
  for (const [i, line] of lines.entries()) {
    if (!/^\| -/.test(line)) continue;
    // A table is its header, its rule and its rows, with as many cells each, and stands apart from text.
    const end = lines.findIndex((other, at) => at > i && !other.startsWith("|"));
    expect(lines[i - 2]).toBe("");
    const cells = lines.slice(i - 1, end).map((row) => row.split("|").length);
    expect(new Set(cells).size).toBe(1);
  }
  expect(text).not.toContain("No difference shown by itself");
});

test("says of which optimizations it is open what they bring, and how many rounds would tell", () => {
  const open = (detectableRatio: number): MetricComparison => ({
    ...metric,
    ...{ ratio: 0.99, low: 0.9, high: 1.09, verdict: "no difference shown", detectableRatio },
  });
  const withSteps = (...ratios: number[]) =>
    renderComparison(
      {
        ...comparison,
        comparisons: [
          comparison.comparisons[0]!,
          ...ratios.map((ratio, i) => ({
            a: "loading",
            b: `only ${i}`,
            family: "ablation" as const,
            metrics: [open(ratio)],
          })),
        ],
      },
      "md",
    );
  // 15 rounds find a change by 1.05² nine times of ten, so four times as many find one by 1.05.
  expect(withSteps(1.05 ** 2, 1.04, 1.05 ** 1.5)).toContain(
    "15 rounds are too few to tell a change of 5 % in latency, p50, and about 60 are needed on this machine (--rounds): only 0, only 2.\n",
  );
  expect(withSteps(1.04)).not.toContain("too few to tell");
  expect(withSteps(1.05 ** 2, 3)).toContain("about 60 are needed on this machine (--rounds): only 0.\n");
  expect(withSteps(3)).toContain(
    "too few to tell a change of 5 % in latency, p50, and 1000 would be, too, on this machine: only 0.",
  );
});

test("after one round it says nothing of single optimizations", () => {
  const text = renderComparison(
    { ...comparison, comparisons: comparison.comparisons.map((one) => ({ ...one, metrics: [] })) },
    "md",
  );
  expect(text).toContain("One round is no pair of measurements");
  expect(text).not.toContain("No difference shown by itself");
  expect(text).not.toContain("### only");
});

test("of a job it speaks of runs and their output, and never of requests", () => {
  const { url, rate, rateOrigin, slotMs, ...rest } = comparison;
  const job: CompareDocument = {
    ...rest,
    kind: "job",
    sideBySide: false,
    answers: { verdict: "differ", detail: "the first wrote x and the second y" },
    comparisons: [
      { a: "without", b: "with", family: "main", metrics: [memory] },
      {
        a: "without",
        b: "only dns",
        family: "ablation",
        metrics: [{ ...metric, id: "wallTime", title: "wall time" }],
      },
    ],
    leftOut: [],
  };
  for (const format of ["md", "html"] as const) {
    const text = renderComparison(job, format);
    expect(text).toContain("THE OUTPUTS DIFFER");
    expect(text).toContain("Output: differ; the first wrote x and the second y.");
    expect(text).toContain("The unit is a pair of runs");
    expect(text).toContain("better: −20.0 %");
    expect(text).not.toMatch(/request|answer/i);
  }
});
