/** When the calls of a cohort are too bad. @internal */
export interface CohortRule {
  /** A cohort is so many calls that began one after the other. */
  readonly calls: number;
  /** Too bad is this share of them … */
  readonly failureRate: number;
  /** … where fewer calls than these count as so many, the missing ones as good, … */
  readonly minimumCalls: number;
  /** … so long after the first of them ended, in milliseconds: what one event breaks isn't an outage yet. */
  readonly lastingMs: number;
  /** A cohort takes no more calls so long after its first end, in milliseconds. */
  readonly windowMs: number;
}

/** Calls that began one after the other. @internal */
export class CallCohort {
  readonly number: number;
  started = 0;
  succeeded = 0;
  failed = 0;
  /** When the first of them ended. */
  sinceMs = Number.NaN;

  constructor(number: number) {
    this.number = number;
  }
}

/**
 * Judges calls by when they began, not by when they ended. Of those that ended lately too many have failed wherever failures
 * come back sooner than successes do; of those that began together each counts the same, and one under way as good until it fails.
 * @internal
 */
export class CallCohorts {
  readonly #rule: CohortRule;
  #current = new CallCohort(1);
  /** The last cohort that can't become too bad any more: what fails of those before it says nothing of today. */
  #acquitted = 0;

  constructor(rule: CohortRule) {
    this.#rule = rule;
  }

  /** @returns the cohort of a call that begins */
  join(): CallCohort {
    if (this.#current.started >= this.#rule.calls) this.next();
    const cohort = this.#current;
    cohort.started++;
    return cohort;
  }

  /** Begins another. */
  next(): void {
    this.#current = new CallCohort(this.#current.number + 1);
  }

  /** Notes that a call ended without telling anything. */
  leave(cohort: CallCohort): void {
    cohort.started--;
  }

  succeed(cohort: CallCohort, now: number): void {
    this.#note(cohort, now);
    const { calls, failureRate } = this.#rule;
    if (++cohort.succeeded > calls * (1 - failureRate) && cohort.number > this.#acquitted)
      this.#acquitted = cohort.number;
  }

  /** @returns whether its cohort is too bad with it */
  fail(cohort: CallCohort, now: number): boolean {
    this.#note(cohort, now);
    cohort.failed++;
    if (cohort.number < this.#acquitted) return false;
    const { failureRate, minimumCalls, lastingMs } = this.#rule;
    return (
      cohort.failed >= failureRate * Math.max(cohort.started, minimumCalls) &&
      now - cohort.sinceMs >= lastingMs
    );
  }

  #note(cohort: CallCohort, now: number): void {
    if (Number.isNaN(cohort.sinceMs)) cohort.sinceMs = now;
    if (cohort === this.#current && now - cohort.sinceMs >= this.#rule.windowMs) this.next();
  }
}
