import { expect, test } from "vitest";
import { barChart, ratioChart } from "../../../src/report/chart-svg.ts";
import { renderHtml } from "../../../src/report/render-html.ts";
import { rowResult } from "../../../src/report/row-result.ts";
import { plan, smallDocument, smallMeasurement, smallRow, smallWorkload, steady } from "./small-document.ts";

/** Every name of a tag, in the order of opening. */
const tags = (html: string): string[] =>
  [...html.matchAll(/<([a-z][a-z0-9]*)/g)].map(([, name]) => name as string);

test("bars are as long as their values, and whiskers reach from low to high", () => {
  const svg = barChart([
    { kind: "baseline", label: "plain", value: 8, low: 6, high: 10, text: "8 ms" },
    { kind: "optimized", label: "fast", value: 2, low: 2, high: 2, text: "2 ms" },
  ]);
  expect(svg).toContain('<rect class="baseline" x="0%" y="1" width="80%" height="14"/>');
  expect(svg).toContain('<line class="whisker" x1="60%" x2="100%" y1="8" y2="8"/>');
  expect(svg).toContain('<rect class="optimized" x="0%" y="1" width="20%" height="14"/>');
  expect(svg).toContain('<div class="pair"><span>plain</span><b>8 ms</b></div><svg');
});

test("a chart of nothing but zeros is drawn", () => {
  const svg = barChart([{ kind: "baseline", label: "plain", value: 0, low: 0, high: 0, text: "0" }]);
  expect(svg).toContain('width="0%"');
  expect(svg).not.toContain("NaN");
});

test("ratios start at 1 on a logarithmic axis, faster to the right", () => {
  // The axis runs from 1/2.2 to 2.2, so that 1 lies in its middle.
  const [faster, slower] = [2, 0.5].map((ratio) =>
    ratioChart([
      {
        kind: ratio > 1 ? "better" : "worse",
        label: "row",
        ratio,
        low: ratio,
        high: ratio,
        text: `${ratio}×`,
      },
    ]),
  ) as [string, string];
  const length = Number(((100 * Math.log(2)) / Math.log(2.2 * 2.2)).toFixed(2));
  expect(faster).toContain(`<rect class="better" x="50%" y="1" width="${length}%"`);
  expect(slower).toContain(
    `<rect class="worse" x="${Number((50 - length).toFixed(2))}%" y="1" width="${length}%"`,
  );
  expect(faster).toContain('<line class="one" x1="50%" x2="50%"');
});

test("all foreign text is escaped, in content and in attributes", () => {
  const nasty = `<script>alert("1")</script>&'`;
  const escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;";
  const row = rowResult(
    {
      ...smallWorkload,
      id: nasty,
      title: nasty,
      question: nasty,
      input: nasty,
      notes: [nasty],
      baseline: { ...smallWorkload.baseline, name: nasty, about: nasty },
      peer: { name: nasty, about: nasty, install: nasty },
      reference: { before: nasty, after: nasty, improvement: nasty },
    },
    {
      repetitions: plan,
      measurement: smallMeasurement({ baseline: steady(2), optimized: steady(1) }, { warnings: [nasty] }),
    },
  );
  const html = renderHtml(
    smallDocument([row, rowResult({ ...smallWorkload, title: nasty }, { repetitions: plan, error: nasty })], {
      command: nasty,
      version: nasty,
      partial: true,
      partialReason: nasty,
      environment: { [nasty]: nasty },
    }),
  );
  expect(html).not.toContain("<script");
  expect(html).not.toContain('alert("1")');
  expect(html.split(escaped).length).toBeGreaterThan(25);
  expect(html).toContain(`<h3 id="${escaped}">${escaped}</h3>`);
});

test("the page asks nobody for anything", () => {
  const html = renderHtml(smallDocument([smallRow()]));
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
  expect(html).not.toMatch(/https?:|url\(|@import|\ssrc=/);
  expect(new Set(tags(html))).not.toContain("script");
  expect(html).toContain("prefers-color-scheme: dark");
});

test("a partial report carries a banner, a full one doesn't", () => {
  const banner = '<p class="partial">Partial: stopped by hand.</p>';
  expect(renderHtml(smallDocument([], { partial: true, partialReason: "stopped by hand" }))).toContain(
    banner,
  );
  expect(renderHtml(smallDocument([smallRow()]))).not.toContain('class="partial"');
});

test("a row within noise is grey in the overview and says that no difference was shown", () => {
  const noisy = (shift: number) =>
    [0, 1, 2].map((p) => [800, 1000, 1200, 1400].map((ns) => ns + 150 * p + shift));
  const measurement = smallMeasurement({ baseline: noisy(40), optimized: noisy(0) });
  const html = renderHtml(smallDocument([rowResult(smallWorkload, { repetitions: plan, measurement })]));
  expect(html).toContain('<rect class="no-difference"');
  expect(html).toContain("no difference shown (within noise)");
  expect(html).not.toContain('<rect class="better"');
});

test("a row whose answers differ has no chart at all", () => {
  const measurement = smallMeasurement(
    { baseline: steady(4000), optimized: steady(2000) },
    { answers: { baseline: "42", optimized: "43" } },
  );
  const html = renderHtml(smallDocument([rowResult(smallWorkload, { repetitions: plan, measurement })]));
  expect(html).not.toContain("<svg");
  expect(html).toContain("ANSWERS DIFFER");
});

test("a rate's bars grow with the rate, so that more is longer", () => {
  const unit = { operation: "batch", item: "row", itemsPerOperation: 10, shown: "rate" } as const;
  const html = renderHtml(smallDocument([smallRow({ unit })]));
  expect(html).toMatch(/<rect class="baseline" x="0%" y="1" width="50%"/);
  expect(html).toMatch(/<rect class="optimized" x="0%" y="1" width="100%"/);
  expect(html).toContain("Median rows per second; more is better.");
});
