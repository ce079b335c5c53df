import { newerAt, olderAt } from "./entry-table.ts";

// The three lists, which are rings; each begins at the slot of its number.
const probation = 0;
const kept = 1;
const window = 2;

/** The first slot that an entry can have. */
export const firstSlot = 3;

// One byte a slot: whether it is marked, its list, whether it was used since its last turn in `kept`, its frequency.
const marked = 128;
const listMask = 96;
const listShift = 5;
const spared = 16;
/** The highest frequency told apart. */
export const maxFrequency = 15;

/** How many slots beyond the newest surplus one leave a window that has become too large, per eviction. */
const shrinkStep = 8;
/** Of what is not window, how much may be kept for having been used again. */
const keptShare = 0.8;
/** How many leave the kept, when they are too many, for one that joins them. */
const keptStep = 8;
/** From this frequency on, chance lets in one of 128 that would be turned away. */
const warmFrequency = 6;

/** Four integers a slot, two of them for the policy's list; replaced by a larger array as there are more slots. */
export interface Links {
  readonly links: Int32Array;
}

/**
 * W-TinyLFU with a given window: newcomers start in the window, in order of use; who falls out of it displaces another
 * only by having been asked for more often. The rest is in two lists: on probation, in order of arrival, and kept, for
 * those used again. A use of a kept slot is one byte written; it is spared when its turn comes to go back on probation.
 *
 * Slots are integers ≥ `firstSlot` that the caller chooses; each is in exactly one list from `add` to `remove`.
 * @see Einziger, Friedman & Manes, TinyLFU: A Highly Efficient Cache Admission Policy, ACM ToS 2017
 */
export class WindowTinyLfu {
  readonly #table: Links;
  #states: Uint8Array;
  #probation = 0;
  #kept = 0;
  #window = 0;
  #windowBound = 1;
  #keptBound = 0;
  #coin: number;

  /**
   * @param table room for `slots` and those below `firstSlot`
   * @param slots the highest slot
   * @param seed of the coin, an integer
   */
  constructor(table: Links, slots: number, seed: number) {
    this.#table = table;
    this.#states = new Uint8Array(slots + 1);
    this.#coin = seed | 0;
    for (let list = 0; list < firstSlot; list++)
      table.links[(list << 2) + newerAt] = table.links[(list << 2) + olderAt] = list;
  }

  get size(): number {
    return this.#probation + this.#kept + this.#window;
  }

  /**
   * Takes effect as entries come and go.
   * @param capacity entries to be held, ≥ 1
   * @param windowShare of them in the window, from 0 (one entry) to 1 (exact LRU)
   * @param isFull whether one had to go so far; before, all that were used again are kept, so that a use costs a byte written
   */
  bound(capacity: number, windowShare: number, isFull = true): void {
    this.#windowBound = Math.max(1, Math.round(capacity * windowShare));
    this.#keptBound = isFull ? Math.floor((capacity - this.#windowBound) * keptShare) : capacity;
  }

