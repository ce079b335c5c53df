/**
 * How long objects live, in bytes allocated meanwhile: V8 collects by allocation, not by time.
 * A share of what is allocated lives for a while, with exponentially distributed lifetimes; the rest dies at once.
 */
export interface Lifetimes {
  /** Share of the allocated bytes that doesn't die at once, 0 to 1. */
  readonly longerShare: number;
  /** Mean lifetime of that share, in bytes allocated; `Infinity` when none of it is seen to die. */
  readonly meanBytes: number;
}

/** Bytes that survive a first and a second scavenge, for each byte allocated. */
export interface SurvivalRates {
  readonly survivalRate: number;
  readonly promotionRate: number;
}

/**
 * Lifetimes from survival. With `x` = bytes allocated between scavenges ÷ mean lifetime and `f` the longer share:
 * survivalRate = f (1 − e^−x) ÷ x, and promotionRate = survivalRate × e^−x.
 * @param freshBytes allocated between two scavenges, > 0
 */
export function fitLifetimes({ survivalRate, promotionRate }: SurvivalRates, freshBytes: number): Lifetimes {
  if (survivalRate <= 0) return { longerShare: 0, meanBytes: 0 };
  // What is promoted in no scavenge at all lives for less than a hundredth of what is seen.
  const x = -Math.log(Math.min(1, Math.max(promotionRate / survivalRate, Number.EPSILON)));
  if (x === 0) return { longerShare: Math.min(1, survivalRate), meanBytes: Number.POSITIVE_INFINITY };
  return { longerShare: Math.min(1, survivalRate / meanSurvival(x)), meanBytes: freshBytes / x };
}

/**
 * Survival with another size of semi-space. Its survivors stay in it, so that less is allocated between scavenges:
 * fresh × (1 + survivalRate) = semiSpaceBytes.
 */
export function predictSurvival(
  { longerShare, meanBytes }: Lifetimes,
  semiSpaceBytes: number,
): SurvivalRates {
  if (longerShare === 0 || meanBytes === 0) return { survivalRate: 0, promotionRate: 0 };
  const at = (freshBytes: number): SurvivalRates => {
    const x = freshBytes / meanBytes;
    const survivalRate = longerShare * meanSurvival(x);
    return { survivalRate, promotionRate: survivalRate * Math.exp(-x) };
  };
  let low = 0;
  let high = semiSpaceBytes;
  // Enough halvings for a byte in a GiB.
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (middle * (1 + at(middle).survivalRate) < semiSpaceBytes) low = middle;
    else high = middle;
  }
  return at(high);
}

/** Share of objects, allocated evenly over `x` mean lifetimes, that are alive at the end. */
function meanSurvival(x: number): number {
  return x === 0 ? 1 : -Math.expm1(-x) / x;
}
