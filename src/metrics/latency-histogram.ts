import { finite } from "../options.ts";
import { type Exemplar, exemplarOf } from "./exemplar.ts";
import type { HistogramSnapshot, Labels } from "./metric.ts";

/** Every power of two is cut into 2⁶ equal buckets: a bucket's middle is within 1/128 (0.79 %) of any value in it. */
const subBucketBits = 6;
const octave = 2 ** subBucketBits;
/** A bucket's number is the top of the float's bits: 11 of exponent, 6 of mantissa. */
const shift = 20 - subBucketBits;
const firstOctave = 1023 - 64;
const endOctave = 1023 + 64;
/** Above any bucket number: nothing fits yet. */
const nothingYet = 2 ** 30;
/** The array of counts begins with the exact figures, so that a record touches one array alone. */
const header = 5;
const [countSlot, sumSlot, minSlot, maxSlot, zeroSlot] = [0, 1, 2, 3, 4];

/** Shared by all: a value is written here to read its bits. */
const float = new Float64Array(1);
const halves = new Uint32Array(float.buffer);
const highHalf = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * A distribution of non-negative numbers, in whatever unit the caller records: latencies, waits, sizes.
 * Count, sum, minimum and maximum are exact. Quantiles are within 1 % (at most 1/128) of the value at that rank, from
 * 2⁻⁶⁴ to 2⁶⁴, which holds 1 ns to 1,000 s in seconds as well as in nanoseconds. A smaller value counts as 0 there, a
 * larger one as the largest recorded.
 *
 * `record` takes the bucket from the float's bits. It allocates only when a value lies outside the powers of two
 * seen so far. Memory: about 0.3 kB when new, then 0.5 kB for each power of two from half the smallest value to twice
 * the largest: some 5 kB for 50 µs to 5 ms, 22 kB for 1 ns to 1,000 s, 66 kB at most.
 *
 * NaN, ±∞ and negative values are left out and counted in `rejected`; `record` never throws.
 * @see https://www.hdrhistogram.org/ for the idea of equal buckets within each power of two
 */
export class LatencyHistogram implements HistogramSnapshot {
  /** The exact figures, then the buckets of whole octaves. */
  #slots = emptySlots(0);
  /** Number of the first bucket, less `header`. */
  #offset = nothingYet;
  #rejected = 0;
  /** The latest of each power of two. Only there once one was given. */
  #exemplars: Map<number, Exemplar> | undefined;

  /** @param value finite, ≥ 0, in the caller's unit; anything else is counted in `rejected` */
  record(value: number): void {
    // From untyped code a string may come: it would be joined to the sum.
    if (typeof value !== "number") {
      this.#rejected++;
      return;
    }
    float[0] = value;
    const slots = this.#slots;
    const slot = (halves[highHalf]! >>> shift) - this.#offset;
    if (slot >= header && slot < slots.length) {
      slots[slot]!++;
      slots[countSlot]!++;
      slots[sumSlot]! += value;
      if (value < slots[minSlot]!) slots[minSlot] = value;
      if (value > slots[maxSlot]!) slots[maxSlot] = value;
    } else this.#recordElsewhere(value);
  }

