import { formatDuration, formatFigure, type RatioEstimate } from "../measure/index.ts";
import type { Spread } from "./report-document.ts";
import type { Unit } from "./workload.ts";

/** One operation's time in the row's own unit: `12.3 µs` per query, or `81,000 rows/s`. */
export function quantity(unit: Unit, nsPerOperation: number): string {
  return unit.shown === "time"
    ? formatDuration(nsPerOperation / unit.itemsPerOperation)
    : `${thousands((unit.itemsPerOperation * 1e9) / nsPerOperation)} ${unit.item}s/s`;
}

/** The middle half of the rounds in the row's own unit, the smaller figure first. */
export function quartiles(unit: Unit, { lowerQuartile, upperQuartile }: Spread): string {
  const bounds = [quantity(unit, lowerQuartile), quantity(unit, upperQuartile)];
  return (unit.shown === "time" ? bounds : bounds.reverse()).join(" to ");
}

/** What one figure of the row is: `time per query`, `rows per second`. */
export const unitName = (unit: Unit): string =>
  unit.shown === "time" ? `time per ${unit.item}` : `${unit.item}s per second`;

/** Three significant digits, thousands set apart: `1,230,000`. */
export function thousands(value: number): string {
  return Math.abs(value) < 1000
    ? formatFigure(value)
    : Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** `3.4 %`; whole percents from 10 to 99. */
export function percent(share: number): string {
  const value = share * 100;
  const whole = Math.abs(value) >= 10 && Math.abs(value) < 99;
  return `${whole ? Math.round(value) : Number(value.toFixed(1))} %`;
}

/**
 * The change in words, without a sign that could be misread: `38 % less time (35 to 40 %)`, `12.3 times the rows/s
 * (11.9 to 12.8)`.
 * @param speedup time of the one that was before, over the time after
 */
export function change(unit: Unit, speedup: RatioEstimate): string {
  const time = unit.shown === "time";
  const { ratio, low, high } = time
    ? { ratio: 1 / speedup.ratio, low: 1 / speedup.high, high: 1 / speedup.low }
    : speedup;
  const what = time ? "time" : `${unit.item}s/s`;
  if (ratio >= 2)
    return `${formatFigure(ratio)} times the ${what} (${formatFigure(low)} to ${formatFigure(high)})`;
  if (ratio >= 1) return `${percent(ratio - 1)} more ${what} (${range(low - 1, high - 1)})`;
  return `${percent(1 - ratio)} ${time ? "less" : "fewer"} ${what} (${range(1 - high, 1 - low)})`;
}

function range(from: number, to: number): string {
  const [low, high] = [percent(from), percent(to)];
  return low === high ? low : `${low.replace(" %", "")} to ${high}`;
}
