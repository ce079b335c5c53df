import type { Panels } from "../wire.ts";
import { alertList } from "./alert-list.ts";
import { dataTable } from "./data-table.ts";
import { element, insertOrdered, setText } from "./element.ts";
import { families, lineLabels } from "./families.ts";
import { MetricTable } from "./metric-table.ts";
import { latencyPanel, linesPanel, type Panel, type PanelTools, resourcePanel } from "./panel.ts";
import type { Row, Store } from "./store.ts";

/** In the order in which they stand on the page. */
const titles: Readonly<Record<string, string>> = {
  alerts: "Alerts",
  notes: "Left out",
  latency: "Latency and throughput",
  pools: "Pools and limits",
  hits: "Hit rates",
  slow: "Slow queries",
  leaks: "Leak suspects",
  rollouts: "Rollouts",
  "room-application": "Application",
  "room-runtime": "Runtime",
  "room-database": "Database",
  "room-network": "Network",
  "room-concurrency": "Concurrency",
  "room-caches": "Caches",
  "room-memory": "Memory",
  "room-tools": "Tools",
  "room-toolkit": "Toolkit",
  metrics: "All metrics",
};
const order = Object.keys(titles);
/** These stand open; what the panels above sum up of the others can be unfolded. */
const openRooms = new Set(["room-application", "room-runtime"]);

interface Section {
  readonly node: HTMLElement;
  readonly body: HTMLElement;
  readonly link: HTMLElement;
  readonly isOpen: () => boolean;
}

/** Which panels there are, and where. They appear with their first data. */
export class Sections {
  readonly #main: HTMLElement;
  readonly #nav: HTMLElement;
  readonly #tools: PanelTools;
  readonly #store: Store;
  readonly #want: (rows: readonly Row[]) => void;
  readonly #sections = new Map<string, Section>();
  readonly #panels = new Map<string, { readonly panel: Panel; readonly section: string }>();
  #metrics: MetricTable | undefined;
  /** Rows of the panels that show several. */
  readonly #lists = new Map<string, readonly Row[]>();

  /** @param want is told whose history is looked at */
  constructor(
    main: HTMLElement,
    nav: HTMLElement,
    store: Store,
    want: (rows: readonly Row[]) => void,
    tools: PanelTools,
  ) {
    this.#main = main;
    this.#nav = nav;
    this.#store = store;
    this.#want = want;
    this.#tools = tools;
  }

