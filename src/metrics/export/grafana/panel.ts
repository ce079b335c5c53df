/** One line of a panel. */
export interface PanelTarget {
  readonly expr: string;
  /** `{{label}}` stands for a label's value. */
  readonly legend: string;
}

/** What a panel shows. */
export interface PanelContent {
  readonly title: string;
  readonly description: string;
  /** Grafana's: `s`, `bytes`, `percentunit`, `short`. */
  readonly unit: string;
  readonly targets: readonly PanelTarget[];
}

export interface GridPosition {
  readonly h: number;
  readonly w: number;
  readonly x: number;
  readonly y: number;
}

/** Panels of a row stand three beside each other, of a third of the width. */
const [width, height, columns] = [8, 8, 3];
const datasource = { type: "prometheus", uid: "$datasource" };

/** A panel of lines over time. @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export function timePanel(content: PanelContent, id: number, gridPos: GridPosition) {
  return {
    id,
    type: "timeseries",
    title: content.title,
    description: content.description,
    datasource,
    gridPos,
    fieldConfig: {
      defaults: {
        unit: content.unit,
        min: 0,
        custom: { drawStyle: "line", lineWidth: 1, fillOpacity: 8, showPoints: "never", spanNulls: false },
      },
      overrides: [],
    },
    options: {
      legend: { displayMode: "list", placement: "bottom", showLegend: true },
      tooltip: { mode: "multi", sort: "desc" },
    },
    targets: content.targets.map(({ expr, legend }, i) => ({
      refId: String.fromCharCode(65 + i),
      datasource,
      expr,
      legendFormat: legend,
      range: true,
    })),
  };
}

/** Where the panel of that number in a row stands; `top` is the first line below the row's title. */
export function positionOf(index: number, top: number): GridPosition {
  const y = top + Math.floor(index / columns) * height;
  return { h: height, w: width, x: (index % columns) * width, y };
}

/** Lines that so many panels take. */
export function heightOf(panels: number): number {
  return Math.ceil(panels / columns) * height;
}
