import { Chart, type Line } from "./chart.ts";
import { element, setText } from "./element.ts";
import { labelText, none, quantity } from "./format.ts";
import type { PanelTools } from "./panel.ts";
import type { Row } from "./store.ts";

/** Rows that stand in the page at a time. */
const maxRows = 200;
/** A line out of sight is brought up to date with one sample in so many. */
const turns = 10;

interface Entry {
  readonly row: Row;
  readonly cells: readonly HTMLElement[];
}

/** Each single series with its exact figures, to be searched; a name opens its chart. */
export class MetricTable {
  readonly node: HTMLElement;
  readonly #tools: PanelTools;
  readonly #rows: () => readonly Row[];
  readonly #filter = element("input", {
    type: "search",
    id: "filter",
    placeholder: "Name or label",
    autocomplete: "off",
  });
  readonly #body = element("tbody");
  readonly #note = element("p", { class: "soft", role: "status" });
  readonly #open = new Map<string, Chart>();
  readonly #onOpen: (rows: readonly Row[]) => void;
  #entries: Entry[] = [];
  readonly #inSight = new Set<Element>();
  readonly #observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries)
      if (isIntersecting) this.#inSight.add(target);
      else this.#inSight.delete(target);
    this.update();
  });
  #turn = 0;
  #shape = "";

  /** @param onOpen is told whose history is needed */
  constructor(rows: () => readonly Row[], onOpen: (rows: readonly Row[]) => void, tools: PanelTools) {
    this.#rows = rows;
    this.#tools = tools;
    this.#onOpen = onOpen;
    const head = ["Metric", "Labels", "Value", "Each second", "p50", "p95", "p99"];
    this.node = element(
      "div",
      { class: "card full" },
      element(
        "div",
        { class: "search" },
        element("label", { for: "filter" }, "Find"),
        this.#filter,
        this.#note,
      ),
      element(
        "table",
        { class: "cards metrics" },
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ...head.map((name, i) =>
              element("th", { scope: "col", class: i > 1 ? "number" : undefined }, name),
            ),
          ),
        ),
        this.#body,
      ),
    );
    this.#filter.addEventListener("input", () => this.update());
  }

  get charts(): Iterable<Chart> {
    return this.#open.values();
  }

  /** Rows whose charts are open. */
  openRows(): readonly Row[] {
    return this.#entries.flatMap(({ row }) => (this.#open.has(row.key) ? [row] : []));
  }

  update(): void {
    const words = this.#filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.#rows().filter((row) => {
      const text = `${row.name} ${Object.entries(row.labels).flat().join(" ")}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const shown = found.slice(0, maxRows);
    const more = found.length - shown.length;
    setText(this.#note, `${found.length} series${more > 0 ? `, the first ${maxRows} shown` : ""}`);
    const shape = shown.map(({ key }) => key).join("\n");
    if (shape !== this.#shape) this.#build(shown);
    this.#shape = shape;
    // Whoever sees the page sees all that is in sight up to date; of the other lines some take their turn each time.
    const turn = this.#turn++ % turns;
    for (const [i, { row, cells }] of this.#entries.entries())
      if (i % turns === turn || this.#inSight.has(cells[0]!)) this.#fill(row, cells);
  }

  #build(rows: readonly Row[]): void {
    const before = new Map(this.#entries.map((entry) => [entry.row, entry]));
    this.#entries = rows.map((row) => before.get(row) ?? this.#entry(row));
    const nodes = this.#entries.flatMap(({ row, cells }) => {
      const chart = this.#open.get(row.key);
      return chart === undefined ? [cells[0]!] : [cells[0]!, chart.node.closest("tr")!];
    });
    this.#body.replaceChildren(...nodes);
    this.#observer.disconnect();
    this.#inSight.clear();
    for (const { row, cells } of this.#entries) {
      if (!before.has(row)) this.#fill(row, cells);
      this.#observer.observe(cells[0]!);
    }
  }

  /** Its cells; the first is the whole line. */
  #entry(row: Row): Entry {
    const button = element(
      "button",
      { type: "button", class: "link", "aria-expanded": "false", title: row.help },
      row.name,
    );
    const labels = Object.entries(row.labels).map(([name, value]) =>
      element("span", { class: "label" }, element("span", {}, `${name}=`), value),
    );
    const values = ["Value", "Each second", "p50", "p95", "p99"].map((name) =>
      element("td", { class: "number", "data-label": name }),
    );
    const line = element(
      "tr",
      { "data-key": row.key },
      element("td", {}, button),
      element(
        "td",
        { "data-label": "Labels", class: labels.length === 0 ? "nothing" : undefined },
        ...labels,
      ),
      ...values,
    );
    button.addEventListener("click", () => {
      const isOpen = this.#toggle(row, line);
      button.setAttribute("aria-expanded", String(isOpen));
    });
    return { row, cells: [line, ...values] };
  }

  #fill({ kind, now, unit, columns }: Row, [, value, rate, ...quantiles]: readonly HTMLElement[]): void {
    const isList = typeof now === "object" && now !== null;
    const exact = isList ? now[0] : now;
    const shown = exact === null || exact === undefined ? none : String(exact);
    setText(
      value!,
      kind === "histogram" || unit === "" || unit.startsWith("{") ? shown : quantity(exact, unit),
    );
    // What is rounded for people can be had in full.
    if (value!.title !== shown) value!.title = shown;
    const perSecond = columns[0]?.[this.#tools.view.times().length - 1];
    setText(rate!, kind === "gauge" ? "" : quantity(perSecond, kind === "counter" ? `${unit}/s` : "/s"));
    for (const [i, cell] of quantiles.entries()) {
      const figure = isList ? now[i + 2] : undefined;
      setText(cell, kind === "histogram" ? quantity(figure, unit) : "");
      const title = typeof figure === "number" ? String(figure) : "";
      if (cell.title !== title) cell.title = title;
    }
  }

  #toggle(row: Row, line: HTMLElement): boolean {
    const open = this.#open.get(row.key);
    if (open !== undefined) {
      open.node.closest("tr")?.remove();
      this.#open.delete(row.key);
      this.#tools.draws.forgetRemoved();
      return false;
    }
    const chart = new Chart({
      ...this.#tools,
      title: `${row.name} ${labelText(row.labels)}`,
      unit: row.kind === "counter" ? `${row.unit}/s` : row.unit,
      height: 130,
      lines: () => linesOf(row),
    });
    this.#open.set(row.key, chart);
    line.after(element("tr", { class: "opened" }, element("td", { colspan: 7 }, chart.node)));
    this.#onOpen([row]);
    return true;
  }
}

function linesOf(row: Row): readonly Line[] {
  const line = (field: number, label: string, unit: string, color: string): Line => ({
    label,
    unit,
    color,
    column: () => row.columns[field]!,
  });
  if (row.kind === "histogram")
    return ["p50", "p95", "p99"].map((label, i) => line(i + 1, label, row.unit, `--line-${i + 1}`));
  const isCounter = row.kind === "counter";
  return [
    {
      ...line(0, isCounter ? "each second" : "value", isCounter ? `${row.unit}/s` : row.unit, "--line-1"),
      isFilled: true,
    },
  ];
}
