/** From a cached read to a slow report; a database that answers in microseconds is in sight, too. */
const secondsBounds = Object.freeze([
  0.000_001, 0.000_01, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
  1, 2.5, 5, 10,
]);
const secondsPer: Readonly<Record<string, number>> = Object.freeze({ s: 1, ms: 1e3, us: 1e6, ns: 1e9 });
/** Sizes and counts: 1, 4, 16, … 4¹⁵ = 2³⁰. */
const plainBounds = Object.freeze(Array.from({ length: 16 }, (_, power) => 4 ** power));

const boundsOfUnit = new Map<string, readonly number[]>();

/** The bounds of a histogram's written buckets, ascending; the same array each time. */
export function bucketBounds(unit = ""): readonly number[] {
  const per = Object.hasOwn(secondsPer, unit) ? secondsPer[unit]! : undefined;
  if (per === undefined) return plainBounds;
  const known = boundsOfUnit.get(unit);
  if (known) return known;
  const bounds = secondsBounds.map((seconds) => Number((seconds * per).toPrecision(3)));
  boundsOfUnit.set(unit, bounds);
  return bounds;
}
