import { LatencyHistogram } from "../../metrics/latency-histogram.ts";
import type { Labels, MetricSample } from "../../metrics/metric.ts";

/** A pool at one moment. Counts run from its construction. */
export interface PoolStats {
  readonly minSize: number;
  readonly maxSize: number;
  /** Open connections: idle, used, being checked and being closed. */
  readonly size: number;
  readonly idle: number;
  /** Out with a holder. */
  readonly used: number;
  /** Being opened. */
  readonly connecting: number;
  /** Callers that wait. */
  readonly pending: number;
  readonly opened: number;
  /** Closed in order, cut or found broken. */
  readonly closed: number;
  readonly connectFailures: number;
  /** Callers whose deadline passed while they waited. */
  readonly timeouts: number;
  /** Callers refused because the queue was full. */
  readonly refused: number;
  readonly leaks: number;
  /** Calls of the driver's `usable` and `destroy` that threw, which they must not; each cost a connection. */
  readonly driverFaults: number;
  /** Mean of the latest, in milliseconds; `undefined` before the first. */
  readonly meanUseMs: number | undefined;
  readonly meanConnectMs: number | undefined;
  /** Why connecting failed last; `undefined` after a success. */
  readonly lastConnectError: unknown;
}

/** What a pool counts on its way, in the units of OpenTelemetry: seconds. */
export class PoolMetrics {
  readonly createTime = new LatencyHistogram();
  readonly waitTime = new LatencyHistogram();
  readonly useTime = new LatencyHistogram();
  opened = 0;
  closed = 0;
  connectFailures = 0;
  timeouts = 0;
  refused = 0;

  /** @see https://opentelemetry.io/docs/specs/semconv/db/database-metrics/#connection-pools */
  *collect(pool: string, stats: PoolStats): Iterable<MetricSample> {
    const labels: Labels = { "db.client.connection.pool.name": pool };
    const gauge = (name: string, unit: string, help: string, value: number, more?: Labels): MetricSample => ({
      type: "gauge",
      name: `db.client.connection.${name}`,
      help,
      unit,
      labels: more ? { ...labels, ...more } : labels,
      value,
    });
    const count = "Connections in the state that the label says.";
    yield gauge("count", "{connection}", count, stats.idle, { "db.client.connection.state": "idle" });
    yield gauge("count", "{connection}", count, stats.used, { "db.client.connection.state": "used" });
    yield gauge("idle.max", "{connection}", "Most idle connections allowed.", stats.maxSize);
    yield gauge("idle.min", "{connection}", "Fewest connections kept open.", stats.minSize);
    yield gauge("max", "{connection}", "Most open connections allowed.", stats.maxSize);
    yield gauge("pending_requests", "{request}", "Callers that wait for a connection.", stats.pending);
    const counter = (name: string, unit: string, help: string, value: number): MetricSample => ({
      type: "counter",
      name,
      help,
      unit,
      labels,
      value,
    });
    yield counter(
      "db.client.connection.timeouts",
      "{timeout}",
      "Callers that got no connection in time.",
      stats.timeouts,
    );
    yield counter("victor.pool.opened", "{connection}", "Connections opened.", stats.opened);
    yield counter(
      "victor.pool.connect_failures",
      "{attempt}",
      "Attempts to connect that failed.",
      stats.connectFailures,
    );
    yield counter("victor.pool.refused", "{request}", "Callers that found the queue full.", stats.refused);
    yield counter("victor.pool.leaks", "{lease}", "Leases held for too long.", stats.leaks);
    yield counter(
      "victor.pool.driver_faults",
      "{fault}",
      "Calls of the driver that threw where they must not.",
      stats.driverFaults,
    );
    const histogram = (name: string, help: string, values: LatencyHistogram): MetricSample => ({
      type: "histogram",
      name: `db.client.connection.${name}`,
      help,
      unit: "s",
      labels,
      histogram: values.snapshot(),
    });
    yield histogram("create_time", "Time to open a connection.", this.createTime);
    yield histogram("wait_time", "Time from asking for a connection to getting it.", this.waitTime);
    yield histogram("use_time", "Time from getting a connection to giving it back.", this.useTime);
  }
}
