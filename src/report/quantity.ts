import { formatDuration, formatFigure } from "../measure/figure-format.ts";
import type { RatioEstimate } from "../measure/index.ts";
import type { ShownFigure } from "./row-figure.ts";
import type { AmountKind, Unit } from "./workload.ts";

/**
 * A row's figure in its own unit: `12.3 µs` per query, `81,000 rows/s`, or `95.0 B`.
 * @param value nanoseconds for each operation, or what the row's counter says
 */
export function quantity(unit: Unit, value: number): string {
  switch (unit.shown) {
    case "time":
      return formatDuration(value / unit.itemsPerOperation);
    case "rate":
      return `${thousands((unit.itemsPerOperation * 1e9) / value)} ${unit.item}s/s`;
    case "counter":
      return amount(unit.kind, value);
  }
}

/** How far a figure spreads, in the row's own unit, the smaller end first. */
export function spreadText(unit: Unit, { low, high }: ShownFigure): string {
  const bounds = [quantity(unit, low), quantity(unit, high)];
  return (unit.shown === "rate" ? bounds.reverse() : bounds).join(" to ");
}

/** What one figure of the row is: `time per query`, `rows per second`, `memory per entry`. */
export function unitName(unit: Unit): string {
  if (unit.shown === "counter") return unit.what;
  return unit.shown === "time" ? `time per ${unit.item}` : `${unit.item}s per second`;
}

/** A number of its kind: `52 %`, `1,230`, `34.3 MiB`, `12.3 µs`. */
export function amount(kind: AmountKind, value: number): string {
  switch (kind) {
    case "ratio":
      return percent(value);
    case "bytes":
      return bytes(value);
    case "count":
      return thousands(value);
    case "duration":
      return formatDuration(value);
  }
}

/** A whole number, ≥ 0, as `1,234,567`. By hand: the first call of `toLocaleString` takes tens of milliseconds. */
export const exactCount = (count: number): string => String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");

/** Whether a larger figure is the better one. */
export const isMoreBetter = (unit: Unit): boolean =>
  unit.shown === "rate" || (unit.shown === "counter" && unit.better === "more");

function bytes(value: number): string {
  const prefixes = ["", "Ki", "Mi", "Gi", "Ti"];
  let scaled = value;
  let prefix = 0;
  // By what will be printed, so that nothing is said to be 1024 KiB.
  while (Math.abs(Number(scaled.toPrecision(3))) >= 1000 && prefix < prefixes.length - 1) {
    scaled /= 1024;
    prefix++;
  }
  return `${formatFigure(scaled)} ${prefixes[prefix]}B`;
}

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
 * @param gain what the one before took over what the one after takes: time, or the row's counter, which is after over
 *   before where more is better
 */
export function change(unit: Unit, gain: RatioEstimate): string {
  const { ratio, low, high } = isMoreBetter(unit)
    ? gain
    : { ratio: 1 / gain.ratio, low: 1 / gain.high, high: 1 / gain.low };
  const [what, less] = words(unit);
  if (ratio >= 2)
    return `${formatFigure(ratio)} times the ${what} (${formatFigure(low)} to ${formatFigure(high)})`;
  if (ratio >= 1) return `${percent(ratio - 1)} more ${what} (${range(low - 1, high - 1)})`;
  return `${percent(1 - ratio)} ${less} ${what} (${range(1 - high, 1 - low)})`;
}

/** What there is more or less of, and the word for less of it. */
function words(unit: Unit): [what: string, less: string] {
  if (unit.shown === "counter") return [unit.what, unit.kind === "count" ? "fewer" : "less"];
  return unit.shown === "time" ? ["time", "less"] : [`${unit.item}s/s`, "fewer"];
}

function range(from: number, to: number): string {
  const [low, high] = [percent(from), percent(to)];
  return low === high ? low : `${low.replace(" %", "")} to ${high}`;
}
