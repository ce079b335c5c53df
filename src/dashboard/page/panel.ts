import { Chart, type Line, type View } from "./chart.ts";
import type { Draws } from "./draws.ts";
import { element, setText } from "./element.ts";
import { labelText, none, quantity, unitName } from "./format.ts";
import type { Row } from "./store.ts";

/** A part of the page that shows some rows. */
export interface Panel {
  readonly node: HTMLElement;
  /** Whose history it needs. */
  rows(): readonly Row[];
  /** Its charts, to see whether they are in sight. */
  readonly charts: readonly Chart[];
  /** Says the latest figures; the charts draw themselves. */
  update(): void;
}

export interface PanelTools {
  readonly view: View;
  readonly draws: Draws;
}

/** Lines that one chart shows at most. */
const maxLines = 24;

/** The latest value of a field, `NaN` when the last sample had none. */
export function latest(row: Row, field: number, { view }: PanelTools): number {
  return row.columns[field]?.[view.times().length - 1] ?? Number.NaN;
}

function lineOf(
  row: Row,
  field: number,
  label: string,
  unit: string,
  color: string,
  more: Partial<Line> = {},
): Line {
  return { label, unit, color, column: () => row.columns[field]!, ...more };
}

/** A big figure with its name. */
function figure(name: string): { readonly node: HTMLElement; readonly value: HTMLElement } {
  const value = element("b", {}, none);
  return { node: element("div", { class: "figure" }, value, element("span", {}, name)), value };
}

function heading(title: string, about: string, tag: string): HTMLElement {
  return element(
    "header",
    {},
    element("h3", { title: about }, title),
    element("span", { class: "tag" }, tag),
  );
}

/** Rate, errors and duration of one kind of work. @param series the single series that it is the sum of */
export function latencyPanel(row: Row, series: () => readonly Row[], tools: PanelTools): Panel {
  const names = ["requests", "p50", "p95", "p99", "errors"];
  const figures = names.map(figure);
  const times = new Chart({
    ...tools,
    title: `latency of ${row.name}`,
    unit: row.unit,
    height: 140,
    lines: () => names.slice(1, 4).map((name, i) => lineOf(row, i + 1, name, row.unit, `--line-${i + 1}`)),
  });
  const rates = new Chart({
    ...tools,
    title: `throughput of ${row.name}`,
    unit: "/s",
    height: 72,
    lines: () => {
      const rate = lineOf(row, 0, "each second", "/s", "--line-1", { isFilled: true });
      const hasErrors = row.columns[4]!.some((value) => !Number.isNaN(value));
      return hasErrors ? [rate, lineOf(row, 4, "errors", "/s", "--bad")] : [rate];
    },
  });
  const body = element("tbody");
  const table = element(
    "table",
    {},
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        ...["Series", "Rate", "p50", "p95", "p99"].map((name) => element("th", { scope: "col" }, name)),
      ),
    ),
    body,
  );
  const summary = element("summary");
  const details = element("details", {}, summary, element("div", { class: "scroll", tabindex: 0 }, table));
  const node = element(
    "article",
    { class: "card wide" },
    heading(row.name, row.help, row.room),
    element("div", { class: "figures" }, ...figures.map((each) => each.node)),
    times.node,
    rates.node,
    details,
  );
  return {
    node,
    charts: [times, rates],
    rows: () => [row],
    update() {
      for (const [i, { value, node: box }] of figures.entries()) {
        const [now, unit] = [latest(row, i === 0 ? 0 : i, tools), i === 0 || i === 4 ? "/s" : row.unit];
        setText(value, quantity(now, unit));
        if (i === 4) {
          box.hidden = Number.isNaN(now);
          box.classList.toggle("bad", now > 0);
        }
      }
      const all = series();
      details.hidden = all.length < 2;
      setText(summary, `${all.length} series`);
      if (!details.open) return;
      const sorted = [...all]
        .sort((a, b) => (latest(b, 0, tools) || 0) - (latest(a, 0, tools) || 0))
        .slice(0, 50);
      body.replaceChildren(
        ...sorted.map((one) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, labelText(one.labels) || one.name),
            ...[0, 1, 2, 3].map((i) =>
              element("td", {}, quantity(latest(one, i, tools), i === 0 ? "/s" : row.unit)),
            ),
          ),
        ),
      );
    },
  };
}

