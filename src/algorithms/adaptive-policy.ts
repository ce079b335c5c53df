import { GhostFrequencies } from "./ghost-frequencies.ts";
import { MiniatureCaches } from "./miniature-caches.ts";
import { firstSlot, type Links, maxFrequency, WindowTinyLfu } from "./window-tiny-lfu.ts";

/** Windows to choose from: for popular keys, for a mixture, and for recency alone, which is LRU. */
const windowShares = [0.01, 0.3, 1];
/** Between two reviews of the window, requests by entries held. */
const reviewAfter = 0.5;
/** Keys remembered after they left, by entries held. */
const ghostShare = 0.875;
/** Before frequencies are halved, requests by entries held. */
const ageAfter = 10;

/**
 * Evicts by W-TinyLFU, with the window of three that does best in miniature caches run beside: small for steady
 * popularity, scans and loops, large where recency counts, whole (exact LRU) where nothing else does.
 *
 * Pure arithmetic on slots and hashes; the same calls with the same seed give the same choices. It takes 3 bytes an
 * entry beyond its links, and for the miniatures 200 bytes for each of their places, of which there are at most 256.
 * A hit moves a slot of the window within its list; elsewhere it writes one byte.
 * Weights: the policy doesn't know them; `victim` is asked until the rest fits, and each time names the one entry that
 * can best be done without. All bounds go by the number of entries that the cache turns out to hold.
 */
export class AdaptivePolicy {
  readonly #table: Links;
  readonly #seed: number;
  readonly #order: WindowTinyLfu;
  /** Entries that fit, found when the first one didn't; 0 before that. */
  #capacity = 0;
  #ghosts!: GhostFrequencies;
  #miniatures!: MiniatureCaches;
  /** Hashes below are of the sample. */
  #sampleBelow = 0;
  #choice = 0;
  #untilReview = 0;
  #untilAging = 0;

  /**
   * @param table links of all slots, the first of each slot's four its hash
   * @param slots the highest slot for now; the lowest is 3
   * @param seed an integer
   */
  constructor(table: Links, slots: number, seed: number) {
    this.#table = table;
    this.#seed = seed;
    this.#order = new WindowTinyLfu(table, slots, seed);
    this.#order.bound(slots - firstSlot + 1, windowShares[0]!, false);
  }

  added(slot: number): void {
    const hash = this.#hash(slot);
    const seen = this.#capacity === 0 ? 0 : this.#ghosts.frequency(hash);
    const isSampled = hash >>> 0 < this.#sampleBelow;
    this.#order.add(slot, Math.min(maxFrequency, seen + 1), isSampled);
    if (isSampled) this.#miniatures.request(hash, this.#order.frequency(slot));
    if (--this.#untilReview === 0) this.#review();
  }

  used(slot: number): void {
    if (this.#order.use(slot)) this.#miniatures.request(this.#hash(slot), this.#order.frequency(slot));
    if (--this.#untilReview === 0) this.#review();
  }

  removed(slot: number): void {
    if (this.#capacity > 0) this.#ghosts.record(this.#hash(slot), this.#order.frequency(slot));
    this.#order.remove(slot);
  }

  victim(): number {
    if (this.#capacity === 0) this.#fit();
    return this.#order.victim();
  }

  /** Told when the bound changes: what fits is found anew. */
  resized(): void {
    this.#capacity = 0;
    this.#sampleBelow = 0;
    this.#untilReview = 0;
  }

  /** @param slots the highest slot from now on */
  grown(slots: number): void {
    this.#order.grow(slots);
    if (this.#capacity === 0) this.#order.bound(slots - firstSlot + 1, windowShares[this.#choice]!, false);
  }

  /** The window, then those kept for having been used again, then those on probation; in each the newest first. */
  slots(): Iterable<number> {
    return this.#order;
  }

  #review(): void {
    const { size } = this.#order;
    if (size > 2 * this.#capacity || 2 * size < this.#capacity) {
      this.#fit();
      return;
    }
    this.#choice = this.#miniatures.review(this.#choice);
    this.#order.bound(size, windowShares[this.#choice]!);
    const requests = Math.ceil(this.#capacity * reviewAfter);
    this.#untilReview = requests;
    this.#untilAging -= requests;
    if (this.#untilAging > 0) return;
    this.#untilAging = this.#capacity * ageAfter;
    this.#order.age();
    this.#ghosts.age();
    this.#miniatures.age();
  }

  #fit(): void {
    const capacity = Math.max(1, this.#order.size - 1);
    const sample = Math.min(capacity, sampleSize(capacity));
    this.#capacity = capacity;
    this.#ghosts = new GhostFrequencies(Math.ceil(capacity * ghostShare));
    this.#miniatures = new MiniatureCaches(sample, windowShares, this.#seed);
    this.#sampleBelow = (sample / capacity) * 2 ** 32;
    this.#order.bound(capacity, windowShares[this.#choice]!);
    this.#untilReview = Math.ceil(capacity * reviewAfter);
    this.#untilAging = capacity * ageAfter;
    const sampled: number[] = [];
    for (const slot of this.#order) {
      const isSampled = this.#hash(slot) >>> 0 < this.#sampleBelow;
      this.#order.mark(slot, isSampled);
      if (isSampled) sampled.push(slot);
    }
    for (const slot of sampled.reverse())
      this.#miniatures.request(this.#hash(slot), this.#order.frequency(slot));
  }

  /** Mixed with the seed, since the table's own is known by its order, and takes many strings for one. */
  #hash(slot: number): number {
    let hash = Math.imul(this.#table.links[slot << 2]! ^ this.#seed, 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 15), 0x297a2d39);
    return hash ^ (hash >>> 16);
  }
}

/** A quarter of a small cache, for too few tell nothing; the larger the cache, the smaller a part, which costs time. */
function sampleSize(capacity: number): number {
  return Math.max(
    16,
    Math.min(64, capacity >> 2),
    Math.min(128, capacity >> 4),
    Math.min(256, capacity >> 9),
  );
}
