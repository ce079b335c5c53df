/** What the tests took of one arm, since the last resume. */
export interface ArmEvents {
  readonly calls: number;
  /** Of the calls, those that count against it. */
  readonly events: number;
}

/** The figures behind a roll-back. */
export interface RollbackFigures {
  /** What counts against a call, such as "were over the p99 without it". */
  readonly event: string;
  /** With the optimization; of staleness, of the cache hits that were checked. */
  readonly on: ArmEvents;
  /** Without it; `undefined` where there is a fixed limit instead. */
  readonly off: ArmEvents | undefined;
  /** Without harm, evidence as high as figures like these come in at most one of so many rollouts, however long one looks; > 1, may be `Infinity`. */
  readonly evidence: number;
}

/** What a guardrail or goal found, told in both ways. */
export interface Finding {
  /** One or two sentences without the last full stop; "it" in them is the optimization. */
  readonly text: string;
  readonly figures: RollbackFigures | undefined;
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** @returns as people write it: `4,120` */
export const countText = (count: number): string => grouped.format(count);

/** @param share 0 to 1 @returns such as `3.2 %` */
export const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

/** @returns such as `p99`, `p99.9` */
export const quantileName = (quantile: number): string => `p${Number((100 * quantile).toPrecision(4))}`;

/** @returns events of one arm, such as `41 of 1,204 calls with it (3.4 %)` */
export const eventsText = ({ calls, events }: ArmEvents, what: string): string =>
  `${countText(events)} of ${countText(calls)} ${what} (${percent(events / Math.max(1, calls))})`;

/** @returns how many calls of both arms have failed */
export const failuresText = (on: ArmEvents, off: ArmEvents): string =>
  `${eventsText(on, "calls with it")} failed, ${eventsText(off, "without it")}`;

/** @param value a bound that calls were held against @returns such as `8 ms`, to three digits */
export const boundText = (value: number, unit: string): string => `${Number(value.toPrecision(3))}${unit}`;

/** @param given what the evidence speaks against @returns the end of a sentence: how sure it is */
export function certaintyText(evidence: number, given = "without harm"): string {
  // One event was proof, and the figures say so.
  if (evidence === Number.POSITIVE_INFINITY) return "";
  const share =
    evidence >= 1e6 ? "fewer than 1 of 1,000,000" : `at most 1 of ${countText(Math.floor(evidence))}`;
  return `; ${given}, ${share} rollouts comes to this`;
}