  /**
   * As `record`, and remembers the value as the latest example of its power of two; OpenMetrics shows it at its bucket.
   * At most 130 are kept.
   * @param labels such as `{ trace_id }`, at most 128 characters in all; others are left out and counted in `rejected`
   * @param unixMs when it was, milliseconds since 1970
   */
  recordWithExemplar(value: number, labels: Labels, unixMs = Date.now()): void {
    const rejected = this.#rejected;
    this.record(value);
    if (rejected !== this.#rejected) return;
    const exemplar = exemplarOf(labels, value + 0, unixMs);
    if (exemplar === undefined) {
      this.#rejected++;
      return;
    }
    this.#exemplars ??= new Map();
    this.#exemplars.set(octaveOf(exemplar.value), exemplar);
  }

  /** Values recorded. */
  get count(): number {
    return this.#slots[countSlot]!;
  }
  /** Their sum, in their unit. */
  get sum(): number {
    return this.#slots[sumSlot]!;
  }
  /** The smallest; `Infinity` while empty. */
  get min(): number {
    return this.#slots[minSlot]!;
  }
  /** The largest; `-Infinity` while empty. */
  get max(): number {
    return this.#slots[maxSlot]!;
  }
  /** Values that were not recorded, because they are NaN, infinite or negative, and exemplars that no format holds. */
  get rejected(): number {
    return this.#rejected;
  }
  /** Bytes of the buckets allocated so far; the object around them takes about 0.3 kB more. */
  get sizeBytes(): number {
    return this.#slots.byteLength;
  }

  /**
   * The value at rank ⌈q × count⌉ (nearest rank), within 1 %; 0 and 1 give the exact minimum and maximum.
   * @param q 0 to 1
   * @returns in the unit recorded; `undefined` while empty
   * @throws {RangeError} when q is not in 0 … 1
   */
  quantile(q: number): number | undefined {
    finite("q", q, 0, 1);
    const slots = this.#slots;
    const { count, min, max } = this;
    if (count === 0) return undefined;
    // q × count may come out a hair above the whole number that is meant: 0.07 × 100 = 7.000000000000001.
    const rank = Math.ceil(q * count * (1 - 2 ** -50));
    if (q === 0) return min;
    if (rank >= count) return max;
    let below = slots[zeroSlot]!;
    if (rank <= below) return min;
    for (let slot = header; slot < slots.length; slot++) {
      below += slots[slot]!;
      if (rank <= below) return Math.min(max, Math.max(min, this.#middle(slot)));
    }
    return max;
  }

  /**
   * How many recorded values are ≤ `bound`. A bucket that the bound cuts counts where its middle is ≤ the bound, so
   * the answer is exact for a bound that is off by at most 1 %. It never falls as the bound rises.
   */
  countAtOrBelow(bound: number): number {
    const slots = this.#slots;
    if (!(bound >= this.min)) return 0;
    if (bound >= this.max) return this.count;
    float[0] = bound;
    const cut = Math.min(slots.length, (halves[highHalf]! >>> shift) - this.#offset);
    let total = slots[zeroSlot]!;
    for (let slot = header; slot < cut; slot++) total += slots[slot]!;
    if (cut >= header && cut < slots.length && this.#middle(cut) <= bound) total += slots[cut]!;
    // The smallest value itself is below, whatever the middle of its bucket.
    return Math.max(1, total);
  }

  /**
   * `countAtOrBelow` of each bound, all in one pass over the buckets.
   * @param bounds ascending
   * @param counts where the answers go, one for each bound
   */
  countsAtOrBelow(bounds: readonly number[], counts: Float64Array): void {
    const slots = this.#slots;
    const { count, min, max } = this;
    let total = slots[zeroSlot]!;
    let slot = header;
    for (let i = 0; i < bounds.length; i++) {
      const bound = bounds[i]!;
      if (!(bound >= min)) counts[i] = 0;
      else if (bound >= max) counts[i] = count;
      else {
        float[0] = bound;
        const cut = Math.min(slots.length, (halves[highHalf]! >>> shift) - this.#offset);
        for (; slot < cut; slot++) total += slots[slot]!;
        const isCut = cut >= header && cut < slots.length && this.#middle(cut) <= bound;
        counts[i] = Math.max(1, isCut ? total + slots[cut]! : total);
      }
    }
  }

  /** The latest example of each power of two. */
  exemplars(): Iterable<Exemplar> {
    return this.#exemplars?.values() ?? [];
  }

  /** Adds all that `other` holds, as if it had been recorded here. Values must be of the same unit. */
  merge(other: LatencyHistogram): void {
    const from = other.#slots;
    this.#rejected += other.#rejected;
    for (const [own, exemplar] of other.#exemplars ?? []) {
      this.#exemplars ??= new Map();
      if ((this.#exemplars.get(own)?.unixMs ?? 0) <= exemplar.unixMs) this.#exemplars.set(own, exemplar);
    }
    if (from[countSlot] === 0) return;
    if (from.length > header) {
      const first = (other.#offset + header) / octave;
      this.#cover(first, first + (from.length - header) / octave);
    }
    const to = this.#slots;
    const move = other.#offset - this.#offset;
    for (let slot = header; slot < from.length; slot++) to[slot + move]! += from[slot]!;
    to[zeroSlot]! += from[zeroSlot]!;
    to[countSlot]! += from[countSlot]!;
    to[sumSlot]! += from[sumSlot]!;
    to[minSlot] = Math.min(to[minSlot]!, from[minSlot]!);
    to[maxSlot] = Math.max(to[maxSlot]!, from[maxSlot]!);
  }

  /**
   * What was recorded since `earlier`, a snapshot of this histogram; all, when it holds less than that, so has begun anew.
   * Count and quantiles are as ever; the least and the most are known by their buckets, so within 1 %.
   */
  since(earlier: LatencyHistogram | undefined): LatencyHistogram {
    const since = this.#copy();
    if (earlier === undefined || earlier.count === 0) return since;
    const from = earlier.#slots;
    const slots = since.#slots;
    const move = earlier.#offset - this.#offset;
    for (let slot = header; slot < from.length; slot++) {
      if (from[slot] === 0) continue;
      const at = slot + move;
      if (!(at >= header && at < slots.length && slots[at]! >= from[slot]!)) return this.#copy();
      slots[at]! -= from[slot]!;
    }
    if (slots[zeroSlot]! < from[zeroSlot]!) return this.#copy();
    slots[zeroSlot]! -= from[zeroSlot]!;
    slots[countSlot]! -= from[countSlot]!;
    if (slots[countSlot] === 0) return new LatencyHistogram();
    slots[sumSlot] = Math.max(0, slots[sumSlot]! - from[sumSlot]!);
    since.#boundByBuckets(earlier);
    return since;
  }

  /** Forgets everything and gives its memory back. */
  reset(): void {
    this.#slots = emptySlots(0);
    this.#offset = nothingYet;
    this.#rejected = 0;
    this.#exemplars = undefined;
  }

  /** A copy that later records don't change. */
  snapshot(): HistogramSnapshot {
    return this.#copy();
  }

  #copy(): LatencyHistogram {
    const copy = new LatencyHistogram();
    copy.#slots = this.#slots.slice();
    copy.#offset = this.#offset;
    copy.#rejected = this.#rejected;
    if (this.#exemplars) copy.#exemplars = new Map(this.#exemplars);
    return copy;
  }

  /** The exact least and most may be those of values that were subtracted; a new record is one still. */
  #boundByBuckets(earlier: LatencyHistogram): void {
    const slots = this.#slots;
    const filled = (from: number, step: number): number => {
      let slot = from;
      while (slot >= header && slot < slots.length && slots[slot] === 0) slot += step;
      return slot;
    };
    const last = filled(slots.length - 1, -1);
    if (this.max <= earlier.max) slots[maxSlot] = last >= header ? Math.min(this.max, this.#middle(last)) : 0;
    if (this.min < earlier.min) return;
    const first = filled(header, 1);
    slots[minSlot] = slots[zeroSlot]! > 0 ? 0 : Math.min(this.max, Math.max(this.min, this.#middle(first)));
  }

  #recordElsewhere(given: number): void {
    if (!(given >= 0 && given < Number.POSITIVE_INFINITY)) {
      this.#rejected++;
      return;
    }
    // −0 becomes 0.
    const value = given + 0;
    float[0] = value;
    const bucket = halves[highHalf]! >>> shift;
    const own = Math.floor(bucket / octave);
    let slot: number = zeroSlot;
    if (own >= firstOctave) {
      const within = Math.min(own, endOctave - 1);
      // One octave to spare on either side: the neighbours of a latency come next.
      if (bucket < this.#offset + header || within * octave >= this.#offset + this.#slots.length)
        this.#cover(Math.max(firstOctave, within - 1), Math.min(endOctave, within + 2));
      slot = own < endOctave ? bucket - this.#offset : this.#slots.length - 1;
    }
    const slots = this.#slots;
    slots[slot]!++;
    slots[countSlot]!++;
    slots[sumSlot]! += value;
    slots[minSlot] = Math.min(slots[minSlot]!, value);
    slots[maxSlot] = Math.max(slots[maxSlot]!, value);
  }

  /** Makes room for the octaves from `first` up to, not including, `end`. */
  #cover(first: number, end: number): void {
    const old = this.#slots;
    const isEmpty = old.length === header;
    const oldFirst = isEmpty ? first : (this.#offset + header) / octave;
    const oldEnd = isEmpty ? end : oldFirst + (old.length - header) / octave;
    const newFirst = Math.min(first, oldFirst);
    const newEnd = Math.max(end, oldEnd);
    if (!isEmpty && newFirst === oldFirst && newEnd === oldEnd) return;
    const slots = emptySlots(newEnd - newFirst);
    slots.set(old.subarray(0, header));
    slots.set(old.subarray(header), header + (oldFirst - newFirst) * octave);
    this.#slots = slots;
    this.#offset = newFirst * octave - header;
  }

  #middle(slot: number): number {
    const bucket = slot + this.#offset;
    return 2 ** (Math.floor(bucket / octave) - 1023) * (1 + ((bucket % octave) + 0.5) / octave);
  }
}

/** The power of two, as far as they are told apart. */
function octaveOf(value: number): number {
  float[0] = value;
  const own = Math.floor((halves[highHalf]! >>> shift) / octave);
  return Math.min(endOctave, Math.max(firstOctave - 1, own));
}

function emptySlots(octaves: number): Float64Array {
  const slots = new Float64Array(header + octaves * octave);
  slots[minSlot] = Number.POSITIVE_INFINITY;
  slots[maxSlot] = Number.NEGATIVE_INFINITY;
  return slots;
}