  /** @param slots the highest slot from now on */
  grow(slots: number): void {
    const states = new Uint8Array(slots + 1);
    states.set(this.#states);
    this.#states = states;
  }

  /** @returns how often the slot's entry was asked for of late, up to `maxFrequency` */
  frequency(slot: number): number {
    return this.#states[slot]! & maxFrequency;
  }

  /** @param frequency from 0 to `maxFrequency` @param isMarked what `use` will say of the slot */
  add(slot: number, frequency: number, isMarked = false): void {
    // The last one to fall out of the window is still here, so there was room for it.
    if (this.#window > this.#windowBound) this.#moveToProbation(this.#oldest(window));
    this.#states[slot] = isMarked ? frequency | marked : frequency;
    this.#linkToWindow(slot);
  }

  mark(slot: number, isMarked: boolean): void {
    this.#states[slot] = (this.#states[slot]! & ~marked) | (isMarked ? marked : 0);
  }

  /** @returns whether the slot is marked */
  use(slot: number): boolean {
    const state = this.#states[slot]!;
    const counted = (state & maxFrequency) === maxFrequency ? state : state + 1;
    const list = (state & listMask) >> listShift;
    if (list === window) {
      this.#states[slot] = counted;
      this.#unlink(slot);
      this.#link(slot, window);
    } else if (this.#window < this.#windowBound) {
      // While the window grows, what is in use outside belongs to it.
      this.#states[slot] = counted;
      this.remove(slot);
      this.#linkToWindow(slot);
    } else if (list === kept) this.#states[slot] = counted | spared;
    else {
      this.#states[slot] = counted;
      this.#unlink(slot);
      this.#probation--;
      this.#linkToKept(slot);
      for (let i = 0; i < keptStep && this.#kept > this.#keptBound; i++)
        this.#moveToProbation(this.#leastKept());
    }
    return (state & marked) !== 0;
  }

  remove(slot: number): void {
    const list = (this.#states[slot]! & listMask) >> listShift;
    this.#unlink(slot);
    if (list === window) this.#window--;
    else if (list === kept) this.#kept--;
    else this.#probation--;
  }

  /** @returns the slot that should go; it stays until it is removed */
  victim(): number {
    for (let i = 0; i < shrinkStep && this.#window > this.#windowBound + 1; i++)
      this.#moveToProbation(this.#oldest(window));
    if (this.#probation + this.#kept === 0) return this.#oldest(window);
    const rival = this.#probation > 0 ? this.#oldest(probation) : this.#leastKept();
    if (this.#window < this.#windowBound) return rival;
    const candidate = this.#oldest(window);
    if (!this.#admits(candidate, rival)) return candidate;
    this.#moveToProbation(candidate);
    return rival;
  }

  /** Halves all frequencies, so that what was popular once can be forgotten. */
  age(): void {
    const states = this.#states;
    for (let slot = 0; slot < states.length; slot++) {
      const state = states[slot]!;
      states[slot] = (state & ~maxFrequency) | ((state & maxFrequency) >> 1);
    }
  }

  /** The window, then the kept, then those on probation; in each the last to come first. */
  *[Symbol.iterator](): IterableIterator<number> {
    const older = (slot: number): number => this.#table.links[(slot << 2) + olderAt]!;
    for (const list of [window, kept, probation])
      for (let slot = older(list); slot !== list; slot = older(slot)) yield slot;
  }

  #oldest(list: number): number {
    return this.#table.links[(list << 2) + newerAt]!;
  }

  /** Ends, because each slot passed over loses what spared it. */
  #leastKept(): number {
    for (;;) {
      const slot = this.#oldest(kept);
      if ((this.#states[slot]! & spared) === 0) return slot;
      this.#states[slot]! &= ~spared;
      this.#unlink(slot);
      this.#link(slot, kept);
    }
  }

  #admits(candidate: number, rival: number): boolean {
    const frequency = this.frequency(candidate);
    if (frequency > this.frequency(rival)) return true;
    if (frequency < warmFrequency) return false;
    // Without it, a rival that was made to look popular would lock all others out.
    this.#coin = (Math.imul(this.#coin, 1664525) + 1013904223) | 0;
    return this.#coin >>> 25 === 0;
  }

  #moveToProbation(slot: number): void {
    this.remove(slot);
    this.#states[slot] = (this.#states[slot]! & (marked | maxFrequency)) | (probation << listShift);
    this.#link(slot, probation);
    this.#probation++;
  }

  #linkToKept(slot: number): void {
    this.#states[slot] = (this.#states[slot]! & (marked | maxFrequency)) | (kept << listShift);
    this.#link(slot, kept);
    this.#kept++;
  }

  #linkToWindow(slot: number): void {
    this.#states[slot] = (this.#states[slot]! & (marked | maxFrequency)) | (window << listShift);
    this.#link(slot, window);
    this.#window++;
  }

  /** As the newest of the list. */
  #link(slot: number, list: number): void {
    const { links } = this.#table;
    const newest = links[(list << 2) + olderAt]!;
    links[(slot << 2) + newerAt] = list;
    links[(slot << 2) + olderAt] = newest;
    links[(newest << 2) + newerAt] = slot;
    links[(list << 2) + olderAt] = slot;
  }

  #unlink(slot: number): void {
    const { links } = this.#table;
    const newer = links[(slot << 2) + newerAt]!;
    const older = links[(slot << 2) + olderAt]!;
    links[(newer << 2) + olderAt] = older;
    links[(older << 2) + newerAt] = newer;
  }
}
