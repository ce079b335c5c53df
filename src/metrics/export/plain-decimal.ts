/**
 * A finite number without an exponent, which not every server reads: `1e-7` is `0.0000001`.
 * Below 10⁻²⁰ it is 0.
 */
export function plainDecimal(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  if (Math.abs(value) >= 1) return BigInt(value).toString();
  const fixed = value.toFixed(20).replace(/\.?0+$/, "");
  return fixed === "-0" ? "0" : fixed;
}
