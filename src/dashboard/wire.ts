/** What the server tells the page. Shared by both, so that they can't drift: types alone, nothing is loaded. */

/**
 * - `counter`, `gauge`, `histogram`: one series of the registry.
 * - `latency`: all series of one histogram of times, together.
 * - `resource`: what is used of a pool, a semaphore, threads.
 * - `hits`: share of look-ups that were hits.
 */
export type RowKind = "counter" | "gauge" | "histogram" | "latency" | "resource" | "hits";

/** What a row's history consists of, in this order. */
export const rowFields = {
  counter: ["rate"],
  gauge: ["value"],
  histogram: ["rate", "p50", "p95", "p99"],
  latency: ["rate", "p50", "p95", "p99", "errors"],
  resource: ["used", "limit", "waiting", "errors"],
  hits: ["ratio"],
} as const satisfies Record<RowKind, readonly string[]>;

/**
 * The row's figures as the registry gives them now.
 * - `counter`, `gauge`: its value.
 * - `histogram`, `latency`: count and sum since the start; `histogram` also p50, p95, p99 and maximum.
 * - `hits`: hits and misses since the start.
 * - `resource`: nothing.
 */
export type RowNow = number | null | readonly (number | null)[];

export interface RowDescription {
  /** Unique in one run of the server. */
  readonly id: number;
  /** The same in each run: name and labels. */
  readonly key: string;
  readonly kind: RowKind;
  readonly name: string;
  readonly help: string;
  /** UCUM: `s`, `By`, `1`; empty when there is none. */
  readonly unit: string;
  readonly room: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Event `hello`, the first of a stream. */
export interface Hello {
  /** Another one means that the server has been restarted, and that ids mean other rows. */
  readonly epoch: string;
  readonly title: string;
  readonly intervalMs: number;
  readonly historyMs: number;
}

/** Event `rows`: before the first tick that has them. */
export interface RowChanges {
  readonly add: readonly RowDescription[];
  readonly drop: readonly number[];
}

/** Event `tick`: one sample. */
export interface Tick {
  /** Milliseconds since 1970. */
  readonly t: number;
  /** Each: id, now, then the row's fields; `null` where there is no figure. */
  readonly rows: readonly (readonly [number, RowNow, ...(number | null)[]])[];
}

export interface AlertRow {
  readonly rule: string;
  readonly severity: string;
  readonly state: string;
  readonly sinceMs: number;
  readonly value: number | null;
  readonly reason: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Cells of a table whose columns the server names: text, or a number with the unit of its column. */
export interface PanelTable {
  readonly columns: readonly { readonly title: string; readonly unit?: string }[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** Event `panels`: sent when anything of it has changed. What is absent was not given, or has nothing to show. */
export interface Panels {
  readonly alerts?: readonly AlertRow[];
  readonly slowQueries?: PanelTable;
  readonly leakSuspects?: PanelTable;
  readonly rollouts?: PanelTable;
  /** Panels whose provider threw, and what it said. */
  readonly failed?: readonly string[];
  /** Rows that found no room in the history. */
  readonly refused?: number;
}
