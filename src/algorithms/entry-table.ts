import { hashInteger, hashString, maxUnits } from "./key-hash.ts";

/** Places of a slot's four integers in `links`: its hash comes first, then the next slot of its bucket, … */
const chainAt = 1;
/** … and two that belong to the policy, for its lists. */
export const newerAt = 2;
export const olderAt = 3;

/** Slots that there are at first. */
const fewSlots = 16;

/** Units of a string hashed at first; many keys differ in their last ones. */
const fewUnits = 8;

/** Other keys of the same hash met in one look-up; by chance there are two at most. */
const mostAlike = 2;

/**
 * Keys and values by slot, found by key: hashing with chains over typed arrays.
 * Slots are small integers; the first ones, from 0 on, are no entries but the beginnings of the policy's lists. An entry
 * takes 16 bytes of integers (one cache line serves comparing, chaining and moving to the front), 16 for key and value
 * and 2.5 to 5 for the buckets, and deletes leave no holes; V8's `Map` alone takes 40 to 80.
 * Strings and safe integers are hashed here, all other keys are found by a `Map`. Of strings the last 8 units are
 * hashed; when that doesn't tell some apart, twice as many, up to 32; past that, longer strings are left to the `Map`,
 * too, which keeps the hash that V8 stores in a string. So no set of keys makes a look-up slow.
 */
export class EntryTable<K, V> {
  /** Four integers a slot; replaced by a larger one as the table grows, so don't keep it. */
  links: Int32Array;
  /** Key and value of slot s at 2s and 2s + 1. */
  #cells: unknown[];
  /** First slot of each chain, by the hash's high bits; 0 ends a chain. */
  #buckets = new Int32Array(fewSlots);
  #shift = Math.clz32(fewSlots - 1);
  #others: Map<K, number> | undefined;
  readonly #lists: number;
  #lastSlot: number;
  readonly #grown: (lastSlot: number) => void;
  readonly #hashOther: ((key: K) => number) | undefined;
  /** Strings found before, with their slots; absent where that isn't wanted. */
  readonly #known: Map<unknown, number> | undefined;
  /** First of the free slots, chained; 0 when there is none. */
  #free = 0;
  /** Slots up to here have been in use. */
  #used: number;
  #size = 0;
  #units = fewUnits;
  // What was asked for last and not found: who misses will mostly set.
  #missedKey: unknown = undefined;
  #missedHash = 0;

