import type { Labels, MetricSample } from "../metrics/index.ts";

/** The same for the same labels, in whatever order they stand. */
export function labelsKey(labels: Labels): string {
  const names = Object.keys(labels).sort();
  return JSON.stringify(names.map((name) => [name, labels[name]]));
}

/** @returns whether the series has all these labels, with these values */
export function hasLabels(sample: MetricSample, wanted: Labels | undefined): boolean {
  if (wanted === undefined) return true;
  for (const name of Object.keys(wanted))
    if (!Object.hasOwn(sample.labels, name) || sample.labels[name] !== wanted[name]) return false;
  return true;
}
