/** Lanczos coefficients (g = 7, n = 9), good to about 15 digits. */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** Natural logarithm of the gamma function, x ≥ 0.5. */
function logGamma(x: number): number {
  const z = x - 1;
  const t = z + 7.5;
  const series = lanczos.reduce((sum, c, i) => (i === 0 ? c : sum + c / (z + i)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(series);
}

/** Regularised incomplete beta function by its continued fraction (Lentz), for x < (a + 1) / (a + b + 2). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let fraction = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || tiny);
    c = 1 + even / c || tiny;
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || tiny);
    c = 1 + odd / c || tiny;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  const logFactor =
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x) - Math.log(a);
  return Math.exp(logFactor) * fraction;
}

/**
 * Probability that |T| ≥ t for Student's distribution.
 * @param t ≥ 0
 * @param degrees of freedom, from 1 to 1000 (beyond, rounding grows, and the normal distribution serves)
 * @see Press et al., Numerical Recipes, 6.4 (incomplete beta function)
 */
export function studentTail(t: number, degrees: number): number {
  const x = degrees / (degrees + t * t);
  const a = degrees / 2;
  return x < (a + 1) / (a + 2.5) ? betaFraction(x, a, 0.5) : 1 - betaFraction(1 - x, 0.5, a);
}

/**
 * Probability that |Z| ≥ z for the standard normal distribution: erfc(z / √2), by its series below 3 and by its
 * continued fraction above.
 * @param z ≥ 0
 * @see Abramowitz & Stegun, 7.1.6 and 7.1.14
 */
export function normalTail(z: number): number {
  const x = z / Math.SQRT2;
  if (z < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = x;
  for (let k = 100; k >= 1; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/**
 * The value that a symmetric variable's size stays below with the given probability (1.96 for 0.95 of the normal).
 * @param tail falls from 1 at 0 towards 0
 * @param confidence from 0 to 1, both excluded
 */
export function criticalValue(tail: (x: number) => number, confidence: number): number {
  let low = 0;
  let high = 1;
  while (tail(high) > 1 - confidence) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (tail(middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
