import type UPlot from "uplot/dist/uPlot.js";
import { chartColumns } from "./chart-data.ts";
import type { Draws } from "./draws.ts";
import { element, setText } from "./element.ts";
import { clock, none, quantity } from "./format.ts";

declare const uPlot: typeof UPlot;

/** One line of a chart. */
export interface Line {
  readonly label: string;
  readonly unit: string;
  readonly column: () => Float32Array;
  /** A colour of the style sheet: `--line-1`. */
  readonly color: string;
  readonly isDashed?: boolean;
  readonly isFilled?: boolean;
}

/** What all charts show at the same time. */
export interface View {
  readonly times: () => Float64Array;
  readonly from: () => number;
  readonly to: () => number;
  readonly gapMs: () => number;
}

export interface ChartOptions {
  readonly title: string;
  readonly unit: string;
  readonly height: number;
  /** Lines may come and go. */
  readonly lines: () => readonly Line[];
  readonly view: View;
  readonly draws: Draws;
}

const defaultLine = { width: 1.5, dash: [] as number[] };

/**
 * A chart with a legend that says the values: the latest ones, or those under the pointer. It has the keyboard, too: the
 * arrow keys walk along time. All charts show their cursors at the same time.
 */
export class Chart {
  readonly node: HTMLElement;
  readonly #options: ChartOptions;
  readonly #canvas: HTMLElement;
  readonly #legend: HTMLElement;
  readonly #at: HTMLElement;
  #plot: UPlot | undefined;
  #width = 0;
  #lines: readonly Line[] = [];
  #shape = "";
  #values: HTMLElement[] = [];

