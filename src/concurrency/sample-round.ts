import { longestRttMs } from "./limit.ts";

/** So that quotients and logarithms of what took no time, or never came, stay finite. */
const least = 1e-9;

/** What some samples in a row say of the service, with how sure that is. */
export class SampleRound {
  /** Samples. */
  count = 0;
  #inFlight = 0;
  #rttMs = 0;
  #rttSquares = 0;
  #dropped = 0;

  add(givenMs: number, inFlight: number, dropped: boolean): void {
    const rttMs = Math.min(longestRttMs, givenMs);
    this.count++;
    this.#inFlight += inFlight;
    this.#rttMs += rttMs;
    this.#rttSquares += rttMs * rttMs;
    if (dropped) this.#dropped++;
  }

  clear(): void {
    this.count = 0;
    this.#inFlight = 0;
    this.#rttMs = 0;
    this.#rttSquares = 0;
    this.#dropped = 0;
  }

  /** Takes in all of another's samples. */
  merge(other: SampleRound): void {
    this.count += other.count;
    this.#inFlight += other.#inFlight;
    this.#rttMs += other.#rttMs;
    this.#rttSquares += other.#rttSquares;
    this.#dropped += other.#dropped;
  }

  /** Keeps what it says, and counts half as much from now on. */
  fade(): void {
    this.count /= 2;
    this.#inFlight /= 2;
    this.#rttMs /= 2;
    this.#rttSquares /= 2;
    this.#dropped /= 2;
  }

  /** Mean requests in flight. */
  get inFlight(): number {
    return this.#inFlight / this.count;
  }

  /** Mean round trip in milliseconds, > 0. */
  get rttMs(): number {
    return Math.max(least, this.#rttMs / this.count);
  }

  /** Share of the samples that were dropped, 0 to 1. */
  get lossRate(): number {
    return this.#dropped / this.count;
  }

  /** Answers each millisecond that weren't dropped, > 0, by Little's law: in flight / round trip. */
  get goodput(): number {
    return Math.max(least, (this.inFlight / this.rttMs) * (1 - this.lossRate));
  }

  /** Relative standard error of the mean round trip. */
  get error(): number {
    const mean = this.rttMs;
    const variance = Math.max(0, this.#rttSquares / this.count - mean * mean);
    return Math.sqrt(variance / this.count) / mean;
  }
}
