import type { RatioEstimate } from "./bootstrap-ratio.ts";
import type { Comparison } from "./comparison.ts";

/** Three significant digits, without an exponent: 0.123, 3.21, 32.1, 12345. */
export function formatFigure(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  // Rounded first, so that 99.99 becomes 100 and not 100.0.
  const rounded = Number(value.toPrecision(3));
  const digits = 2 - Math.floor(Math.log10(Math.abs(rounded)));
  return value.toFixed(Math.min(100, Math.max(0, digits)));
}

/** Ratio and interval: "3.21× [3.05, 3.40]". @param comparison its wall time, or one estimate (`comparison.cpu`) */
export function formatRatio(comparison: Comparison | RatioEstimate): string {
  const { ratio, low, high } = "wall" in comparison ? comparison.wall : comparison;
  return `${formatFigure(ratio)}× [${formatFigure(low)}, ${formatFigure(high)}]`;
}

const units = [
  { name: "s", ns: 1e9 },
  { name: "ms", ns: 1e6 },
  { name: "µs", ns: 1e3 },
] as const;

/** A duration in the unit that suits it: "1.23 ns", "45.6 µs", "7.89 ms", "1.20 s". */
export function formatDuration(ns: number): string {
  const unit = units.find((candidate) => Math.abs(ns) >= candidate.ns);
  return unit ? `${formatFigure(ns / unit.ns)} ${unit.name}` : `${formatFigure(ns)} ns`;
}
