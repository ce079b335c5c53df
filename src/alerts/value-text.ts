/** A value for people: four figures, without an exponent where it is of ordinary size. */
export function valueText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return value.toExponential(3);
  return String(Number(value.toPrecision(size >= 1e4 ? Math.ceil(Math.log10(size)) : 4)));
}

export const percentText = (share: number): string => `${valueText(100 * share)} %`;

/** A duration for people: `90 s`, `5 min`, `1 h`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${valueText(ms)} ms`;
  if (ms < 120_000) return `${valueText(ms / 1000)} s`;
  return ms < 7_200_000 ? `${valueText(ms / 60_000)} min` : `${valueText(ms / 3_600_000)} h`;
}
