import type { MetricSample } from "../../metric.ts";
import { byName } from "./expression.ts";
import { type MetricDescription, metricList } from "./metric-list.ts";
import { filledPanels, overviewRows } from "./overview.ts";
import { type GridPosition, heightOf, type PanelContent, positionOf, timePanel } from "./panel.ts";
import { roomPanels } from "./room-panels.ts";

export interface GrafanaDashboardOptions {
  /** @default "Victor" */
  readonly title?: string | undefined;
  /** Under which Grafana keeps it: importing it again takes the place of the one before. @default "victor" */
  readonly uid?: string | undefined;
}

type Panel = ReturnType<typeof timePanel>;
interface Row {
  readonly id: number;
  readonly type: "row";
  readonly title: string;
  readonly collapsed: boolean;
  readonly gridPos: GridPosition;
  readonly panels: readonly Panel[];
}

/** What Grafana imports. */
export interface GrafanaDashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly (Panel | Row)[];
  readonly [key: string]: unknown;
}

const everywhere = 'job=~"$job",instance=~"$instance"';

/**
 * A Grafana dashboard of the metrics of a registry, for a Prometheus data source: first rate, errors and duration by room, use,
 * saturation and errors of pools, caches, and the runtime; then, in rows that are closed at first, every metric that there is.
 * It refers to nothing that isn't in the list.
 * @param metrics a registry, used a little so that its series are there, or the list of one
 * @returns plain data for `JSON.stringify`, the same for the same list
 * @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 */
export function grafanaDashboard(
  metrics: { collect(): readonly MetricSample[] } | readonly MetricDescription[],
  options: GrafanaDashboardOptions = {},
): GrafanaDashboard {
  const { title = "Victor", uid = "victor" } = options;
  const list = "collect" in metrics ? metricList(metrics) : metrics;
  const layout = new Layout();
  const known = byName(list);
  for (const row of overviewRows) layout.addRow(row.title, filledPanels(row, known, everywhere), false);
  for (const [room, panels] of roomPanels(list, everywhere)) layout.addRow(`All of ${room}`, panels, true);
  const query = (label: string) =>
    list[0] ? `label_values(${anyOf(list)}, ${label})` : `label_values(${label})`;
  return {
    uid,
    title,
    tags: ["victor-optimizations"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    timezone: "browser",
    templating: {
      list: [
        { type: "datasource", name: "datasource", label: "Data source", query: "prometheus" },
        labelVariable("job", query("job")),
        labelVariable("instance", query("instance")),
      ],
    },
    annotations: { list: [] },
    panels: layout.panels,
  };
}

/** A series that is there in any process: the registry's own if it can be. */
function anyOf(list: readonly MetricDescription[]): string {
  const plain = list.filter(({ type }) => type !== "histogram");
  const own = plain.find(({ name }) => name === "victor.metrics.source.errors") ?? plain[0];
  return own?.written ?? `${list[0]!.written}_count`;
}

const labelVariable = (name: string, query: string) => ({
  type: "query",
  name,
  label: name,
  datasource: { type: "prometheus", uid: "$datasource" },
  query: { query, refId: name },
  includeAll: true,
  allValue: ".*",
  multi: true,
  current: { text: ["All"], value: ["$__all"] },
  refresh: 2,
  sort: 1,
});

/** Rows below each other; those without panels are left out. */
class Layout {
  readonly panels: (Panel | Row)[] = [];
  #id = 0;
  #y = 0;

  addRow(title: string, contents: readonly PanelContent[], collapsed: boolean): void {
    if (contents.length === 0) return;
    const id = ++this.#id;
    const gridPos = { h: 1, w: 24, x: 0, y: this.#y++ };
    const panels = contents.map((content, i) => timePanel(content, ++this.#id, positionOf(i, this.#y)));
    this.panels.push({ id, type: "row", title, collapsed, gridPos, panels: collapsed ? panels : [] });
    if (collapsed) return;
    this.panels.push(...panels);
    this.#y += heightOf(panels.length);
  }
}
