import type { TopK } from "./top-k.ts";

const impactBits = 10;
const maxLevel = (1 << impactBits) - 1;

/** Documents are numbered below this. */
export const maxDocuments = 2 ** (32 - impactBits);

/** @returns the impact as it is stored: in steps of a thousandth, never 0 */
export function storedImpact(impact: number): number {
  return levelOf(impact) / maxLevel;
}

function levelOf(impact: number): number {
  return Math.max(1, Math.min(maxLevel, Math.round(impact * maxLevel)));
}

/** The lists one after the other. */
export interface PackedLists {
  /** How long each is. */
  readonly counts: Uint32Array;
  /** A document's number × 1,024, and its impact in steps of 1/1,023. */
  readonly entries: Uint32Array;
}

/**
 * For each term the documents that hold it, each with its impact (0 to 1), one number for both: what is read while scoring
 * decides how long it takes. All lists share one pool; a list that outgrows its place moves to the end with twice the room,
 * and the pool is packed when it is full. The order within a list means nothing.
 */
export class PostingLists {
  #entries: Uint32Array = new Uint32Array(0);
  /** Places of the pool that are taken or left behind. */
  #end = 0;
  #leftBehind = 0;
  #starts: Uint32Array = new Uint32Array(0);
  #counts: Uint32Array = new Uint32Array(0);
  #capacities: Uint32Array = new Uint32Array(0);
  #terms = 0;

  get terms(): number {
    return this.#terms;
  }

  /** @returns the number of a new term, whose list is empty */
  addTerm(): number {
    if (this.#terms === this.#starts.length) {
      const length = Math.max(64, this.#terms * 2);
      this.#starts = grown(this.#starts, length);
      this.#counts = grown(this.#counts, length);
      this.#capacities = grown(this.#capacities, length);
    }
    return this.#terms++;
  }

  /** @returns how many documents hold the term */
  count(term: number): number {
    return this.#counts[term]!;
  }

  /** The caller sees to it that the document isn't in the list. */
  add(term: number, document: number, impact: number): void {
    const count = this.#counts[term]!;
    if (count === this.#capacities[term]!) this.#move(term, Math.max(2, count * 2));
    this.#entries[this.#starts[term]! + count] = ((document << impactBits) | levelOf(impact)) >>> 0;
    this.#counts[term] = count + 1;
  }

  /** The last of the list takes the place of the one that goes. */
  remove(term: number, document: number): void {
    const entries = this.#entries;
    const start = this.#starts[term]!;
    const last = start + this.#counts[term]! - 1;
    for (let at = start; at <= last; at++) {
      if (entries[at]! >>> impactBits !== document) continue;
      entries[at] = entries[last]!;
      this.#counts[term] = last - start;
      return;
    }
  }

  /** Adds `weight` × impact to the score of each document of the list. */
  accumulate(term: number, weight: number, scores: Float32Array): void {
    const entries = this.#entries;
    const start = this.#starts[term]!;
    const end = start + this.#counts[term]!;
    const step = weight / maxLevel;
    for (let i = start; i < end; i++) {
      const entry = entries[i]!;
      const document = entry >>> impactBits;
      scores[document] = scores[document]! + step * (entry & maxLevel);
    }
  }

  /** Offers the scores of the list's documents, and sets them back to 0: so each is offered once, whatever lists it is in. */
  collect(term: number, scores: Float32Array, into: TopK): void {
    const entries = this.#entries;
    const start = this.#starts[term]!;
    const end = start + this.#counts[term]!;
    for (let i = start; i < end; i++) {
      const document = entries[i]! >>> impactBits;
      const score = scores[document]!;
      if (score === 0) continue;
      scores[document] = 0;
      if (score >= into.floor) into.offer(document, score);
    }
  }

  /** @returns for each document the terms that hold it */
  byDocument(): Uint32Array[] {
    const lists: number[][] = [];
    for (let term = 0; term < this.#terms; term++) {
      const start = this.#starts[term]!;
      for (let i = start; i < start + this.#counts[term]!; i++) {
        const document = this.#entries[i]! >>> impactBits;
        lists[document] ??= [];
        lists[document]!.push(term);
      }
    }
    return lists.map((list) => Uint32Array.from(list));
  }

  packed(): PackedLists {
    const counts = this.#counts.slice(0, this.#terms);
    const entries = new Uint32Array(counts.reduce((sum, count) => sum + count, 0));
    let to = 0;
    for (let term = 0; term < this.#terms; term++) {
      const start = this.#starts[term]!;
      entries.set(this.#entries.subarray(start, start + counts[term]!), to);
      to += counts[term]!;
    }
    return { counts, entries };
  }

  /** @param lists which this takes over; as many entries as the counts say */
  static of({ counts, entries }: PackedLists): PostingLists {
    const made = new PostingLists();
    made.#terms = counts.length;
    made.#counts = counts;
    made.#capacities = counts.slice();
    made.#starts = new Uint32Array(counts.length);
    let start = 0;
    for (let term = 0; term < counts.length; term++) {
      made.#starts[term] = start;
      start += counts[term]!;
    }
    made.#entries = entries;
    made.#end = start;
    return made;
  }

  #move(term: number, capacity: number): void {
    if (this.#end + capacity > this.#entries.length) this.#makeRoom(capacity);
    const start = this.#starts[term]!;
    this.#entries.copyWithin(this.#end, start, start + this.#counts[term]!);
    this.#leftBehind += this.#capacities[term]!;
    this.#starts[term] = this.#end;
    this.#capacities[term] = capacity;
    this.#end += capacity;
  }

  #makeRoom(capacity: number): void {
    const taken = this.#end - this.#leftBehind;
    const entries = new Uint32Array(Math.max(1024, (taken + capacity) * 2));
    let to = 0;
    for (let term = 0; term < this.#terms; term++) {
      const start = this.#starts[term]!;
      entries.set(this.#entries.subarray(start, start + this.#counts[term]!), to);
      this.#starts[term] = to;
      to += this.#capacities[term]!;
    }
    this.#entries = entries;
    this.#end = to;
    this.#leftBehind = 0;
  }
}

/** @returns the number of an entry's document */
export function documentOf(entry: number): number {
  return entry >>> impactBits;
}

function grown(array: Uint32Array, length: number): Uint32Array {
  const longer = new Uint32Array(length);
  longer.set(array);
  return longer;
}
