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
  // The keys that are in some cache, each with the same slot in all: chains by hash; 0 ends a chain.
  readonly #buckets: Int32Array;
  readonly #chain: Int32Array;
  readonly #hashes: Int32Array;
  /** Bit i says that the slot's key is in cache i. */
  readonly #members: Uint8Array;
  /** First of the free slots, chained. */
  #free = firstSlot;
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
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(slots)));
    this.#chain = new Int32Array(slots + 1).map((_, slot) => slot + 1);
    this.#caches = windowShares.map((share) => {
      const cache = new WindowTinyLfu({ links: new Int32Array((slots + 1) * 4) }, slots, seed);
      cache.bound(capacity, share);
      return cache;
    });
  }

  /** @param frequency of the key, this request included */
  request(hash: number, frequency: number): void {
    const slot = this.#slotOf(hash);
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
    const bucket = this.#bucketOf(this.#hashes[slot]!);
    let before = this.#buckets[bucket]!;
    if (before === slot) this.#buckets[bucket] = this.#chain[slot]!;
    else {
      while (this.#chain[before] !== slot) before = this.#chain[before]!;
      this.#chain[before] = this.#chain[slot]!;
    }
    this.#chain[slot] = this.#free;
    this.#free = slot;
  }

  #slotOf(hash: number): number {
    const bucket = this.#bucketOf(hash);
    let slot = this.#buckets[bucket]!;
    while (slot !== 0 && this.#hashes[slot] !== hash) slot = this.#chain[slot]!;
    if (slot !== 0) return slot;
    slot = this.#free;
    this.#free = this.#chain[slot]!;
    this.#hashes[slot] = hash;
    this.#chain[slot] = this.#buckets[bucket]!;
    this.#buckets[bucket] = slot;
    return slot;
  }

  /** The sample's hashes have their high bits in common. */
  #bucketOf(hash: number): number {
    return hash & (this.#buckets.length - 1);
  }
}