  constructor(options: ChartOptions) {
    this.#options = options;
    this.#canvas = element("div", { class: "plot" });
    // Read out where the keyboard has led to, but not each second.
    this.#at = element("span", { class: "at" });
    this.#legend = element("div", { class: "legend" });
    this.node = element(
      "figure",
      {
        class: "chart",
        tabindex: 0,
        role: "group",
        "aria-label": `Chart of ${options.title}. Arrow keys move along time, Escape goes back to now.`,
      },
      this.#canvas,
      this.#legend,
    );
    this.#canvas.style.height = `${options.height}px`;
    this.node.addEventListener("keydown", (event) => this.#onKey(event));
    this.node.addEventListener("blur", () => {
      this.#legend.removeAttribute("aria-live");
      this.#moveTo(undefined);
    });
    options.draws.watch(this);
  }

  resized(width: number): void {
    this.#width = width;
  }

  /** Draws what there is now. */
  draw(): void {
    const { view, lines: read, height } = this.#options;
    const width = this.#width;
    if (width === 0) return;
    this.#lines = read();
    const shape = this.#lines.map(({ label, color }) => `${label} ${color}`).join("\n");
    if (this.#plot === undefined || shape !== this.#shape) this.#build(width);
    this.#shape = shape;
    const plot = this.#plot!;
    if (plot.width !== width) plot.setSize({ width, height });
    const columns = this.#lines.map(({ column }) => column());
    plot.setData(chartColumns(view.times(), columns, view.from(), view.gapMs(), width) as UPlot.AlignedData);
    this.#tell();
  }

  /** Draws anew from scratch, as when the colours have changed. */
  rebuild(): void {
    this.#shape = "";
    this.draw();
  }

  #build(width: number): void {
    this.#plot?.destroy();
    const { height, unit, view } = this.#options;
    const [ink, grid] = [this.#color("--soft"), this.#color("--grid")];
    const axis = { stroke: ink, font: "11px system-ui, sans-serif", ticks: { show: false } };
    const series = this.#lines.map((line): UPlot.Series => {
      const stroke = this.#color(line.color);
      return {
        ...defaultLine,
        stroke,
        ...(line.isDashed === true ? { dash: [5, 4] } : {}),
        ...(line.isFilled === true ? { fill: stroke.replace(/^rgb\((.*)\)$/, "rgba($1, 0.14)") } : {}),
        points: { show: true, size: 3, fill: stroke, filter: lonePoints },
      };
    });
    this.#plot = new uPlot(
      {
        width,
        height,
        ms: 1,
        legend: { show: false },
        padding: [8, 26, 0, 0],
        cursor: {
          sync: { key: "time" },
          drag: { x: false, y: false },
          points: { size: 6 },
          y: false,
        },
        scales: { x: { range: () => [view.from(), view.to()] }, y: { range: valueRange } },
        axes: [
          { ...axis, grid: { show: false }, size: 24, space: 90, values: (_, ticks) => ticks.map(clock) },
          {
            ...axis,
            grid: { stroke: grid, width: 1 },
            size: 64,
            space: 32,
            values: (_, ticks) => ticks.map((tick) => quantity(tick, unit)),
          },
        ],
        series: [{}, ...series],
        hooks: { setCursor: [() => this.#tell()] },
      },
      undefined,
      this.#canvas,
    );
    this.#buildLegend();
  }

  #buildLegend(): void {
    this.#values = this.#lines.map(() => element("b"));
    const entries = this.#lines.map(({ label, color, isDashed }, i) => {
      const swatch = element("i", { class: isDashed === true ? "swatch dashed" : "swatch" });
      swatch.style.setProperty("--swatch", `var(${color})`);
      return element(
        "span",
        { class: "entry", title: label },
        swatch,
        element("span", {}, label),
        this.#values[i]!,
      );
    });
    this.#legend.replaceChildren(this.#at, ...entries);
  }

  /** The values under the cursor, else the latest. */
  #tell(): void {
    const plot = this.#plot;
    if (plot === undefined) return;
    const index = plot.cursor.left !== undefined && plot.cursor.left >= 0 ? plot.cursor.idx : undefined;
    const [times, ...columns] = plot.data;
    const at = index ?? times.length - 1;
    setText(this.#at, index === undefined || index === null ? "now" : clock(times[at] ?? 0));
    for (const [i, value] of this.#values.entries())
      setText(value, quantity(columns[i]?.[at], this.#lines[i]?.unit ?? "") || none);
  }

  #onKey(event: KeyboardEvent): void {
    const plot = this.#plot;
    if (plot === undefined) return;
    const last = plot.data[0].length - 1;
    const at = plot.cursor.left !== undefined && plot.cursor.left >= 0 ? (plot.cursor.idx ?? last) : last;
    const step = event.shiftKey ? 10 : 1;
    const moves: Readonly<Record<string, number | undefined>> = {
      ArrowLeft: Math.max(0, at - step),
      ArrowRight: Math.min(last, at + step),
      Home: 0,
      End: last,
      Escape: undefined,
    };
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#legend.setAttribute("aria-live", "polite");
    this.#moveTo(moves[event.key]);
  }

  #moveTo(index: number | undefined): void {
    const plot = this.#plot;
    const time = index === undefined ? undefined : plot?.data[0][index];
    plot?.setCursor(
      time === undefined
        ? { left: -10, top: -10 }
        : { left: plot.valToPos(time, "x"), top: plot.over.clientHeight / 2 },
    );
  }

  /** Canvas doesn't know the style sheet's colours. */
  #color(name: string): string {
    this.node.style.setProperty("outline-color", `var(${name})`);
    const color = getComputedStyle(this.node).outlineColor;
    this.node.style.removeProperty("outline-color");
    return color;
  }
}

/** From 0, with a little air above. */
function valueRange(_: UPlot, low: number | null, high: number | null): [number, number] {
  const top = Math.max(0, high ?? 0);
  const bottom = Math.min(0, low ?? 0);
  const air = (top - bottom) * 0.08;
  return top === bottom ? [0, 1] : [bottom === 0 ? 0 : bottom - air, top === 0 ? 0 : top + air];
}

/** Values without a neighbour: no line would show them. */
function lonePoints(plot: UPlot, series: number): number[] {
  const values = plot.data[series]!;
  const lone: number[] = [];
  for (let i = 0; i < values.length; i++)
    if (values[i] !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null)
      lone.push(i);
  return lone;
}
