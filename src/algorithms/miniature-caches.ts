import { firstSlot, WindowTinyLfu } from "./window-tiny-lfu.ts";

/** What the hits before a review count for, compared with those after it. */
const decay = 0.9;
/** By how many standard errors of its count of hits another must be ahead of the current one. */
const margin = 0.5;

/**
 * Small caches that differ in their window alone, all fed with the same sample of keys: what hits most in miniature
 * hits most at full size.
 * @see Waldspurger, Saemundsson, Ahmad & Park, Cache Modeling and Optimization using Miniature Simulations, ATC 2017
 */
export class MiniatureCaches {
  readonly #caches: readonly WindowTinyLfu[];
  readonly #capacity: number;
  /** Of all keys that are in some cache; the same slot in each. */
  readonly #slots = new Map<number, number>();
  readonly #hashes: Int32Array;
  /** Bit i says that the slot's key is in cache i. */
  readonly #members: Uint8Array;
  readonly #free: number[] = [];
  readonly #hits: Float64Array;

  /**
   * @param capacity of each, entries ≥ 1
   * @param windowShares one for each, as in `WindowTinyLfu.bound`; at most 8
   */
  constructor(capacity: number, windowShares: readonly number[], seed: number) {
    const slots = firstSlot + windowShares.length * capacity;
    this.#capacity = capacity;
    this.#hashes = new Int32Array(slots + 1);
    this.#members = new Uint8Array(slots + 1);
    this.#hits = new Float64Array(windowShares.length);
    for (let slot = slots; slot >= firstSlot; slot--) this.#free.push(slot);
    this.#caches = windowShares.map((share) => {
      const cache = new WindowTinyLfu({ links: new Int32Array((slots + 1) * 4) }, slots, seed);
      cache.bound(capacity, share);
      return cache;
    });
  }

  /** @param frequency of the key, this request included */
  request(hash: number, frequency: number): void {
    let slot = this.#slots.get(hash);
    if (slot === undefined) {
      slot = this.#free.pop()!;
      this.#slots.set(hash, slot);
      this.#hashes[slot] = hash;
    }
    for (let i = 0; i < this.#caches.length; i++) {
      const cache = this.#caches[i]!;
      if ((this.#members[slot]! & (1 << i)) !== 0) {
        this.#hits[i]!++;
        cache.use(slot);
      } else {
        cache.add(slot, frequency);
        this.#members[slot]! |= 1 << i;
        if (cache.size > this.#capacity) this.#leave(cache.victim(), i);
      }
    }
  }

  /**
   * Starts a new period of judgement.
   * @param current what is in use
   * @returns the index of the share that has hit most of late; `current`, unless another is clearly ahead
   */
  review(current: number): number {
    const hits = this.#hits;
    let best = current;
    let most = hits[current]! + margin * Math.sqrt(hits[current]!);
    for (let i = 0; i < hits.length; i++) {
      if (hits[i]! > most) {
        best = i;
        most = hits[i]!;
      }
      hits[i]! *= decay;
    }
    return best;
  }

  /** Halves all frequencies. */
  age(): void {
    for (const cache of this.#caches) cache.age();
  }

  #leave(slot: number, index: number): void {
    this.#caches[index]!.remove(slot);
    this.#members[slot]! &= ~(1 << index);
    if (this.#members[slot] !== 0) return;
    this.#slots.delete(this.#hashes[slot]!);
    this.#free.push(slot);
  }
}
