import { AlertMonitor, type AlertMonitorOptions, type AlertNotification } from "../../src/alerts/index.ts";
import { MetricRegistry } from "../../src/metrics/index.ts";
import { ManualClock } from "./manual-clock.ts";

/** A registry under watch, in time that passes when told to. */
export class WatchedRegistry {
  readonly registry = new MetricRegistry();
  readonly clock = new ManualClock();
  readonly monitor: AlertMonitor;

  readonly #intervalMs: number;

  constructor(options: Omit<AlertMonitorOptions, "registry" | "clock">) {
    this.#intervalMs = options.intervalMs ?? 1000;
    this.monitor = new AlertMonitor({ registry: this.registry, clock: this.clock, ...options });
  }

  /** So many intervals, with a look after each. */
  pass(intervals: number, before: (interval: number) => void = () => undefined): void {
    for (let i = 0; i < intervals; i++) {
      before(i);
      this.clock.pass(this.#intervalMs);
    }
  }

  /** @returns what was told so far, as `firing name` and `resolved name` */
  told(): string[] {
    return this.monitor.history().map(({ state, rule }) => `${state} ${rule}`);
  }

  last(): AlertNotification | undefined {
    return this.monitor.history().at(-1);
  }
}
