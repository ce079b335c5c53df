import { thrownText } from "../thrown-text.ts";
import type { StalenessSource } from "./guardrail.ts";
import { RateEvidence } from "./rate-evidence.ts";
import { certaintyText, eventsText, type Finding, percent } from "./rollback-figures.ts";
import type { WatchedGuardrail } from "./watched-guardrail.ts";

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
  #error: string | undefined;

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

  get error(): string | undefined {
    return this.#error;
  }

  observe(): boolean {
    return false;
  }

  begin(): void {}

  look(): undefined {
    this.#take();
  }

  finding(): Finding {
    const on = { calls: this.#trials, events: this.#events };
    const checked = eventsText(on, "cache hits that were checked");
    return {
      text: `too many answers are stale. ${checked} differed from the source, and ${percent(this.#maxRate)} is allowed${certaintyText(this.evidence)}`,
      figures: { event: "were stale", on, off: undefined, evidence: this.evidence },
    };
  }

  #take(): void {
    let checked: number;
    let stale: number;
    try {
      ({ checked, stale } = this.#source);
    } catch (error) {
      this.#error = thrownText(error);
      return;
    }
    const trials = checked - this.#checked;
    const events = stale - this.#stale;
    const areNumbers = Number.isFinite(checked) && Number.isFinite(stale);
    this.#error = areNumbers ? undefined : "the source's checked and stale are no finite numbers";
    this.#checked = checked;
    this.#stale = stale;
    // A source that was set back, or counts oddly, begins anew; so does one that is seen for the first time.
    if (!(trials > 0 && events >= 0 && events <= trials)) return;
    this.#trials += trials;
    this.#events += events;
    this.#rate.add(events, trials);
  }
}
