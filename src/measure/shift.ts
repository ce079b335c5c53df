/** Which way a level moves. */
export type ShiftDirection = "up" | "down";

/** What a sample showed: the level has shifted, has come back, or has stayed so long that it is the new baseline. */
export interface ShiftEvent {
  readonly kind: "shifted" | "returned" | "accepted";
  readonly direction: ShiftDirection;
  /** The baseline, in the unit of the samples; a proportion for `ProportionShift`. */
  readonly before: number;
  /** The level since the shift, as seen lately. */
  readonly after: number;
  /** Samples since the shift began, by the likeliest beginning. */
  readonly samples: number;
}

/** A shift that has not come back yet. */
export type OpenShift = Omit<ShiftEvent, "kind">;

/**
 * The score at which a CUSUM of normal values is crossed once in `samples` when nothing has changed.
 * @param shift the change looked for, in standard deviations, > 0
 * @see Siegmund, Sequential Analysis (1985), 2.6: samples = (e^b − b − 1) / (shift² / 2), b = score + 1.166 × shift
 */
export function scoreLimit(shift: number, samples: number): number {
  const target = (samples * shift ** 2) / 2;
  let b = Math.log1p(target);
  for (let step = 0; step < 3; step++) b = Math.log(target + b + 1);
  return Math.max(1, b - 1.166 * shift);
}
