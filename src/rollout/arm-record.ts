import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { ArmStatus } from "./rollout-status.ts";

/** What one arm has done. */
export class ArmRecord {
  /** Seconds, of successful calls. */
  readonly durations = new LatencyHistogram();
  succeeded = 0;
  failed = 0;
  /** Outcomes that the tests took, since the last resume and in this stage. */
  counted = 0;
  countedInStage = 0;

  status(): ArmStatus {
    const { succeeded, failed, counted } = this;
    return { succeeded, failed, counted, p50Ms: this.#quantileMs(0.5), p99Ms: this.#quantileMs(0.99) };
  }

  #quantileMs(q: number): number | undefined {
    const seconds = this.durations.quantile(q);
    return seconds === undefined ? undefined : 1000 * seconds;
  }
}
