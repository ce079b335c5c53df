import { KeyList } from "./key-list.ts";
import type { Trace } from "./traces.ts";

/** With a window of 1 % throughout. @returns hits */
export const staticWTinyLfu = (trace: Trace, capacity: number): number => wTinyLfu(trace, capacity, false);
/** With Caffeine's climber, which moves the border between window and rest by the change of the hit ratio. @returns hits */
export const climbingWTinyLfu = (trace: Trace, capacity: number): number => wTinyLfu(trace, capacity, true);

/**
 * A window in which all start, and a segmented LRU that a newcomer enters only if it is asked for more often than
 * the one that it would displace.
 * @see Einziger, Friedman & Manes, TinyLFU, ACM ToS 2017
 * @see Einziger, Eytan, Friedman & Manes, Adaptive Software Cache Management, Middleware 2018
 */
function wTinyLfu({ requests, keys }: Trace, capacity: number, climbs: boolean): number {
  const window = new KeyList(keys);
  const probation = new KeyList(keys);
  const kept = new KeyList(keys);
  const sketch = new Sketch(capacity);
  const period = 10 * capacity;
  let windowBound = Math.max(1, Math.round(capacity / 100));
  let step = -capacity / 16;
  let previousRatio = 0;
  let seen = 0;
  let hitsInPeriod = 0;
  let hits = 0;
  let coin = 1;
  for (const key of requests) {
    sketch.count(key);
    if (window.has(key)) {
      hits++;
      hitsInPeriod++;
      window.touch(key);
    } else if (probation.has(key)) {
      hits++;
      hitsInPeriod++;
      probation.remove(key);
      kept.add(key);
      demote();
    } else if (kept.has(key)) {
      hits++;
      hitsInPeriod++;
      kept.touch(key);
    } else {
      window.add(key);
      evict();
    }
    if (climbs && ++seen >= period) climb();
  }
  return hits;

  function demote(): void {
    const bound = Math.floor(0.8 * (capacity - windowBound));
    while (kept.size > bound) probation.add(kept.shift());
  }

  function evict(): void {
    while (window.size > windowBound) {
      const candidate = window.shift();
      if (window.size + probation.size + kept.size < capacity) {
        probation.add(candidate);
        continue;
      }
      const from = probation.size > 0 ? probation : kept;
      const victim = from.oldest;
      if (victim === -1) return;
      if (admits(candidate, victim)) {
        from.remove(victim);
        probation.add(candidate);
      }
    }
    while (window.size + probation.size + kept.size > capacity)
      (probation.size > 0 ? probation : kept).shift();
  }

  function admits(candidate: number, victim: number): boolean {
    const frequency = sketch.estimate(candidate);
    if (frequency > sketch.estimate(victim)) return true;
    coin = (Math.imul(coin, 1664525) + 1013904223) >>> 0;
    return frequency >= 6 && coin >>> 25 === 0;
  }

  function climb(): void {
    const ratio = hitsInPeriod / seen;
    const change = ratio - previousRatio;
    const amount = change >= 0 ? step : -step;
    step = Math.abs(change) >= 0.05 ? (Math.sign(amount) * capacity) / 16 : 0.98 * amount;
    previousRatio = ratio;
    seen = hitsInPeriod = 0;
    windowBound = Math.min(Math.max(1, windowBound + Math.trunc(amount)), capacity - 1);
    demote();
    while (window.size > windowBound) probation.add(window.shift());
    while (window.size < windowBound && probation.size + kept.size > 0)
      window.add((probation.size > 0 ? probation : kept).shift());
  }
}

/** Counts to 15 in four rows; all are halved after 10 × capacity counts. */
class Sketch {
  readonly #counts: Uint8Array;
  readonly #mask: number;
  readonly #period: number;
  #counted = 0;

  constructor(capacity: number) {
    const width = 2 ** Math.ceil(Math.log2(Math.max(16, 4 * capacity)));
    this.#counts = new Uint8Array(4 * width);
    this.#mask = width - 1;
    this.#period = 10 * capacity;
  }

  count(key: number): void {
    let grew = false;
    for (let row = 0; row < 4; row++) {
      const at = this.#at(key, row);
      if (this.#counts[at]! < 15) {
        this.#counts[at]!++;
        grew = true;
      }
    }
    if (!grew || ++this.#counted < this.#period) return;
    this.#counted >>= 1;
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i]! >>= 1;
  }

  estimate(key: number): number {
    let least = 15;
    for (let row = 0; row < 4; row++) least = Math.min(least, this.#counts[this.#at(key, row)]!);
    return least;
  }

  #at(key: number, row: number): number {
    let h = Math.imul(key + 1, [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f][row]!);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    return row * (this.#mask + 1) + ((h ^ (h >>> 16)) & this.#mask);
  }
}