/** Utilisation, saturation and errors of a pool. */
export function resourcePanel(row: Row, tools: PanelTools): Panel {
  const [used, waiting, errors] = ["in use", "waiting", "turned away"].map(figure) as [
    ReturnType<typeof figure>,
    ReturnType<typeof figure>,
    ReturnType<typeof figure>,
  ];
  const fill = element("div");
  const meter = element(
    "div",
    { class: "meter", role: "meter", "aria-label": "Share in use", "aria-valuemin": 0, "aria-valuemax": 100 },
    fill,
  );
  const name = labelText(row.labels);
  const title = name === "" ? row.name : `${row.name}: ${name}`;
  const has = (field: number): boolean => row.columns[field]!.some((value) => !Number.isNaN(value));
  const chart = new Chart({
    ...tools,
    title: `use of ${title}`,
    unit: "",
    height: 110,
    lines: () => [
      lineOf(row, 0, "in use", "", "--line-1", { isFilled: true }),
      ...(has(1) ? [lineOf(row, 1, "limit", "", "--soft", { isDashed: true })] : []),
      ...(has(2) ? [lineOf(row, 2, "waiting", "", "--line-2")] : []),
    ],
  });
  const figures = element("div", { class: "figures" }, used.node, waiting.node, errors.node);
  const node = element(
    "article",
    { class: "card" },
    heading(title, row.help, row.room),
    figures,
    meter,
    chart.node,
  );
  return {
    node,
    charts: [chart],
    rows: () => [row],
    update() {
      const [inUse, limit, wait, refused] = [0, 1, 2, 3].map((field) => latest(row, field, tools)) as [
        number,
        number,
        number,
        number,
      ];
      const share = inUse / limit;
      setText(
        used.value,
        Number.isNaN(limit) ? quantity(inUse, "") : `${quantity(inUse, "")} of ${quantity(limit, "")}`,
      );
      setText(waiting.value, quantity(wait, ""));
      setText(errors.value, quantity(refused, "/s"));
      waiting.node.hidden = Number.isNaN(wait);
      waiting.node.classList.toggle("warn", wait > 0);
      errors.node.hidden = Number.isNaN(refused);
      errors.node.classList.toggle("bad", refused > 0);
      meter.hidden = !(limit > 0);
      if (meter.hidden) return;
      const percent = Math.round(Math.min(1, Math.max(0, share || 0)) * 100);
      meter.setAttribute("aria-valuenow", String(percent));
      meter.classList.toggle("full", share >= 0.9);
      fill.style.width = `${percent}%`;
    },
  };
}

/** A chart with a line for each of some rows of one kind. */
export function linesPanel(
  title: string,
  about: string,
  rows: () => readonly Row[],
  labels: (rows: readonly Row[]) => readonly string[],
  tools: PanelTools,
): Panel {
  const note = element("p", { class: "soft", hidden: true });
  const field = (row: Row): number => (row.kind === "histogram" ? 3 : 0);
  const unit = (row: Row): string => (row.kind === "counter" ? `${row.unit}/s` : row.unit);
  const shown = (): readonly Row[] => rows().slice(0, maxLines);
  const first = rows()[0]!;
  const chart = new Chart({
    ...tools,
    title,
    unit: unit(first),
    height: 130,
    lines: () => {
      const some = shown();
      const names = labels(some);
      return some.map((row, i) =>
        lineOf(row, field(row), names[i]!, unit(row), `--line-${(i % 8) + 1}`, {
          isDashed: i >= 8,
          isFilled: some.length === 1,
        }),
      );
    },
  });
  const what = first.kind === "histogram" ? "p99" : unitName(unit(first));
  const node = element("article", { class: "card" }, heading(title, about, what), chart.node, note);
  return {
    node,
    charts: [chart],
    rows: shown,
    update() {
      const { length } = rows();
      note.hidden = length <= maxLines;
      setText(note, `${maxLines} of ${length} series; the table of all metrics has the others.`);
    },
  };
}
