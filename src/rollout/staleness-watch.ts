import type { StalenessSource } from "./guardrail.ts";
import { RateEvidence } from "./rate-evidence.ts";
import { percent, type WatchedGuardrail } from "./watched-guardrail.ts";

/** Watches the rate of stale cache hits, as their source counts them. */
export class StalenessWatch implements WatchedGuardrail {
  readonly name: string;
  readonly #source: StalenessSource;
  readonly #maxRate: number;
  readonly #rate: RateEvidence;
  #checked = Number.NaN;
  #stale = Number.NaN;
  #trials = 0;
  #events = 0;
  #isFailing = false;

  constructor(name: string, source: StalenessSource, maxRate: number) {
    this.name = name;
    this.#source = source;
    this.#maxRate = maxRate;
    this.#rate = new RateEvidence(maxRate);
    // What was counted before says nothing of now.
    this.#take();
  }

  get evidence(): number {
    return this.#rate.most;
  }

  get suspicion(): number {
    return this.#rate.value;
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  observe(): boolean {
    return false;
  }

  closeBlock(): void {}

  look(): undefined {
    this.#take();
  }

  describe(): string {
    const rate = percent(this.#events / Math.max(1, this.#trials));
    return `${this.#events} of ${this.#trials} hits checked were stale (${rate}, allowed ${percent(this.#maxRate)})`;
  }

  #take(): void {
    let checked: number;
    let stale: number;
    try {
      ({ checked, stale } = this.#source);
    } catch {
      this.#isFailing = true;
      return;
    }
    const trials = checked - this.#checked;
    const events = stale - this.#stale;
    this.#isFailing = !(Number.isFinite(checked) && Number.isFinite(stale));
    this.#checked = checked;
    this.#stale = stale;
    // A source that was set back, or counts oddly, begins anew; so does one that is seen for the first time.
    if (!(trials > 0 && events >= 0 && events <= trials)) return;
    this.#trials += trials;
    this.#events += events;
    this.#rate.add(events, trials);
  }
}
