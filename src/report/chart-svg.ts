import { escapeHtml } from "./html-text.ts";

/** One bar: how much, from where to where it varies, and what is written at it. */
export interface Bar {
  readonly kind: "baseline" | "peer" | "optimized";
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** The value in words. */
  readonly text: string;
}

/**
 * Bars from zero, each with a whisker from `low` to `high` and its label above it. Labels are text of the page and
 * widths are percentages, so that the chart fits any screen without being scaled.
 * @param bars ≥ 1, all values ≥ 0
 */
export function barChart(bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value, high }) => Math.max(value, high))) || 1;
  return bars
    .map(({ kind, label, value, low, high, text }) =>
      row(label, text, rect("track", 0, 1) + rect(kind, 0, value / most) + whisker(low / most, high / most)),
    )
    .join("");
}

/** One row of the overview: how many times the optimized one's time the baseline takes. */
export interface RatioMark {
  readonly kind: "better" | "worse" | "no-difference";
  readonly label: string;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly text: string;
}

const ticks = [0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000, 10_000];

/** Ratios with their intervals on a logarithmic axis, as bars that begin at 1. @param marks ≥ 1, all numbers > 0 */
export function ratioChart(marks: readonly RatioMark[]): string {
  const least = Math.min(0.5, ...marks.map(({ low }) => low)) / 1.1;
  const most = Math.max(2, ...marks.map(({ high }) => high)) * 1.1;
  const at = (ratio: number) => Math.log(ratio / least) / Math.log(most / least);
  // Labels of a wide axis would run into each other on a narrow screen.
  const shown = ticks.filter(
    (tick) => tick >= least && tick <= most && (most / least < 30 || Number.isInteger(Math.log10(tick))),
  );
  const grid = shown.map((tick) => line(tick === 1 ? "one" : "tick", at(tick), at(tick), 0, 16)).join("");
  const rows = marks.map(({ kind, label, ratio, low, high, text }) => {
    const [from, to] = [Math.min(at(1), at(ratio)), Math.max(at(1), at(ratio))];
    return row(label, text, rect("track", 0, 1) + grid + rect(kind, from, to) + whisker(at(low), at(high)));
  });
  const labels = shown.map(
    (tick) => `<text text-anchor="middle" x="${share(at(tick))}" y="12">${tick}×</text>`,
  );
  return `${rows.join("")}<svg class="axis" aria-hidden="true" width="100%" height="16">${labels.join("")}</svg>`;
}

/** The words of a bar, and under them the bar itself, which says nothing that the words don't. */
const row = (label: string, text: string, content: string): string =>
  `<div class="pair"><span>${escapeHtml(label)}</span><b>${escapeHtml(text)}</b></div>` +
  `<svg aria-hidden="true" width="100%" height="16">${content}</svg>`;

const rect = (kind: string, from: number, to: number): string =>
  `<rect class="${kind}" x="${share(from)}" y="1" width="${share(to - from)}" height="14"/>`;

const line = (kind: string, x1: number, x2: number, y1: number, y2: number): string =>
  `<line class="${kind}" x1="${share(x1)}" x2="${share(x2)}" y1="${y1}" y2="${y2}"/>`;

const whisker = (low: number, high: number): string =>
  line("whisker", low, high, 8, 8) + line("whisker", low, low, 4, 12) + line("whisker", high, high, 4, 12);

const share = (part: number): string => `${Number((100 * Math.min(1, Math.max(0, part))).toFixed(2))}%`;
