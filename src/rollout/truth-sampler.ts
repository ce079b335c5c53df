import { isDeepStrictEqual } from "node:util";
import type { CheckedHit, TruthCheck } from "../algorithms/truth-check.ts";
import { CircuitBreaker } from "../concurrency/circuit-breaker.ts";
import { ClosedError, DeadlineError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import type { StalenessSource } from "./guardrail.ts";
import { shareInterval } from "./share-interval.ts";
import { type ResolvedTruthOptions, resolveTruthOptions, type TruthSamplerOptions } from "./truth-options.ts";

/** What a sampler has found. */
export interface TruthStats {
  /** Hits of which it is known whether they were right: `fresh + stale`. */
  readonly checked: number;
  readonly fresh: number;
  readonly stale: number;
  /** Stale among the checked, 0 to 1; `undefined` before the first. */
  readonly staleRate: number | undefined;
  /** Wilson's interval for it, 95 %. */
  readonly staleInterval: readonly [low: number, high: number];
  /** Checks that proved nothing, since the value left the cache meanwhile. */
  readonly moved: number;
  /** Checks whose reload or comparison failed, or took too long. */
  readonly failed: number;
  /** Hits chosen and left out: too many checks under way, the same key under way, or the source in trouble. */
  readonly skipped: number;
  /** Checks under way. */
  readonly running: number;
}

/**
 * Asks the source again for a share of cache hits, after they were given, and counts how many weren't what it says.
 *
 * What is found different counts as stale only if the cache would still give it after the source has answered, and again
 * `confirmMs` later: a value that was invalidated in between proves nothing, whoever was first. A reload that never ends
 * keeps its place, so that a source is never asked more than `maxConcurrent` times at once.
 */
export class TruthSampler implements TruthCheck, StalenessSource, MetricSource, Disposable {
  readonly name: string;
  readonly #options: ResolvedTruthOptions;
  readonly #circuit: CircuitBreaker;
  readonly #keys = new Set<string>();
  /** Of the reloads under way. */
  readonly #aborts = new Set<AbortController>();
  #isClosed = false;
  /** Hits until the next one that is due. */
  #left: number;
  #fresh = 0;
  #stale = 0;
  #moved = 0;
  #failed = 0;
  #skipped = 0;
  #running = 0;

  /** @throws {TypeError | RangeError} naming the option, what was expected and what came */
  constructor(options: TruthSamplerOptions = {}) {
    this.#options = resolveTruthOptions(options);
    this.name = `truth-sampler-${this.#options.name}`;
    this.#circuit = new CircuitBreaker(this.name, this.#options.circuit);
    this.#left = this.#gap();
  }

  get checked(): number {
    return this.#fresh + this.#stale;
  }

  get stale(): number {
    return this.#stale;
  }

  isDue(): boolean {
    if (--this.#left > 0) return false;
    this.#left = this.#gap();
    return !this.#isClosed;
  }

  check<T>(hit: CheckedHit<T>): void {
    if (this.#isClosed) return;
    if (this.#running >= this.#options.maxConcurrent || this.#keys.has(hit.key)) {
      this.#skipped++;
      return;
    }
    this.#running++;
    this.#keys.add(hit.key);
    // Only once the caller has his answer, and has had his turn.
    setImmediate(() => {
      this.#run(hit).finally(() => {
        this.#running--;
        this.#keys.delete(hit.key);
      });
    }).unref();
  }

  stats(): TruthStats {
    const { checked } = this;
    return {
      checked,
      fresh: this.#fresh,
      stale: this.#stale,
      staleRate: checked === 0 ? undefined : this.#stale / checked,
      staleInterval: shareInterval(this.#stale, checked),
      moved: this.#moved,
      failed: this.#failed,
      skipped: this.#skipped,
      running: this.#running,
    };
  }

  *collect(): Iterable<MetricSample> {
    const labels = { "victor.truth.name": this.#options.name };
    const { fresh, stale, moved, failed, skipped, staleRate, staleInterval } = this.stats();
    for (const [outcome, value] of Object.entries({ fresh, stale, moved, failed, skipped }))
      yield {
        type: "counter",
        name: "victor.truth.checks",
        help: "Cache hits chosen to be held against their source, by what came out",
        unit: "{check}",
        labels: { ...labels, outcome },
        value,
      };
    const rates = { estimate: staleRate ?? 0, lower: staleInterval[0], upper: staleInterval[1] };
    for (const [bound, value] of Object.entries(rates))
      yield {
        type: "gauge",
        name: "victor.truth.stale_rate",
        help: "Share of cache hits that were stale, with the bounds of its 95 % interval",
        unit: "1",
        labels: { ...labels, bound },
        value,
      };
  }

  /** Ends the checks; those under way count for nothing. */
  close(): void {
    this.#isClosed = true;
    for (const abort of this.#aborts) abort.abort(new ClosedError("TruthSampler"));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Hits up to the next due one, itself included: geometric, so that each is due with the same probability. */
  #gap(): number {
    const { share, random } = this.#options;
    if (share === 100) return 1;
    if (share === 0) return Number.POSITIVE_INFINITY;
    return 1 + Math.floor(Math.log1p(-random()) / Math.log1p(-share / 100));
  }

  async #run<T>(hit: CheckedHit<T>): Promise<void> {
    if (this.#isClosed) return;
    try {
      if (!hit.isStillCurrent()) {
        this.#moved++;
        return;
      }
      const answer = await this.#circuit.tryRun(() => this.#reload(hit));
      if (this.#isClosed) return;
      if (!answer.admitted) this.#skipped++;
      else if (this.#isSame(hit, answer.value)) this.#fresh++;
      else if (!hit.isStillCurrent()) this.#moved++;
      else await this.#confirm(hit);
    } catch {
      // The source's own errors are told to those who asked it for themselves.
      if (!this.#isClosed) this.#failed++;
    }
  }

  async #confirm<T>(hit: CheckedHit<T>): Promise<void> {
    const { clock, confirmMs } = this.#options;
    if (confirmMs > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, confirmMs));
    if (this.#isClosed) return;
    if (hit.isStillCurrent()) this.#stale++;
    else this.#moved++;
  }

  /** Waits for the source itself, beyond the deadline too: what is late is a failure, and still a burden on the source. */
  async #reload<T>(hit: CheckedHit<T>): Promise<T> {
    const { clock, timeoutMs } = this.#options;
    const abort = new AbortController();
    this.#aborts.add(abort);
    const timer = clock.setTimeout(
      () => abort.abort(new DeadlineError("check of a cache hit", timeoutMs)),
      timeoutMs,
    );
    try {
      const fresh = await hit.reload(abort.signal);
      abort.signal.throwIfAborted();
      return fresh;
    } finally {
      clock.clearTimeout(timer);
      this.#aborts.delete(abort);
    }
  }

  #isSame<T>(hit: CheckedHit<T>, fresh: T): boolean {
    const { equal } = this.#options;
    if (equal !== undefined) return equal(hit.value, fresh);
    return hit.equal === undefined ? isDeepStrictEqual(hit.value, fresh) : hit.equal(hit.value, fresh);
  }
}

/** @returns a sampler to be given to a cache as `truth`, and to a guardrail as `source`. @throws as its constructor */
export function truthSampler(options: TruthSamplerOptions = {}): TruthSampler {
  return new TruthSampler(options);
}
