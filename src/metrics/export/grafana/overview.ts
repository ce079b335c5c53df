import { expression } from "./expression.ts";
import type { MetricDescription } from "./metric-list.ts";
import type { PanelContent } from "./panel.ts";

interface PanelTemplate {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  /** PromQL with placeholders, and the legend; those of metrics that aren't there are left out. */
  readonly targets: readonly (readonly [template: string, legend: string])[];
}

export interface OverviewRow {
  readonly title: string;
  readonly panels: readonly PanelTemplate[];
}

const rate = "[$__rate_interval]";

/** p50, p95 and p99 of a histogram, over all its series. */
export const quantileTemplates = (name: string): [string, string][] =>
  [0.5, 0.95, 0.99].map((q) => [
    `histogram_quantile(${q}, sum by (le) (rate(<${name}|bucket>${rate})))`,
    `p${q * 100}`,
  ]);

/** Hits as a part of hits and misses. */
const hitRatio = (hits: string, misses: string, by = ""): string => {
  const sum = (name: string): string => `sum${by && ` by (${by})`} (rate(<${name}>${rate}))`;
  return `${sum(hits)} / (${sum(hits)} + ${sum(misses)})`;
};

/** What one looks at first: rate, errors and duration of what is asked for; use, saturation and errors of what is shared. */
export const overviewRows: readonly OverviewRow[] = Object.freeze([
  {
    title: "Network: rate, errors, duration",
    panels: [
      {
        title: "Requests",
        description: "Requests a second, those from the cache included, and those that failed.",
        unit: "reqps",
        targets: [
          [`sum(rate(<victor.network.requests>${rate}))`, "requests"],
          [`sum(rate(<victor.network.cache_hits>${rate}))`, "from the cache"],
          [`sum(rate(<victor.retry.retries>${rate}))`, "retries"],
        ],
      },
      {
        title: "Errors",
        description: "Failed requests as a part of all.",
        unit: "percentunit",
        targets: [
          [
            `sum(rate(<victor.network.failed>${rate})) / sum(rate(<victor.network.requests>${rate}))`,
            "failed",
          ],
        ],
      },
      {
        title: "Duration",
        description: "From the call to the response's head.",
        unit: "s",
        targets: quantileTemplates("http.client.request.duration"),
      },
    ],
  },
  {
    title: "Database: rate, errors, duration",
    panels: [
      {
        title: "Operations",
        description: "Operations a second that ran on the database, and answers from the cache.",
        unit: "ops",
        targets: [
          [`sum(rate(<db.client.operation.duration|count>${rate}))`, "on the database"],
          [`sum(rate(<victor.db.client.operation.cache_hits>${rate}))`, "from the cache"],
        ],
      },
      {
        title: "Errors",
        description: "Failed operations as a part of those that ran.",
        unit: "percentunit",
        targets: [
          [
            `sum(rate(<victor.db.client.operation.errors>${rate})) / sum(rate(<db.client.operation.duration|count>${rate}))`,
            "failed",
          ],
        ],
      },
      {
        title: "Duration",
        description: "Time on the database.",
        unit: "s",
        targets: quantileTemplates("db.client.operation.duration"),
      },
      {
        title: "Most time by query",
        description: "Seconds of database time a second: where it goes.",
        unit: "percentunit",
        targets: [
          [
            `topk(8, sum by (db_query_summary) (rate(<db.client.operation.duration|sum>${rate})))`,
            "{{db_query_summary}}",
          ],
        ],
      },
    ],
  },
  {
    title: "Work: rate, errors, duration",
    panels: [
      {
        title: "Tasks",
        description: "Tasks a second, side by side and in worker threads.",
        unit: "ops",
        targets: [
          [`sum(rate(<victor.tasks.completed>${rate}))`, "side by side"],
          [
            `sum by (victor_worker_pool_outcome) (rate(<victor.worker_pool.tasks>${rate}))`,
            "in workers: {{victor_worker_pool_outcome}}",
          ],
        ],
      },
      {
        title: "Errors",
        description: "Failed tasks a second, and threads that crashed.",
        unit: "ops",
        targets: [
          [`sum(rate(<victor.tasks.failed>${rate}))`, "side by side"],
          [`sum(rate(<victor.worker_pool.crashes>${rate}))`, "threads crashed"],
        ],
      },
      {
        title: "Duration, 95 %",
        description: "Time that tasks run.",
        unit: "s",
        targets: [
          [
            `histogram_quantile(0.95, sum by (le) (rate(<victor.tasks.run_time|bucket>${rate})))`,
            "side by side",
          ],
          [
            `histogram_quantile(0.95, sum by (le) (rate(<victor.worker_pool.run_time|bucket>${rate})))`,
            "in workers",
          ],
        ],
      },
    ],
  },
  {
    title: "Tools: rate and duration",
    panels: [
      {
        title: "Selections",
        description: "Selections a second, by where they came from.",
        unit: "ops",
        targets: [
          [
            `sum by (victor_tools_from) (rate(<victor.tools.select.duration|count>${rate}))`,
            "{{victor_tools_from}}",
          ],
        ],
      },
      {
        title: "Duration",
        description: "Time to select, those from the cache included.",
        unit: "ms",
        targets: quantileTemplates("victor.tools.select.duration"),
      },
    ],
  },
  {
    title: "Pools and limits: use, saturation, errors",
    panels: [
      {
        title: "Use",
        description: "What is in use, as a part of what there may be.",
        unit: "percentunit",
        targets: [
          [
            'sum by (db_client_connection_pool_name) (<db.client.connection.count;db_client_connection_state="used">) / sum by (db_client_connection_pool_name) (<db.client.connection.max>)',
            "connections: {{db_client_connection_pool_name}}",
          ],
          [
            "sum by (victor_semaphore_name) (<victor.semaphore.in_flight>) / sum by (victor_semaphore_name) (<victor.semaphore.limit>)",
            "permits: {{victor_semaphore_name}}",
          ],
          [
            "sum by (victor_worker_pool_name) (<victor.worker_pool.running>) / sum by (victor_worker_pool_name) (<victor.worker_pool.threads.max>)",
            "threads: {{victor_worker_pool_name}}",
          ],
        ],
      },
      {
        title: "Saturation",
        description: "Who waits for one.",
        unit: "short",
        targets: [
          [
            "sum by (db_client_connection_pool_name) (<db.client.connection.pending_requests>)",
            "connections: {{db_client_connection_pool_name}}",
          ],
          [
            "sum by (victor_semaphore_name) (<victor.semaphore.queued>)",
            "permits: {{victor_semaphore_name}}",
          ],
          [
            "sum by (victor_worker_pool_name) (<victor.worker_pool.queued>)",
            "threads: {{victor_worker_pool_name}}",
          ],
          ["sum by (victor_limits_name) (<victor.limits.queued>)", "origins: {{victor_limits_name}}"],
        ],
      },
      {
        title: "Errors",
        description: "Who got none, a second.",
        unit: "ops",
        targets: [
          [`sum(rate(<db.client.connection.timeouts>${rate}))`, "connections: timed out"],
          [`sum(rate(<victor.pool.refused>${rate}))`, "connections: queue full"],
          [`sum(rate(<victor.semaphore.rejected>${rate}))`, "permits: rejected"],
        ],
      },
      {
        title: "Circuits that are not closed",
        description: "1 for each circuit that is open or half open.",
        unit: "short",
        targets: [
          [
            'max by (victor_circuit_name, state) (<victor.circuit.state;state!="closed">)',
            "{{victor_circuit_name}} {{state}}",
          ],
          [
            'sum by (victor_circuit_name, state) (<victor.circuit.origins.known;state!="closed">)',
            "origins of {{victor_circuit_name}}: {{state}}",
          ],
        ],
      },
    ],
  },
  {
    title: "Caches",
    panels: [
      {
        title: "Hit rates",
        description: "Hits as a part of all look-ups.",
        unit: "percentunit",
        targets: [
          [hitRatio("victor.db.cache.hits", "victor.db.cache.misses"), "queries"],
          [hitRatio("http.client.cache.hits", "http.client.cache.misses"), "responses"],
          [hitRatio("victor.cache.hits", "victor.cache.misses", "cache_name"), "{{cache_name}}"],
          [
            hitRatio("victor.tools.cache.hits", "victor.tools.cache.misses", "victor_tools_cache"),
            "tools: {{victor_tools_cache}}",
          ],
          [hitRatio("victor.memoize.hits", "victor.memoize.misses"), "memoized functions"],
        ],
      },
      {
        title: "Evictions",
        description: "Entries a second that made room for others.",
        unit: "ops",
        targets: [
          [`sum(rate(<victor.db.cache.evictions>${rate}))`, "queries"],
          [`sum by (cache_name) (rate(<victor.cache.evictions>${rate}))`, "{{cache_name}}"],
        ],
      },
      {
        title: "Size",
        description: "Bytes of what is cached.",
        unit: "bytes",
        targets: [
          ["sum(<victor.db.cache.size_bytes>)", "queries"],
          ["sum(<http.client.cache.size>)", "responses"],
        ],
      },
    ],
  },
  {
    title: "Runtime",
    panels: [
      {
        title: "Event loop",
        description: "How much of its time the event loop is busy.",
        unit: "percentunit",
        targets: [["max by (instance) (<nodejs.eventloop.utilization>)", "busy: {{instance}}"]],
      },
      {
        title: "Event-loop delay, 99 %",
        description: "How late timers fire.",
        unit: "s",
        targets: [["max by (instance) (<nodejs.eventloop.delay.p99>)", "{{instance}}"]],
      },
      {
        title: "Blocks of the event loop",
        description: "Times a second that one function held it beyond the watchdog's threshold.",
        unit: "ops",
        targets: [[`sum(rate(<victor.event_loop.blocked|count>${rate}))`, "blocks"]],
      },
      {
        title: "Garbage collection",
        description: "Part of the time, by kind.",
        unit: "percentunit",
        targets: [[`sum by (v8js_gc_type) (rate(<v8js.gc.duration|sum>${rate}))`, "{{v8js_gc_type}}"]],
      },
      {
        title: "Heap",
        description: "Used of the heap's spaces.",
        unit: "bytes",
        targets: [["sum by (v8js_heap_space_name) (<v8js.memory.heap.used>)", "{{v8js_heap_space_name}}"]],
      },
      {
        title: "CPU",
        description: "Seconds of CPU time a second.",
        unit: "short",
        targets: [[`sum(rate(<process.cpu.time>${rate}))`, "CPUs"]],
      },
    ],
  },
]);

/** The panels of a row that have anything to show. */
export function filledPanels(
  row: OverviewRow,
  metrics: ReadonlyMap<string, MetricDescription>,
  everywhere: string,
): PanelContent[] {
  return row.panels.flatMap(({ targets, ...panel }) => {
    const filled = targets.flatMap(([template, legend]) => {
      const expr = expression(template, metrics, everywhere);
      return expr === undefined ? [] : [{ expr, legend }];
    });
    return filled.length === 0 ? [] : [{ ...panel, targets: filled }];
  });
}
