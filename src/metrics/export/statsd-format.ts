import type { FlatPoint } from "./flat-series.ts";
import { plainDecimal } from "./plain-decimal.ts";
import { labelPath, namePath, pathSegment, sortedLabels } from "./series-path.ts";

/** How labels are written: as segments of the name, or as tags the way Datadog's agent takes them. */
export type StatsdLabels = "path" | "dogstatsd";

/**
 * A point as StatsD's lines, without the last line's end: `name:3|c`, `name:7|g`, `name:7|g|#state:idle`.
 * A total is sent as what it has risen by; one that hasn't risen isn't sent.
 * @see https://github.com/statsd/statsd/blob/master/docs/metric_types.md
 * @see https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/
 */
export function statsdLines(point: FlatPoint, prefix: string, labels: StatsdLabels): string | undefined {
  const { kind, value, delta, sample } = point;
  if (kind === "total" && delta === 0) return undefined;
  const path = namePath(prefix === "" ? point.name : `${prefix}.${point.name}`);
  const name = labels === "path" ? path + labelPath(sample.labels) : path;
  const tags = labels === "path" ? "" : dogstatsdTags(sample.labels);
  if (kind === "total") return `${name}:${plainDecimal(delta)}|c${tags}`;
  const gauge = `${name}:${plainDecimal(value)}|g${tags}`;
  // A sign means a change to StatsD, so that a negative level is a fall from 0. Datadog takes it for the level.
  return value < 0 && labels === "path" ? `${name}:0|g\n${gauge}` : gauge;
}

function dogstatsdTags(labels: FlatPoint["sample"]["labels"]): string {
  const tags = sortedLabels(labels).map(([name, value]) => `${dotted(name)}:${dotted(value)}`);
  return tags.length === 0 ? "" : `|#${tags.join(",")}`;
}

/** Datadog keeps dots and slashes in tags. */
const dotted = (text: string): string => pathSegment(text).replaceAll("%2E", ".").replaceAll("%2F", "/");
