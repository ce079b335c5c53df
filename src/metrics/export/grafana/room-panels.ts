import { expression } from "./expression.ts";
import type { MetricDescription } from "./metric-list.ts";
import { quantileTemplates } from "./overview.ts";
import type { PanelContent } from "./panel.ts";

/** The toolkit's rooms, by what their metrics' names begin with; of two that fit, the longer counts. */
const rooms: readonly (readonly [prefix: string, room: string])[] = Object.freeze([
  ["db.", "Database"],
  ["victor.db.", "Database"],
  ["victor.pool.", "Database"],
  ["victor.sqlite.", "Database"],
  ["http.client.", "Network"],
  ["dns.", "Network"],
  ["victor.http.", "Network"],
  ["victor.network.", "Network"],
  ["victor.retry.", "Network"],
  ["victor.hedge.", "Network"],
  ["victor.limits.", "Network"],
  ["victor.batcher.", "Network"],
  ["victor.circuit.origins.", "Network"],
  ["victor.circuit.", "Concurrency"],
  ["victor.tasks.", "Concurrency"],
  ["victor.semaphore.", "Concurrency"],
  ["victor.worker_pool.", "Concurrency"],
  ["victor.event_loop.", "Concurrency"],
  ["victor.tools.", "Tools"],
  ["victor.cache.", "Algorithms"],
  ["victor.bloom_filter.", "Algorithms"],
  ["victor.lazy.", "Algorithms"],
  ["victor.memoize.", "Algorithms"],
  ["victor.object_pool.", "Memory"],
  ["victor.buffer_pool.", "Memory"],
  ["victor.memory.", "Memory"],
  ["nodejs.", "Runtime"],
  ["v8js.", "Runtime"],
  ["process.", "Runtime"],
  ["victor.runtime.", "Runtime"],
  ["victor.profiler.", "Profiler"],
  ["victor.metrics.", "Metrics"],
]);

/** Where metrics stand that are none of the toolkit's. */
const others = "Application";

/** Lines of one panel; more are hard to tell apart. */
const maxTargets = 10;

/** Every metric of the list in a panel of its room: histograms alone, counters and gauges with those beside them. */
export function roomPanels(
  metrics: readonly MetricDescription[],
  everywhere: string,
): ReadonlyMap<string, readonly PanelContent[]> {
  const panels = new Map<string, PanelContent[]>();
  const groups = new Map<string, MetricDescription[]>();
  for (const metric of metrics) {
    const { type, name, unit, written } = metric;
    const family = type === "histogram" ? written : name.split(".").slice(0, -1).join(".");
    const key = `${roomOf(name)}\n${family}\n${type}\n${grafanaUnit(type, unit)}`;
    groups.set(key, [...(groups.get(key) ?? []), metric]);
  }
  for (const [key, members] of groups) {
    const [room = others] = key.split("\n");
    const own = panels.get(room) ?? [];
    panels.set(room, own);
    for (let at = 0; at < members.length; at += maxTargets)
      own.push(panelOf(members.slice(at, at + maxTargets), everywhere));
  }
  return new Map([...panels].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function roomOf(name: string): string {
  let best = "";
  let room = others;
  for (const [prefix, its] of rooms)
    if (name.startsWith(prefix) && prefix.length > best.length) [best, room] = [prefix, its];
  return room;
}

function panelOf(members: readonly MetricDescription[], everywhere: string): PanelContent {
  const [first] = members;
  const { type, name, unit } = first!;
  const known = new Map(members.map((metric) => [metric.name, metric]));
  const targets = members.flatMap((metric) =>
    templatesOf(metric).flatMap(([template, legend]) => {
      const expr = expression(template, known, everywhere);
      return expr === undefined ? [] : [{ expr, legend }];
    }),
  );
  const family = name.split(".").slice(0, -1).join(".") || name;
  return {
    title: type === "histogram" || members.length === 1 ? name : `${family}: ${lastWords(members)}`,
    description: members.map(({ name, help }) => `${name}: ${help}`).join("\n"),
    unit: grafanaUnit(type, unit),
    targets,
  };
}

function templatesOf({ type, name, unit, labels }: MetricDescription): [template: string, legend: string][] {
  if (type === "histogram") return quantileTemplates(name);
  const by = labels.length === 0 ? "" : ` by (${labels.join(", ")})`;
  const legend = [lastWord(name), ...labels.map((label) => `{{${label}}}`)].join(" ");
  return type === "counter"
    ? [[`sum${by} (rate(<${name}>[$__rate_interval]))`, legend]]
    : // A sum of parts of a whole says nothing.
      [[`${unit === "1" ? "max" : "sum"}${by} (<${name}>)`, legend]];
}

const lastWord = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

function lastWords(members: readonly MetricDescription[]): string {
  const words = members.map(({ name }) => lastWord(name));
  return words.length > 3 ? `${words.slice(0, 3).join(", ")}, …` : words.join(", ");
}

/** Grafana's unit for a value of it; for a counter, of its rate. */
function grafanaUnit(type: MetricDescription["type"], unit: string): string {
  if (type === "counter") return unit === "By" ? "Bps" : unit === "s" ? "percentunit" : "ops";
  const units: Readonly<Record<string, string>> = {
    s: "s",
    ms: "ms",
    us: "µs",
    ns: "ns",
    By: "bytes",
    "1": "percentunit",
  };
  return units[unit] ?? "short";
}
