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

const barStep = 44;

/**
 * Bars from zero, each with a whisker from `low` to `high`, its label above it. Widths are percentages and text has
 * its own size, so that the chart fits any screen without being scaled.
 * @param bars ≥ 1, all values ≥ 0
 */
export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value, high }) => Math.max(value, high))) || 1;
  const parts = bars.map(({ kind, label, value, low, high, text }, i) => {
    const y = i * barStep;
    return (
      textPair(y + 14, label, text) +
      `<rect class="track" x="0" y="${y + 20}" width="100%" height="14" rx="2"/>` +
      `<rect class="${kind}" x="0" y="${y + 20}" width="${share(value / most)}" height="14" rx="2"/>` +
      whisker(y + 27, low / most, high / most)
    );
  });
  return svg(title, bars.length * barStep - 4, parts.join(""));
}

/** One row of the overview: how many times the baseline's time over the optimized one's. */
export interface RatioMark {
  readonly kind: "better" | "worse" | "no-difference";
  readonly label: string;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly text: string;
}

const markStep = 40;
const ticks = [0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000, 10_000];

/** Ratios with their intervals on a logarithmic axis, as bars that begin at 1. @param marks ≥ 1, all numbers > 0 */
export function ratioChart(title: string, marks: readonly RatioMark[]): string {
  const least = Math.min(0.5, ...marks.map(({ low }) => low)) / 1.1;
  const most = Math.max(2, ...marks.map(({ high }) => high)) * 1.1;
  const at = (ratio: number) => Math.log(ratio / least) / Math.log(most / least);
  const one = at(1);
  const height = marks.length * markStep;
  const parts = marks.map(({ kind, label, ratio, low, high, text }, i) => {
    const y = i * markStep;
    const [from, to] = [Math.min(one, at(ratio)), Math.max(one, at(ratio))];
    return (
      textPair(y + 14, label, text) +
      `<rect class="track" x="0" y="${y + 20}" width="100%" height="12" rx="2"/>` +
      `<rect class="${kind}" x="${share(from)}" y="${y + 20}" width="${share(to - from)}" height="12"/>` +
      whisker(y + 26, at(low), at(high))
    );
  });
  const shown = ticks.filter(
    (tick) => tick >= least && tick <= most && (most / least < 30 || isPowerOfTen(tick)),
  );
  const axis = shown.map(
    (tick) =>
      `<line class="${tick === 1 ? "one" : "tick"}" x1="${share(at(tick))}" x2="${share(at(tick))}" y1="20" y2="${height}"/>` +
      `<text class="axis" text-anchor="middle" x="${share(at(tick))}" y="${height + 16}">${tick}×</text>`,
  );
  return svg(title, height + 22, axis.join("") + parts.join(""));
}

const isPowerOfTen = (value: number): boolean => Number.isInteger(Math.log10(value));

function textPair(y: number, left: string, right: string): string {
  return (
    `<text class="label" x="0" y="${y}">${escapeHtml(left)}</text>` +
    `<text class="value" text-anchor="end" x="100%" y="${y}">${escapeHtml(right)}</text>`
  );
}

function whisker(y: number, low: number, high: number): string {
  const line = (x1: number, x2: number, y1: number, y2: number) =>
    `<line class="whisker" x1="${share(x1)}" x2="${share(x2)}" y1="${y1}" y2="${y2}"/>`;
  return line(low, high, y, y) + line(low, low, y - 4, y + 4) + line(high, high, y - 4, y + 4);
}

const share = (part: number): string => `${Number((100 * Math.min(1, Math.max(0, part))).toFixed(2))}%`;

const svg = (title: string, height: number, content: string): string =>
  `<svg role="img" width="100%" height="${height}"><title>${escapeHtml(title)}</title>${content}</svg>`;
