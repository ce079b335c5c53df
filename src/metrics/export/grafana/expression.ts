import type { MetricDescription } from "./metric-list.ts";

/** `<name>`, `<name|count>`, `<name;label="value">` */
const placeholder = /<([A-Za-z][\w.\-/]*)(?:\|(bucket|sum|count))?(?:;([^>]*))?>/g;

/**
 * Writes PromQL in which a metric stands as `<http.client.request.duration|bucket>`, with matchers of its own behind a
 * semicolon: `<victor.circuit.state;state="open">`.
 * @param everywhere matchers that each metric gets besides, such as `job=~"$job"`; "" for none
 * @returns `undefined` when one of the metrics is not in the list, so that nothing can refer to what isn't there
 */
export function expression(
  template: string,
  metrics: ReadonlyMap<string, MetricDescription>,
  everywhere = "",
): string | undefined {
  let complete = true;
  const written = template.replace(placeholder, (_, name: string, part?: string, matchers?: string) => {
    const metric = metrics.get(name);
    if (metric === undefined || (metric.type === "histogram") !== (part !== undefined)) {
      complete = false;
      return "";
    }
    const all = [everywhere, matchers].filter(Boolean).join(",");
    return `${metric.written}${part ? `_${part}` : ""}${all === "" ? "" : `{${all}}`}`;
  });
  return complete ? written : undefined;
}

/** By their names as sources have them. */
export function byName(metrics: readonly MetricDescription[]): ReadonlyMap<string, MetricDescription> {
  return new Map(metrics.map((metric) => [metric.name, metric]));
}
