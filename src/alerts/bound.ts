import type { Outcome } from "./alert-state.ts";
import { valueText } from "./value-text.ts";

/** Where a value is bad, and where that is over. */
export interface Bound {
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  readonly resolveAt?: number | undefined;
}

export function outcomeOf(value: number, { above, below, resolveAt }: Bound): Outcome {
  if (Number.isNaN(value)) return "unknown";
  if (above !== undefined) {
    if (value > above) return "bad";
    return value <= (resolveAt ?? above) ? "good" : "between";
  }
  if (value < below!) return "bad";
  return value >= (resolveAt ?? below!) ? "good" : "between";
}

/** @returns such as `0.51 is above 0.5` */
export function boundText(value: number, { above, below, resolveAt }: Bound, outcome: Outcome): string {
  if (outcome === "unknown") return "not known";
  const bound = above ?? below!;
  const side = above === undefined ? "below" : "above";
  const shown = valueText(value);
  if (outcome === "bad") return `${shown} is ${side} ${valueText(bound)}`;
  if (outcome === "good") return `${shown} is not ${side} ${valueText(resolveAt ?? bound)}`;
  return `${shown} is between ${valueText(bound)} and ${valueText(resolveAt ?? bound)}`;
}
