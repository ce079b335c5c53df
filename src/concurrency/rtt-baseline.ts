/** So many rounds (as many samples as the limit) lie between two probes. */
const roundsBetweenProbes = 50;
/** A baseline from fewer samples would be chance. */
const fewestSamples = 8;

/**
 * The round-trip time of a service without a queue, for limits that compare others with it.
 *
 * It falls with every shorter sample or mean that its owner finds. It rises only by a probe, so that a queue that is
 * always there can't pass for the service's own time: once in 50 rounds the limit is halved, what was in flight
 * before is let pass, and what comes back then becomes the new baseline, be it longer or shorter.
 */
export class RttBaseline {
  #rttMs = Number.POSITIVE_INFINITY;
  /** Samples until the next probe. */
  #left: number;
  #state: "watching" | "draining" | "probing" = "watching";
  #count = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #restored = 0;

  /** @param limit where the owner starts */
  constructor(limit: number) {
    this.#left = roundsBetweenProbes * limit;
  }

  /** Milliseconds; `Infinity` before the first. */
  get rttMs(): number {
    return this.#rttMs;
  }

  /** While it probes, the owner leaves its limit as it is. */
  get isProbing(): boolean {
    return this.#state !== "watching";
  }

  /** Takes a shorter time than any before. */
  lower(rttMs: number): void {
    if (rttMs < this.#rttMs) this.#rttMs = rttMs;
  }

  /**
   * Counts one sample that wasn't dropped.
   * @param estimate what becomes of a probe's samples: their minimum or their mean
   * @returns the limit that the owner must take on, when a probe begins or ends
   */
  next(rttMs: number, inFlight: number, limit: number, estimate: "minimum" | "mean"): number | undefined {
    if (--this.#left > 0) {
      if (this.#state === "probing") {
        this.#count++;
        this.#sumMs += rttMs;
        this.#minMs = Math.min(this.#minMs, rttMs);
      }
      return undefined;
    }
    if (this.#state === "watching") {
      if (limit < 2) {
        this.#left = roundsBetweenProbes;
        return undefined;
      }
      this.#restored = limit;
      this.#state = "draining";
      this.#left = Math.max(1, Math.ceil(inFlight));
      return limit >> 1;
    }
    if (this.#state === "draining") {
      this.#state = "probing";
      this.#count = 0;
      this.#sumMs = 0;
      this.#minMs = Number.POSITIVE_INFINITY;
      this.#left = Math.max(fewestSamples, limit) + 1;
      return undefined;
    }
    if (this.#count > 0) this.#rttMs = estimate === "mean" ? this.#sumMs / this.#count : this.#minMs;
    this.#state = "watching";
    this.#left = roundsBetweenProbes * this.#restored;
    return this.#restored;
  }

  /** Ends a probe early, because the owner's limit is no longer what it was. */
  stop(limit: number): void {
    this.#state = "watching";
    this.#left = roundsBetweenProbes * limit;
  }
}
