import { median, quantileOfSorted } from "../../measure/order-statistics.ts";
import type { LoadFigures } from "./load-protocol.ts";
import type { OpenLoadResult, Outcome } from "./open-loop.ts";

/** All that came of one process's load. */
export class LoadRecord {
  readonly #latencies: number[] = [];
  readonly #statuses = new Map<string, number>();
  readonly #drainShares: number[] = [];
  #completed = 0;
  #failed = 0;
  #due = 0;
  #late = 0;
  #loadedMs = 0;

  /** @param counts whether the slot goes into the figures, or is warm-up */
  begin(counts: boolean) {
    const own: number[] = [];
    const add = ({ ok, status }: Outcome, latencyMs: number | undefined): void => {
      if (latencyMs !== undefined) own.push(latencyMs);
      if (!counts) return;
      if (ok) this.#completed++;
      else this.#failed++;
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    };
    const end = (result: OpenLoadResult, durationMs: number): number | undefined => {
      if (counts) {
        for (const latency of own) this.#latencies.push(latency);
        this.#drainShares.push(result.drainMs / durationMs);
        this.#due += result.sent + result.dropped;
        this.#late += result.late;
        // The last answers always take a moment; only a queue that outlasts the slot is time that was needed.
        this.#loadedMs += durationMs + Math.max(0, result.drainMs - durationMs / 10);
      }
      return own.length === 0 ? undefined : median(own);
    };
    return { add, end };
  }

  figures(answers: ReadonlyMap<number, string>): LoadFigures {
    const sorted = Float64Array.from(this.#latencies).sort();
    const at = (q: number) => quantileOfSorted(sorted, q);
    return {
      completed: this.#completed,
      failed: this.#failed,
      latencyMs:
        sorted.length === 0 ? undefined : { p50: at(0.5), p95: at(0.95), p99: at(0.99), p999: at(0.999) },
      loadedMs: this.#loadedMs,
      statuses: Object.fromEntries(this.#statuses),
      answers: [...answers],
      lateShare: this.#due === 0 ? 0 : this.#late / this.#due,
      drainShare: this.#drainShares.length === 0 ? 0 : median(this.#drainShares),
    };
  }
}
