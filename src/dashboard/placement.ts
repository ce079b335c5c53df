import type { Labels, MetricSample } from "../metrics/metric.ts";
import { prometheusName } from "../metrics/prometheus-name.ts";

/** A sample and the name that it is known by here, whether it comes from a registry or from a scrape of one. */
export interface PlacedSample {
  readonly sample: MetricSample;
  /** As Prometheus writes it, without `_total`. */
  readonly name: string;
}

export function placed(sample: MetricSample): PlacedSample {
  return { sample, name: prometheusName(sample.type, sample.name, sample.unit).replace(/_total$/, "") };
}

/** First that fits; what fits none is the application's own. */
const rooms: readonly (readonly [room: string, names: RegExp])[] = [
  ["database", /^(db_|victor_(db|pool|sqlite)_)/],
  ["network", /^(http_client_|dns_|victor_(network|limits|circuit_origins|retry|hedge|batcher|http)_)/],
  ["concurrency", /^victor_(semaphore|circuit|worker_pool|tasks)_/],
  ["caches", /^victor_(cache|bloom_filter|lazy|memo)/],
  ["memory", /^victor_(object_pool|gc|leak|memory)/],
  ["tools", /^victor_tools_/],
  ["runtime", /^(nodejs_|v8js_|process_|victor_event_loop)/],
  ["toolkit", /^victor_/],
];

/** @param name as of `placed` */
export function roomOf(name: string): string {
  return rooms.find(([, names]) => names.test(name))?.[0] ?? "application";
}

/** Is it a histogram of times of work, rather than of sizes or of the runtime's own pauses? */
export function isLatency({ sample, name }: PlacedSample): boolean {
  if (sample.type !== "histogram" || roomOf(name) === "runtime") return false;
  return (
    /^(s|ms|us|ns)$/.test(sample.unit ?? "") || /_(seconds|milliseconds|microseconds|nanoseconds)$/.test(name)
  );
}

/** One name, and what a label of it must be. */
export interface Pick {
  readonly name: string;
  readonly label?: readonly [name: string, values: RegExp];
}

/** Where the figures of a kind of pool stand: used of limit, waiting, turned away. */
export interface ResourceKind {
  readonly title: string;
  readonly room: string;
  /** The label that names the pool; all without it are one. */
  readonly by?: string;
  readonly used: Pick;
  readonly limit?: Pick;
  readonly waiting?: Pick;
  readonly errors?: readonly Pick[];
}

export const resourceKinds: readonly ResourceKind[] = [
  {
    title: "Connections",
    room: "database",
    by: "db_client_connection_pool_name",
    used: { name: "db_client_connection_count", label: ["db_client_connection_state", /^used$/] },
    limit: { name: "db_client_connection_max" },
    waiting: { name: "db_client_connection_pending_requests" },
    errors: [
      { name: "db_client_connection_timeouts" },
      { name: "victor_pool_refused" },
      { name: "victor_pool_connect_failures" },
    ],
  },
  {
    title: "Semaphore",
    room: "concurrency",
    by: "victor_semaphore_name",
    used: { name: "victor_semaphore_in_flight" },
    limit: { name: "victor_semaphore_limit" },
    waiting: { name: "victor_semaphore_queued" },
    errors: [{ name: "victor_semaphore_rejected" }],
  },
  {
    title: "Threads",
    room: "concurrency",
    by: "victor_worker_pool_name",
    used: { name: "victor_worker_pool_threads", label: ["victor_worker_pool_state", /^busy$/] },
    limit: { name: "victor_worker_pool_threads_max" },
    waiting: { name: "victor_worker_pool_queued" },
    errors: [{ name: "victor_worker_pool_tasks", label: ["victor_worker_pool_outcome", /^refused$/] }],
  },
  {
    title: "Limits of origins",
    room: "network",
    by: "victor_limits_name",
    used: { name: "victor_limits_in_flight" },
    waiting: { name: "victor_limits_queued" },
    errors: [{ name: "victor_limits_rejected" }],
  },
  {
    title: "HTTP connections",
    room: "network",
    used: { name: "http_client_active_requests" },
    waiting: { name: "http_client_waiting_requests" },
    errors: [{ name: "http_client_connections_failed" }],
  },
  {
    title: "Objects",
    room: "memory",
    by: "pool_name",
    used: { name: "victor_object_pool_in_use" },
  },
];

/** Counters of failures that stand under another name than their histogram. */
const errorsOf: Readonly<Record<string, readonly Pick[]>> = {
  db_client_operation_duration: [{ name: "victor_db_client_operation_errors" }],
  http_client_request_duration: [{ name: "victor_network_failed" }],
  victor_worker_pool_run_time: [
    { name: "victor_worker_pool_tasks", label: ["victor_worker_pool_outcome", /^(failed|timeout)$/] },
  ],
  victor_tasks_run_time: [{ name: "victor_tasks_failed" }],
};

/** Where failures are counted of the work that a histogram times: `x_errors`, `x_failed`, `x_failures` for `x_duration`. */
export function errorPicks(histogram: string): readonly Pick[] {
  const base = histogram.replace(/_(seconds|milliseconds|microseconds|nanoseconds)$/, "");
  const stem = base.replace(/_(duration|latency|run_time)$/, "");
  return errorsOf[base] ?? ["errors", "failed", "failures"].map((end) => ({ name: `${stem}_${end}` }));
}

/** Does the series time work that failed? By OpenTelemetry's `error.type`, or an HTTP status of 500 or more. */
export function isFailed(labels: Labels): boolean {
  for (const [label, value] of Object.entries(labels)) {
    const name = label.replaceAll(".", "_");
    if (name === "error_type" && value !== "") return true;
    if (/^(http_response_status_code|status_code|status|code)$/.test(name) && /^5\d\d$/.test(value))
      return true;
  }
  return false;
}

/** Shares of hits that are not told by `x_hits` and `x_misses`. */
export const hitKinds: readonly {
  readonly title: string;
  readonly part: string;
  readonly of: string;
  readonly isMisses: boolean;
}[] = [
  {
    title: "HTTP connections reused",
    part: "http_client_pool_hits",
    of: "http_client_requests",
    isMisses: false,
  },
  {
    title: "objects reused",
    part: "victor_object_pool_created",
    of: "victor_object_pool_acquired",
    isMisses: true,
  },
];
