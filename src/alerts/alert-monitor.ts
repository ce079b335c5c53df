import { type Clock, systemClock, type TimerHandle } from "../clock.ts";
import { awaitedTimer } from "../concurrency/awaited-timer.ts";
import type { Labels, MetricRegistry, MetricSample, MetricSource } from "../metrics/index.ts";
import { finite, integer, knownKeys, rejectType } from "../options.ts";
import { ActiveAlerts, type AlertChange } from "./active-alerts.ts";
import type { AlertPhase } from "./alert-state.ts";
import { conditionOf } from "./conditions/condition-of.ts";
import { Delivery, type DeliveryStats } from "./delivery.ts";
import { HeapAfterGc } from "./heap-after-gc.ts";
import { knownDegradations } from "./known-degradations.ts";
import type { AlertNotification, AlertSink } from "./notification.ts";
import { type AlertRule, metricsOf, type Severity } from "./rule.ts";
import { checkedRules } from "./rule-checks.ts";
import { type Condition, maxGapOf, Tick } from "./tick.ts";

export interface AlertMonitorOptions {
  /** Whose metrics are watched. */
  readonly registry: Pick<MetricRegistry, "collect">;
  /** Plain data, such as from a JSON file. @default [] */
  readonly rules?: readonly AlertRule[] | undefined;
  /**
   * Watches latencies, hit rates, error rates and the heap for shifts of their level, as far as the registry has them:
   * see `knownDegradations`. @default false
   */
  readonly degradation?: boolean | undefined;
  /** Get what fires and what is resolved. @default [] */
  readonly sinks?: readonly AlertSink[] | undefined;
  /** Between two looks at the metrics, ms, 10 to 3,600,000. @default 1000 */
  readonly intervalMs?: number | undefined;
  /** Most series watched by one rule; further ones are counted in `stats().refused`. 1 to 100,000. @default 1000 */
  readonly maxSeries?: number | undefined;
  /** Most notifications that `history()` keeps, 1 to 100,000. @default 500 */
  readonly maxHistory?: number | undefined;
  /** Most notifications that wait for one sink; then the oldest is dropped. 1 to 10,000. @default 100 */
  readonly maxQueue?: number | undefined;
  /** For one notification and sink, ms, ≥ 1. @default 60_000 */
  readonly sinkTimeoutMs?: number | undefined;
  /** A firing alert whose series is gone or not known for so long is resolved, ms, ≥ 0. @default 300_000 */
  readonly staleMs?: number | undefined;
  /** Measures all durations. @default systemClock */
  readonly clock?: Clock | undefined;
}

const defaults = Object.freeze({
  rules: [] as readonly AlertRule[],
  degradation: false,
  sinks: [] as readonly AlertSink[],
  intervalMs: 1000,
  maxSeries: 1000,
  maxHistory: 500,
  maxQueue: 100,
  sinkTimeoutMs: 60_000,
  staleMs: 300_000,
  clock: systemClock,
});
/** New metrics are looked for so often. */
const discoveryTicks = 30;
const mostKnown = 200;

/** An alert that is pending or fires. */
export interface ActiveAlert {
  readonly rule: string;
  readonly severity: Severity;
  readonly state: Exclude<AlertPhase, "inactive">;
  /** When the state began, milliseconds since 1970, by a clock that was read once: for people. */
  readonly sinceMs: number;
  /** NaN when it isn't known now. */
  readonly value: number;
  readonly reason: string;
  readonly labels: Labels;
}

/** After so many looks, what a rule needs should have been there once. */
const unmatchedTicks = 60;

export interface AlertStats {
  readonly rules: number;
  readonly evaluations: number;
  /** Looks that came after others had been missed, for a blocked event loop or a suspended process. */
  readonly gaps: number;
  /** Rules that threw in a look, in all; they know nothing in it. */
  readonly errors: number;
  /** Series and alerts that there was no room for. */
  readonly refused: number;
  /** Rules that look at a metric that was never there, which may be a slip of the pen. */
  readonly unmatched: readonly string[];
  readonly pending: number;
  readonly firing: number;
  readonly sinks: Readonly<Record<string, DeliveryStats>>;
}

interface WatchedRule {
  readonly rule: AlertRule;
  /** Metrics that it looks at and that haven't been there yet. */
  readonly missing: Set<string>;
  readonly condition: Condition;
  readonly alerts: ActiveAlerts;
}

/**
 * Looks at all metrics of a registry at an interval, judges them by rules, and tells sinks what begins to fire and what
 * is resolved. It begins at once; the first looks only learn. Keeps no process alive.
 *
 * All durations are of the monotonic clock. After looks that were missed, nothing is taken to have held in between.
 */
export class AlertMonitor implements MetricSource, AsyncDisposable {
  readonly name = "alerts";
  readonly #options: Required<{ [K in keyof AlertMonitorOptions]: NonNullable<AlertMonitorOptions[K]> }>;
  readonly #watched: WatchedRule[] = [];
  readonly #deliveries: readonly Delivery[];
  readonly #history: AlertNotification[] = [];
  readonly #heap: HeapAfterGc | undefined;
  readonly #known = new Set<string>();
  /** Milliseconds since 1970 at the clock's 0; read once, so that no jump of the calendar moves what is told later. */
  readonly #epochMs: number;
  #timer: TimerHandle | undefined;
  #ticks = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #gaps = 0;
  #errors = 0;
  #closing: Promise<void> | undefined;

