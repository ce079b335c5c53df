/** One slow execution. Values of parameters are never kept. */
export interface SlowQuery {
  readonly fingerprint: string;
  readonly durationMs: number;
  /** When it ended. */
  readonly when: Date;
  readonly rows: number;
  readonly failed: boolean;
  /** As the engine's EXPLAIN printed it, once that is known. */
  readonly plan?: string;
}

/** The worst executions, ascending by duration. */
export class SlowLog {
  readonly thresholdMs: number;
  readonly #max: number;
  readonly #maxOfOne: number;
  readonly #worst: Omit<SlowQuery, "plan">[] = [];
  readonly #plans = new Map<string, string>();

  constructor(thresholdMs: number, max: number) {
    this.thresholdMs = thresholdMs;
    this.#max = max;
    this.#maxOfOne = Math.max(1, Math.floor(max / 10));
  }

  add(fingerprint: string, elapsedMs: number, rows: number, failed: boolean): void {
    const worst = this.#worst;
    // One statement that is always slow must not push all others out.
    const own = worst.filter((query) => query.fingerprint === fingerprint);
    const rival = own.length >= this.#maxOfOne ? own[0] : worst.length >= this.#max ? worst[0] : undefined;
    if (rival) {
      if (elapsedMs < rival.durationMs) return;
      worst.splice(worst.indexOf(rival), 1);
    }
    const at = worst.findIndex((query) => query.durationMs > elapsedMs);
    const query = { fingerprint, durationMs: elapsedMs, when: new Date(), rows, failed };
    worst.splice(at === -1 ? worst.length : at, 0, query);
  }

  attachPlan(fingerprint: string, plan: string): void {
    this.#plans.set(fingerprint, plan);
    if (this.#plans.size > this.#max) this.#plans.delete(this.#plans.keys().next().value!);
  }

  slowest(thresholdMs: number, limit: number): SlowQuery[] {
    return this.#worst
      .filter((query) => query.durationMs >= thresholdMs)
      .reverse()
      .slice(0, limit)
      .map((query) => {
        const plan = this.#plans.get(query.fingerprint);
        return plan === undefined ? query : { ...query, plan };
      });
  }
}
