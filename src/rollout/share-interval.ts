/** Two-sided 95 %. */
const z = 1.959963984540054;

/**
 * Wilson's interval for a share.
 * centre ± z √(p q / n + z² / 4 n²), all divided by 1 + z² / n
 * @param events 0 to `trials`
 * @param trials ≥ 0
 * @returns bounds with a confidence of 95 %, 0 to 1; all of it without a trial
 * @see https://doi.org/10.1080/01621459.1927.10502953
 */
export function shareInterval(events: number, trials: number): readonly [low: number, high: number] {
  if (trials === 0) return [0, 1];
  const p = events / trials;
  const square = (z * z) / trials;
  const centre = p + square / 2;
  const reach = z * Math.sqrt((p * (1 - p)) / trials + square / (4 * trials));
  const low = events === 0 ? 0 : (centre - reach) / (1 + square);
  const high = events === trials ? 1 : (centre + reach) / (1 + square);
  return [Math.max(0, low), Math.min(1, high)];
}
