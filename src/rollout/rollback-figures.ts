/** What the tests took of one arm, since the last resume. */
export interface ArmEvents {
  readonly calls: number;
  /** Of the calls, those that count against it. */
  readonly events: number;
}

/** The figures behind a roll-back. */
export interface RollbackFigures {
  /** What counts against a call, such as "were slower than the p99 without it". */
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
  /** Part of a sentence, without its guardrail's name. */
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

/** @returns events of one arm as a share, such as `3.2 % of the 4,120 calls` */
export const shareText = ({ calls, events }: ArmEvents, what = "calls"): string =>
  `${percent(events / Math.max(1, calls))} of the ${countText(calls)} ${what}`;

/** @param given what the evidence speaks against @returns how sure it is */
export function certaintyText(evidence: number, given = "without harm"): string {
  if (evidence === Number.POSITIVE_INFINITY) return "one is proof";
  return evidence >= 1e6
    ? `${given}, figures like these come in less than one of a million rollouts`
    : `${given}, figures like these come in at most 1 of ${countText(Math.floor(evidence))} rollouts`;
}