  /** Rows have come or gone. */
  arrange(): void {
    const rows = [...this.#store.rows.values()];
    const wanted = new Set<string>();
    const place = (key: string, section: string, make: () => Panel, position = key): void => {
      wanted.add(key);
      if (this.#panels.has(key)) return;
      const panel = make();
      this.#panels.set(key, { panel, section });
      insertOrdered(this.#section(section).body, panel.node, position);
    };
    for (const row of rows) {
      const { key, kind, name } = row;
      if (kind === "latency") {
        const first = /duration$|_duration_/.test(name) ? "0" : "1";
        place(
          key,
          "latency",
          () => latencyPanel(row, () => this.#seriesOf(name), this.#tools),
          `${first} ${roomPlace(row)} ${name}`,
        );
      } else if (kind === "resource")
        place(key, "pools", () => resourcePanel(row, this.#tools), `${roomPlace(row)} ${key}`);
    }
    const list = (key: string, section: string, title: string, about: string, some: readonly Row[]): void => {
      if (some.length === 0) return;
      this.#lists.set(key, some);
      const read = (): readonly Row[] => this.#lists.get(key) ?? [];
      place(key, section, () => linesPanel(title, about, read, lineLabels, this.#tools));
    };
    const hits = Map.groupBy(
      rows.filter(({ kind }) => kind === "hits"),
      ({ room }) => room,
    );
    for (const [room, some] of hits)
      list(`hits ${room}`, "hits", titles[`room-${room}`] ?? room, "Share of look-ups that were hits.", some);
    for (const { room, name, rows: some } of families(rows)) {
      const section = `room-${room}`;
      if (this.#section(section).isOpen())
        list(`family ${room} ${name} ${some[0]!.kind} ${some[0]!.unit}`, section, name, some[0]!.help, some);
    }
    for (const [key, { panel }] of this.#panels)
      if (!wanted.has(key)) {
        panel.node.remove();
        this.#panels.delete(key);
      }
    this.#metrics ??= this.#metricTable();
    this.#tools.draws.forgetRemoved();
    this.#hideEmpty(new Set(families(rows).map(({ room }) => `room-${room}`)));
  }

  /** A sample has come. */
  update(): void {
    for (const { panel } of this.#panels.values()) panel.update();
    this.#metrics?.update();
    this.wantHistory();
  }

  /** Asks for the history of what is in sight. */
  wantHistory(): void {
    const { draws } = this.#tools;
    const rows = [...this.#panels.values()].flatMap(({ panel }) =>
      panel.charts.some((chart) => draws.isInSight(chart)) ? panel.rows() : [],
    );
    this.#want([...rows, ...(this.#metrics?.openRows() ?? [])]);
  }

  /** What the server tells beside the metrics. */
  tell({ alerts, slowQueries, leakSuspects, rollouts, failed = [], refused = 0 }: Panels): void {
    const notes = failed.map((text) => `${text}`);
    if (refused > 0) notes.push(`${refused} series found no room in the history; see maxSeries.`);
    const shown = {
      alerts: alerts && alertList(alerts),
      slow: slowQueries && dataTable(slowQueries),
      leaks: leakSuspects && dataTable(leakSuspects),
      rollouts: rollouts && dataTable(rollouts),
      notes:
        notes.length > 0
          ? element("ul", { class: "notes" }, ...notes.map((note) => element("li", {}, note)))
          : undefined,
    };
    for (const [id, node] of Object.entries(shown)) {
      if (node === undefined) this.#remove(id);
      else this.#section(id).body.replaceChildren(node);
    }
    this.#countAlerts(alerts?.filter(({ state }) => state === "firing").length ?? 0);
  }

  #countAlerts(firing: number): void {
    const section = this.#sections.get("alerts");
    if (section) setText(section.link, firing > 0 ? `Alerts (${firing})` : "Alerts");
    section?.link.classList.toggle("bad", firing > 0);
  }

  #seriesOf(name: string): readonly Row[] {
    return [...this.#store.rows.values()].filter((row) => row.kind === "histogram" && row.name === name);
  }

  #metricTable(): MetricTable {
    const isSingle = ({ kind }: Row): boolean =>
      kind === "counter" || kind === "gauge" || kind === "histogram";
    const rows = (): readonly Row[] =>
      [...this.#store.rows.values()]
        .filter((row) => isSingle(row) && row.isLive)
        .sort((a, b) => (a.key < b.key ? -1 : 1));
    const table = new MetricTable(rows, this.#want, this.#tools);
    this.#section("metrics").body.append(table.node);
    return table;
  }

  #section(id: string): Section {
    const known = this.#sections.get(id);
    if (known !== undefined) return known;
    const title = titles[id] ?? id.replace("room-", "");
    const position = String(Math.max(0, order.indexOf(id))).padStart(2, "0");
    const body = element("div", { class: "grid" });
    const link = element("a", { href: `#${id}` }, title);
    const isRoom = id.startsWith("room-");
    const heading = element("h2", {}, title);
    const details = isRoom
      ? element("details", { open: openRooms.has(id) }, element("summary", {}, heading), body)
      : undefined;
    const node = element("section", { id, "aria-label": title }, ...(details ? [details] : [heading, body]));
    details?.addEventListener("toggle", () => {
      this.arrange();
      this.update();
    });
    insertOrdered(this.#main, node, position);
    insertOrdered(this.#nav, link, position);
    const section = { node, body, link, isOpen: () => details?.open ?? true };
    this.#sections.set(id, section);
    return section;
  }

  #hideEmpty(roomsThere: ReadonlySet<string>): void {
    const used = new Set([...this.#panels.values()].map(({ section }) => section));
    for (const id of [...this.#sections.keys()]) {
      const isPanels = id.startsWith("room-") || ["latency", "pools", "hits"].includes(id);
      if (isPanels && !used.has(id) && !roomsThere.has(id)) this.#remove(id);
    }
  }

  #remove(id: string): void {
    const section = this.#sections.get(id);
    section?.node.remove();
    section?.link.remove();
    this.#sections.delete(id);
  }
}

const roomPlace = ({ room }: Row): string => String(order.indexOf(`room-${room}`) + 100);