  /**
   * @param lists how many lists the policy has, ≥ 1
   * @param grown told when there are more slots, before one of them is used
   * @param hashOther gives keys that are found by the `Map` a hash as well, for a policy that wants one
   * @param remembers whether strings that were found are found by a `Map` from then on: faster for strings at hand, whose
   *   hash V8 has stored, slower for those just made, and up to 40 bytes an entry more
   */
  constructor(
    lists: number,
    grown: (lastSlot: number) => void,
    hashOther?: (key: K) => number,
    remembers = false,
  ) {
    this.#lists = lists;
    this.#grown = grown;
    this.#known = remembers ? new Map() : undefined;
    this.#hashOther = hashOther;
    this.#used = lists - 1;
    this.#lastSlot = this.#used + fewSlots;
    this.links = new Int32Array((this.#lastSlot + 1) * 4);
    this.#cells = new Array((this.#lastSlot + 1) * 2).fill(undefined);
  }

  get size(): number {
    return this.#size;
  }

  /** The highest slot that there is. */
  get lastSlot(): number {
    return this.#lastSlot;
  }

  keyOf(slot: number): K {
    return this.#cells[slot << 1] as K;
  }

  valueOf(slot: number): V {
    return this.#cells[(slot << 1) + 1] as V;
  }

  setValue(slot: number, value: V): void {
    this.#cells[(slot << 1) + 1] = value;
  }

  /** @returns the slot of `key`, 0 when absent */
  find(key: K): number {
    if (typeof key === "string") {
      if (this.#known !== undefined) return this.#known.get(key) ?? this.#findUnknown(key);
      if (key.length <= maxUnits || this.#units <= maxUnits)
        return this.#findHashed(key, hashString(key, this.#units));
    } else if (typeof key === "number" && ((key | 0) === key || Number.isSafeInteger(key)))
      return this.#findHashed(key, hashInteger(key));
    return this.#others === undefined ? 0 : (this.#others.get(key) ?? 0);
  }

  /** As `find`, at no cost for the key that `find` has just missed. */
  findAgain(key: K): number {
    return key === this.#missedKey && key !== undefined ? 0 : this.find(key);
  }

  #findUnknown(key: K & string): number {
    const slot = this.#isHashed(key)
      ? this.#findHashed(key, hashString(key, this.#units))
      : (this.#others?.get(key) ?? 0);
    // The key that is held anyway, since the one asked for may be a slice of a long text.
    if (slot !== 0) this.#known!.set(this.#cells[slot << 1], slot);
    return slot;
  }

  #findHashed(key: unknown, hash: number): number {
    const { links } = this;
    const cells = this.#cells;
    let slot = this.#buckets[hash >>> this.#shift]!;
    let alike = 0;
    while (slot !== 0) {
      const at = slot << 2;
      if (links[at] === hash) {
        if (cells[slot << 1] === key) return slot;
        if (typeof key === "string" && key.length > this.#units && ++alike > mostAlike) {
          this.#hashMore();
          return this.find(key as K);
        }
      }
      slot = links[at + chainAt]!;
    }
    this.#missedKey = key;
    this.#missedHash = hash;
    return 0;
  }

  /**
   * @param key one that `find` doesn't find
   * @param most entries that will ever be held at the same time
   * @returns its slot
   */
  insert(key: K, value: V, most: number): number {
    if (this.#free === 0 && this.#used === this.#lastSlot) this.#grow(most);
    let slot = this.#free;
    if (slot === 0) slot = ++this.#used;
    else this.#free = this.links[(slot << 2) + chainAt]!;
    // As `Map` does, −0 is kept as 0.
    this.#cells[slot << 1] = key === 0 ? 0 : key;
    this.#cells[(slot << 1) + 1] = value;
    this.#size++;
    if (key === this.#missedKey && key !== undefined) this.#chain(slot, this.#missedHash);
    else this.#index(slot, key);
    this.#missedKey = undefined;
    return slot;
  }

  remove(slot: number): void {
    const { links } = this;
    const cells = this.#cells;
    const key = cells[slot << 1] as K;
    const next = links[(slot << 2) + chainAt]!;
    if (this.#isHashed(key)) {
      const bucket = links[slot << 2]! >>> this.#shift;
      let at = this.#buckets[bucket]!;
      if (at === slot) this.#buckets[bucket] = next;
      else {
        while (links[(at << 2) + chainAt] !== slot) at = links[(at << 2) + chainAt]!;
        links[(at << 2) + chainAt] = next;
      }
    } else this.#others!.delete(key);
    if (this.#known !== undefined) this.#known.delete(key);
    cells[slot << 1] = undefined;
    cells[(slot << 1) + 1] = undefined;
    links[(slot << 2) + chainAt] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  #isHashed(key: unknown): boolean {
    return typeof key === "string"
      ? key.length <= maxUnits || this.#units <= maxUnits
      : Number.isSafeInteger(key);
  }

  #index(slot: number, key: K): void {
    if (this.#isHashed(key))
      this.#chain(slot, typeof key === "string" ? hashString(key, this.#units) : hashInteger(key as number));
    else {
      this.#others ??= new Map();
      this.#others.set(key, slot);
      if (this.#hashOther !== undefined) this.links[slot << 2] = this.#hashOther(key);
    }
  }

  #chain(slot: number, hash: number): void {
    const { links } = this;
    const bucket = hash >>> this.#shift;
    links[slot << 2] = hash;
    links[(slot << 2) + chainAt] = this.#buckets[bucket]!;
    this.#buckets[bucket] = slot;
  }

  #grow(most: number): void {
    const entries = Math.max(this.#size + 1, Math.min(this.#size * 2, most));
    const lastSlot = this.#lists - 1 + entries;
    const links = new Int32Array((lastSlot + 1) * 4);
    links.set(this.links);
    this.links = links;
    const cells = new Array<unknown>((lastSlot + 1) * 2).fill(undefined);
    for (let i = 0; i < this.#cells.length; i++) cells[i] = this.#cells[i];
    this.#cells = cells;
    this.#lastSlot = lastSlot;
    // Between 0.8 and 1.6 entries a bucket.
    const bits = Math.max(4, 32 - Math.clz32(Math.ceil(entries * 0.625) - 1));
    if (1 << bits !== this.#buckets.length) {
      this.#buckets = new Int32Array(1 << bits);
      this.#shift = 32 - bits;
      for (let slot = this.#lists; slot <= this.#used; slot++)
        if (this.#isHashed(cells[slot << 1])) this.#chain(slot, links[slot << 2]!);
    }
    this.#grown(lastSlot);
  }

  /** Takes more units of every string into its hash. Slots stay. */
  #hashMore(): void {
    this.#units *= 2;
    this.#buckets.fill(0);
    this.#missedKey = undefined;
    const free = new Set<number>();
    for (let slot = this.#free; slot !== 0; slot = this.links[(slot << 2) + chainAt]!) free.add(slot);
    for (let slot = this.#lists; slot <= this.#used; slot++)
      if (!free.has(slot)) this.#index(slot, this.#cells[slot << 1] as K);
  }
}
