import type { MetricSample } from "../../metric.ts";
import { byName, expression } from "./expression.ts";
import { type MetricDescription, metricList } from "./metric-list.ts";

interface Alert {
  readonly name: string;
  /** PromQL with placeholders. */
  readonly template: string;
  /** For how long it must hold. */
  readonly hold: string;
  readonly severity: "critical" | "warning";
  readonly summary: string;
  readonly description: string;
}

const alerts: readonly Alert[] = Object.freeze([
  {
    name: "VictorRequestsFail",
    template:
      "sum by (job) (rate(<victor.network.failed>[5m])) / sum by (job) (rate(<victor.network.requests>[5m])) > 0.05",
    hold: "10m",
    severity: "critical",
    summary: "More than 5 % of the requests of {{ $labels.job }} fail.",
    description: "{{ $value | humanizePercentage }} failed over 5 minutes.",
  },
  {
    name: "VictorRetriesDenied",
    template: "sum by (job, victor_retry_name) (increase(<victor.retry.denied>[5m])) > 0",
    hold: "5m",
    severity: "warning",
    summary: "The retry budget of {{ $labels.job }} is used up.",
    description: "So many calls fail that retrying them all would add to the outage.",
  },
  {
    name: "VictorOriginCircuitOpen",
    template: 'sum by (job, victor_circuit_name) (<victor.circuit.origins.known;state="open">) > 0',
    hold: "1m",
    severity: "critical",
    summary: "{{ $labels.job }} has given up asking an origin.",
    description: "{{ $value }} origins of {{ $labels.victor_circuit_name }} are cut off.",
  },
  {
    name: "VictorCircuitOpen",
    template: 'max by (job, victor_circuit_name) (<victor.circuit.state;state="open">) == 1',
    hold: "1m",
    severity: "critical",
    summary: "The circuit {{ $labels.victor_circuit_name }} of {{ $labels.job }} is open.",
    description: "Its calls fail at once until what it protects answers again.",
  },
  {
    name: "VictorQueriesFail",
    template:
      "sum by (job) (rate(<victor.db.client.operation.errors>[5m])) / sum by (job) (rate(<db.client.operation.duration|count>[5m])) > 0.05",
    hold: "10m",
    severity: "critical",
    summary: "More than 5 % of the database operations of {{ $labels.job }} fail.",
    description: "{{ $value | humanizePercentage }} failed over 5 minutes.",
  },
  {
    name: "VictorPoolTimeouts",
    template:
      "sum by (job, db_client_connection_pool_name) (increase(<db.client.connection.timeouts>[5m])) > 0",
    hold: "1m",
    severity: "critical",
    summary: "Callers of {{ $labels.job }} get no connection in time.",
    description:
      "The pool {{ $labels.db_client_connection_pool_name }} is too small, or its connections are held too long.",
  },
  {
    name: "VictorPoolSaturated",
    template: "min_over_time(<db.client.connection.pending_requests>[2m]) > 0",
    hold: "5m",
    severity: "warning",
    summary: "Somebody always waits for a connection of {{ $labels.db_client_connection_pool_name }}.",
    description: "For minutes there was no moment without {{ $value }} or more waiting.",
  },
  {
    name: "VictorPoolLeak",
    template: "increase(<victor.pool.leaks>[15m]) > 0",
    hold: "0m",
    severity: "warning",
    summary: "A connection of {{ $labels.db_client_connection_pool_name }} was held for too long.",
    description: "Look for a lease that isn't released on every way out.",
  },
  {
    name: "VictorSemaphoreRejects",
    template: "sum by (job, victor_semaphore_name) (rate(<victor.semaphore.rejected>[5m])) > 1",
    hold: "5m",
    severity: "warning",
    summary: "The semaphore {{ $labels.victor_semaphore_name }} of {{ $labels.job }} turns callers away.",
    description: "{{ $value | humanize }} a second: more is asked than it lets through.",
  },
  {
    name: "VictorWorkersCrash",
    template: "sum by (job, victor_worker_pool_name) (increase(<victor.worker_pool.crashes>[15m])) > 0",
    hold: "0m",
    severity: "critical",
    summary: "Worker threads of {{ $labels.job }} crash.",
    description: "{{ $value | humanize }} in 15 minutes, in the pool {{ $labels.victor_worker_pool_name }}.",
  },
  {
    name: "VictorEventLoopBlocked",
    template: "increase(<victor.event_loop.blocked|count>[5m]) > 0",
    hold: "0m",
    severity: "warning",
    summary: "A function holds the event loop of {{ $labels.instance }}.",
    description: "{{ $value | humanize }} times in 5 minutes; the watchdog names the function.",
  },
  {
    name: "VictorEventLoopLate",
    template: "<nodejs.eventloop.delay.p99> > 0.1",
    hold: "5m",
    severity: "warning",
    summary: "The event loop of {{ $labels.instance }} is late by more than 0.1 s.",
    description: "One timer of a hundred fires {{ $value | humanizeDuration }} late.",
  },
  {
    name: "VictorExportDrops",
    template: "sum by (job, sink) (increase(<victor.metrics.export.dropped>[10m])) > 0",
    hold: "0m",
    severity: "warning",
    summary: "Metrics of {{ $labels.job }} don't reach {{ $labels.sink }}.",
    description: "{{ $value | humanize }} points were given up in 10 minutes.",
  },
  {
    name: "VictorMetricSourceFails",
    template: "sum by (job, source) (increase(<victor.metrics.source.errors>[10m])) > 0",
    hold: "0m",
    severity: "warning",
    summary: "The metrics of {{ $labels.source }} of {{ $labels.job }} are missing.",
    description: "The source threw when it was asked; a process warning has the error.",
  },
]);

/**
 * Alerting rules for Prometheus, as YAML: those whose metrics are in the list, so that none can wait for what isn't there.
 * Thresholds that hold for any service; change them in the file where they don't for yours.
 * @param metrics a registry, used a little so that its series are there, or the list of one
 * @returns the same for the same list
 * @see https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
 */
export function prometheusRules(
  metrics: { collect(): readonly MetricSample[] } | readonly MetricDescription[],
): string {
  const known = byName("collect" in metrics ? metricList(metrics) : metrics);
  const rules = alerts.flatMap((alert) => {
    const expr = expression(alert.template, known);
    return expr === undefined ? [] : [ruleLines(alert, expr)];
  });
  if (rules.length === 0) return "groups: []\n";
  return `${["groups:", "  - name: victor", "    rules:", ...rules.flat()].join("\n")}\n`;
}

/** JSON's strings are YAML's. */
const quoted = (text: string): string => JSON.stringify(text);

function ruleLines({ name, hold, severity, summary, description }: Alert, expr: string): string[] {
  return [
    `      - alert: ${name}`,
    `        expr: ${quoted(expr)}`,
    `        for: ${hold}`,
    "        labels:",
    `          severity: ${severity}`,
    "        annotations:",
    `          summary: ${quoted(summary)}`,
    `          description: ${quoted(description)}`,
  ];
}
