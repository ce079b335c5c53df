/** @throws {RangeError} when `samples` is empty or holds anything but finite numbers */
export function checkSamples(name: string, samples: readonly number[]): void {
  if (samples.length === 0) throw new RangeError(`${name}: expected at least one number, got none`);
  for (const [i, value] of samples.entries())
    if (!Number.isFinite(value))
      throw new RangeError(`${name}[${i}]: expected a finite number, got ${String(value)}`);
}

/**
 * Quantile of samples that are already in ascending order, by linear interpolation between the two nearest
 * (type 7 of Hyndman and Fan, the default of R and NumPy). Nothing is checked.
 */
export function quantileOfSorted(ascending: ArrayLike<number>, q: number): number {
  const position = (ascending.length - 1) * q;
  const below = Math.floor(position);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return low + (high - low) * (position - below);
}

/**
 * Type-7 quantile.
 * @param samples in any order, length ≥ 1
 * @param q from 0 to 1
 * @throws {RangeError} on no samples, on a sample that isn't finite, and on q outside [0, 1]
 * @see Hyndman & Fan, Sample Quantiles in Statistical Packages (1996)
 */
export function quantile(samples: readonly number[], q: number): number {
  checkSamples("samples", samples);
  if (!(q >= 0 && q <= 1)) throw new RangeError(`q: expected a number from 0 to 1, got ${String(q)}`);
  return quantileOfSorted(Float64Array.from(samples).sort(), q);
}

/** Middle value, or the mean of the two middle ones. @throws {RangeError} as `quantile` */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/**
 * Median absolute deviation from the median, unscaled (times 1.4826 it estimates a normal standard deviation).
 * @throws {RangeError} as `quantile`
 */
export function mad(samples: readonly number[]): number {
  const centre = median(samples);
  return median(samples.map((value) => Math.abs(value - centre)));
}