  /** @throws {TypeError | RangeError} on a wrong option or rule, saying which and why */
  constructor(options: AlertMonitorOptions) {
    knownKeys("AlertMonitor", options, ["registry", ...Object.keys(defaults)]);
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    const own = { ...defaults, ...(given as unknown as { registry: Pick<MetricRegistry, "collect"> }) };
    this.#options = own;
    if (typeof own.registry?.collect !== "function") rejectType("registry", "a MetricRegistry", own.registry);
    if (typeof own.degradation !== "boolean") rejectType("degradation", "true or false", own.degradation);
    finite("intervalMs", own.intervalMs, 10, 3_600_000);
    integer("maxSeries", own.maxSeries, 1, 100_000);
    integer("maxHistory", own.maxHistory, 1, 100_000);
    integer("maxQueue", own.maxQueue, 1, 10_000);
    finite("sinkTimeoutMs", own.sinkTimeoutMs, 1);
    finite("staleMs", own.staleMs, 0);
    checkSinks(own.sinks);
    for (const rule of checkedRules(own.rules)) this.#watch(rule);
    this.#deliveries = own.sinks.map(
      (sink) => new Delivery(sink, own.clock, own.maxQueue, own.sinkTimeoutMs),
    );
    this.#heap = own.degradation ? new HeapAfterGc() : undefined;
    this.#epochMs = Date.now() - own.clock.now();
    this.#arm();
  }

  /** What is pending or fires now; firing ones first. */
  active(): readonly ActiveAlert[] {
    const all = this.#watched.flatMap(({ rule, alerts }) =>
      Array.from(alerts.open(), ({ phase, sinceMs, value, reason, labels }) => ({
        rule: rule.name,
        severity: rule.severity ?? "warning",
        state: phase as ActiveAlert["state"],
        sinceMs: this.#epochMs + sinceMs,
        value,
        reason,
        labels,
      })),
    );
    return all.sort((a, b) => Number(b.state === "firing") - Number(a.state === "firing"));
  }

  /** What has fired and what was resolved, oldest first; the latest `maxHistory`. */
  history(): readonly AlertNotification[] {
    return [...this.#history];
  }

  stats(): AlertStats {
    let [pending, firing, refused] = [0, 0, 0];
    for (const { condition, alerts } of this.#watched) {
      pending += alerts.count("pending");
      firing += alerts.count("firing");
      refused += condition.refused + alerts.refused;
    }
    const sinks = Object.fromEntries(this.#deliveries.map((delivery) => [delivery.name, delivery.stats()]));
    const counts = { evaluations: this.#ticks, gaps: this.#gaps, errors: this.#errors };
    const unmatched = this.#watched.filter(isUnmatched).map(({ rule }) => rule.name);
    return { rules: this.#watched.length, ...counts, refused, unmatched, pending, firing, sinks };
  }

  *collect(): Iterable<MetricSample> {
    const sample = (
      type: "counter" | "gauge",
      name: string,
      help: string,
      unit: string,
      value: number,
      labels: Labels = {},
    ): MetricSample => ({ type, name: `victor.alerts.${name}`, help, unit, labels, value });
    const { pending, evaluations, gaps, errors, refused, sinks } = this.stats();
    for (const severity of ["info", "warning", "critical"] as const) {
      let firing = 0;
      for (const { rule, alerts } of this.#watched)
        if ((rule.severity ?? "warning") === severity) firing += alerts.count("firing");
      yield sample("gauge", "firing", "Alerts that fire", "{alert}", firing, { severity });
    }
    yield sample("gauge", "pending", "Alerts whose condition has not held long enough", "{alert}", pending);
    yield sample("counter", "evaluations", "Looks at all metrics", "{evaluation}", evaluations);
    yield sample("counter", "gaps", "Looks that came after missed ones", "{evaluation}", gaps);
    yield sample("counter", "errors", "Rules that threw in a look", "{evaluation}", errors);
    yield sample("counter", "refused", "Series and alerts there was no room for", "{series}", refused);
    for (const [sink, { sent, failed, dropped }] of Object.entries(sinks))
      for (const [outcome, value] of Object.entries({ sent, failed, dropped }))
        yield sample(
          "counter",
          "notifications",
          "Notifications, by how they ended",
          "{notification}",
          value,
          {
            sink,
            outcome,
          },
        );
  }

  /** Looks now, beside the interval's own looks. Does nothing once closed. */
  evaluate(): void {
    if (this.#closing) return;
    const { clock, intervalMs, registry, degradation } = this.#options;
    const nowMs = clock.now();
    const samples = this.#collected(registry);
    // A source may have closed it meanwhile: who has waited for that hears of nothing more.
    if (this.#closing) return;
    const tick = new Tick(this.#ticks + 1, nowMs, nowMs - this.#lastMs, intervalMs, samples);
    if (tick.isAfterGap && this.#ticks > 0) this.#gaps++;
    if (degradation && this.#ticks % discoveryTicks === 0) this.#discover(samples);
    this.#ticks++;
    this.#lastMs = nowMs;
    for (const { rule, missing, condition, alerts } of this.#watched) {
      for (const metric of missing) if (tick.named(metric).length > 0) missing.delete(metric);
      let changes: readonly AlertChange[];
      try {
        changes = alerts.update(nowMs, Array.from(condition.look(tick)));
      } catch {
        // A source's own histogram may throw, whenever it is asked. Of this look nothing is known then.
        this.#errors++;
        changes = alerts.update(nowMs, []);
      }
      for (const change of changes) this.#tell(rule, change);
    }
    if (this.#ticks === unmatchedTicks) for (const watched of this.#watched) warnOfUnmatched(watched);
  }

  /**
   * Ends the looks, and waits until the sinks have what they were told, or `timeoutMs` has passed. Alerts that fire are
   * not resolved by it.
   * @param timeoutMs ms, ≥ 0 @default 5000
   */
  close({ timeoutMs = 5000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    finite("timeoutMs", timeoutMs, 0);
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#heap?.close();
    const abandon = (): void => {
      for (const delivery of this.#deliveries) delivery.abandon();
    };
    const timer = awaitedTimer(clock, abandon, timeoutMs);
    await Promise.all(this.#deliveries.map((delivery) => delivery.drained()));
    clock.clearTimeout(timer);
  }

  #arm(): void {
    const { clock, intervalMs } = this.#options;
    this.#timer = clock.setTimeout(() => {
      try {
        this.evaluate();
      } finally {
        if (!this.#closing) this.#arm();
      }
    }, intervalMs);
  }

  #collected(registry: Pick<MetricRegistry, "collect">): readonly MetricSample[] {
    let samples: readonly MetricSample[];
    try {
      samples = registry.collect();
      if (!Array.isArray(samples) || !samples.every(({ name }) => typeof name === "string"))
        rejectType("registry.collect()", "an array of samples", samples);
    } catch {
      // A registry of other hands. Nothing is known of anything in this look.
      this.#errors++;
      samples = [];
    }
    return this.#heap ? [...samples, ...this.#heap.collect()] : samples;
  }

  #watch(rule: AlertRule): void {
    const { maxSeries, staleMs, intervalMs } = this.#options;
    const { forMs = 0, resolveForMs = 0 } = rule;
    const timing = { forMs, resolveForMs, staleMs, maxGapMs: maxGapOf(intervalMs) };
    this.#watched.push({
      rule,
      missing: new Set(metricsOf(rule)),
      condition: conditionOf(rule, maxSeries),
      alerts: new ActiveAlerts(timing, maxSeries),
    });
  }

  /** Rules for metrics that have come since. */
  #discover(samples: readonly MetricSample[]): void {
    for (const rule of knownDegradations(samples)) {
      if (this.#known.has(rule.name) || this.#known.size >= mostKnown) continue;
      this.#known.add(rule.name);
      this.#watch(rule);
    }
  }

  #tell(rule: AlertRule, { id, what, labels, value, reason, firedForMs }: AlertChange): void {
    const notification: AlertNotification = Object.freeze({
      id,
      state: what === "fired" ? "firing" : "resolved",
      rule: rule.name,
      kind: rule.kind,
      severity: rule.severity ?? "warning",
      labels,
      value: Number.isNaN(value) ? null : value,
      reason,
      atUnixMs: Date.now(),
      firedForMs,
    });
    this.#history.push(notification);
    if (this.#history.length > this.#options.maxHistory) this.#history.shift();
    for (const delivery of this.#deliveries) delivery.push(notification);
  }
}

function checkSinks(sinks: readonly AlertSink[]): void {
  if (!Array.isArray(sinks)) rejectType("sinks", "an array of sinks", sinks);
  const names = new Set<string>();
  for (const [i, sink] of sinks.entries()) {
    if (typeof sink?.name !== "string" || typeof sink.notify !== "function")
      rejectType(`sinks[${i}]`, "a sink with a name and a notify function", sink);
    if (names.has(sink.name)) throw new TypeError(`sinks[${i}]: another sink is called "${sink.name}"`);
    names.add(sink.name);
  }
}

const isUnmatched = ({ rule, missing }: WatchedRule): boolean => missing.size > 0 && rule.kind !== "absence";

/** That nothing is there is what an absence waits for. */
function warnOfUnmatched(watched: WatchedRule): void {
  if (!isUnmatched(watched)) return;
  const names = Array.from(watched.missing, (name) => JSON.stringify(name)).join(", ");
  process.emitWarning(
    `alert rule ${JSON.stringify(watched.rule.name)}: there has been no metric ${names} so far; names are those of the registry, such as http.client.request.duration`,
    { code: "VICTOR_ALERT_RULE" },
  );
}
