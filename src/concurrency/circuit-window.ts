const failedFlag = 1;
const slowFlag = 2;

/** The last calls, as far as they are recent: how many there were, failed and were slow. Constant time, on average, for each. */
export class CircuitWindow {
  readonly #ms: number;
  /** Rings, with the oldest call at `#oldest`. */
  readonly #times: Float64Array;
  readonly #flags: Uint8Array;
  #oldest = 0;
  #calls = 0;
  #failed = 0;
  #slow = 0;

  /** @param calls at most so many @param ms none older */
  constructor(calls: number, ms: number) {
    this.#ms = ms;
    this.#times = new Float64Array(calls);
    this.#flags = new Uint8Array(calls);
  }

  get calls(): number {
    return this.#calls;
  }
  /** Share of the calls, 0 to 1; 0 without calls. */
  get failureRate(): number {
    return this.#calls === 0 ? 0 : this.#failed / this.#calls;
  }
  get slowRate(): number {
    return this.#calls === 0 ? 0 : this.#slow / this.#calls;
  }

  record(now: number, isFailure: boolean, isSlow: boolean): void {
    this.expire(now);
    const size = this.#times.length;
    if (this.#calls === size) this.#drop();
    let slot = this.#oldest + this.#calls;
    if (slot >= size) slot -= size;
    this.#times[slot] = now;
    this.#flags[slot] = (isFailure ? failedFlag : 0) | (isSlow ? slowFlag : 0);
    this.#calls++;
    if (isFailure) this.#failed++;
    if (isSlow) this.#slow++;
  }

  /** Forgets calls that ended `ms` ago or longer. */
  expire(now: number): void {
    while (this.#calls > 0 && now - this.#times[this.#oldest]! >= this.#ms) this.#drop();
  }

  clear(): void {
    this.#calls = 0;
    this.#failed = 0;
    this.#slow = 0;
  }

  #drop(): void {
    const flags = this.#flags[this.#oldest]!;
    if (++this.#oldest === this.#times.length) this.#oldest = 0;
    this.#calls--;
    if (flags & failedFlag) this.#failed--;
    if (flags & slowFlag) this.#slow--;
  }
}
