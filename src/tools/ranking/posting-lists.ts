import type { TopK } from "./top-k.ts";

/**
 * For each term the documents that hold it, each with its impact, in typed arrays. All lists share one pool; a list that outgrows
 * its place moves to the end with twice the room, and the pool is packed when half of it is left behind.
 * The order within a list means nothing.
 */
export class PostingLists {
  #documents: Uint32Array;
  #impacts: Float32Array;
  /** Places of the pool that are taken or left behind. */
  #end = 0;
  #leftBehind = 0;
  #starts: Uint32Array;
  #counts: Uint32Array;
  #capacities: Uint32Array;
  #terms = 0;

  constructor(terms = 0, postings = 0) {
    this.#documents = new Uint32Array(postings);
    this.#impacts = new Float32Array(postings);
    this.#starts = new Uint32Array(terms);
    this.#counts = new Uint32Array(terms);
    this.#capacities = new Uint32Array(terms);
  }

  get terms(): number {
    return this.#terms;
  }

  /** Bytes of the typed arrays. */
  get sizeBytes(): number {
    return this.#documents.byteLength * 2 + this.#starts.byteLength * 3;
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
    const at = this.#starts[term]! + count;
    this.#documents[at] = document;
    this.#impacts[at] = impact;
    this.#counts[term] = count + 1;
  }

  /** The last of the list takes the place of the one that goes. */
  remove(term: number, document: number): void {
    const start = this.#starts[term]!;
    const last = start + this.#counts[term]! - 1;
    const at = this.#documents.subarray(start, last + 1).indexOf(document) + start;
    if (at < start) return;
    this.#documents[at] = this.#documents[last]!;
    this.#impacts[at] = this.#impacts[last]!;
    this.#counts[term] = last - start;
  }

  /** Adds `weight` × impact to the score of each document of the list. */
  accumulate(term: number, weight: number, scores: Float32Array): void {
    const documents = this.#documents;
    const impacts = this.#impacts;
    const start = this.#starts[term]!;
    const end = start + this.#counts[term]!;
    for (let i = start; i < end; i++) {
      const document = documents[i]!;
      scores[document] = scores[document]! + weight * impacts[i]!;
    }
  }

  /** Offers the scores of the list's documents, and sets them back to 0: so each is offered once, whatever lists it is in. */
  collect(term: number, scores: Float32Array, into: TopK): void {
    const documents = this.#documents;
    const start = this.#starts[term]!;
    const end = start + this.#counts[term]!;
    for (let i = start; i < end; i++) {
      const document = documents[i]!;
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
        const document = this.#documents[i]!;
        lists[document] ??= [];
        lists[document]!.push(term);
      }
    }
    return lists.map((list) => Uint32Array.from(list));
  }

  /** @returns the lists one after the other, to be saved: how long each is, and all documents and impacts */
  packed(): {
    readonly counts: Uint32Array;
    readonly documents: Uint32Array;
    readonly impacts: Float32Array;
  } {
    const counts = this.#counts.slice(0, this.#terms);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const documents = new Uint32Array(total);
    const impacts = new Float32Array(total);
    let to = 0;
    for (let term = 0; term < this.#terms; term++) {
      const start = this.#starts[term]!;
      const end = start + counts[term]!;
      documents.set(this.#documents.subarray(start, end), to);
      impacts.set(this.#impacts.subarray(start, end), to);
      to += counts[term]!;
    }
    return { counts, documents, impacts };
  }

  /** @param lists as `packed` gives them, which this takes over; as many documents as the counts say */
  static of(lists: ReturnType<PostingLists["packed"]>): PostingLists {
    const made = new PostingLists();
    made.#terms = lists.counts.length;
    made.#counts = lists.counts;
    made.#capacities = lists.counts.slice();
    made.#starts = new Uint32Array(lists.counts.length);
    let start = 0;
    for (let term = 0; term < lists.counts.length; term++) {
      made.#starts[term] = start;
      start += lists.counts[term]!;
    }
    made.#documents = lists.documents;
    made.#impacts = lists.impacts;
    made.#end = start;
    return made;
  }

  #move(term: number, capacity: number): void {
    if (this.#end + capacity > this.#documents.length) this.#makeRoom(capacity);
    const start = this.#starts[term]!;
    const end = start + this.#counts[term]!;
    this.#documents.copyWithin(this.#end, start, end);
    this.#impacts.copyWithin(this.#end, start, end);
    this.#leftBehind += this.#capacities[term]!;
    this.#starts[term] = this.#end;
    this.#capacities[term] = capacity;
    this.#end += capacity;
  }

  #makeRoom(capacity: number): void {
    const taken = this.#end - this.#leftBehind;
    const documents = new Uint32Array(Math.max(1024, (taken + capacity) * 2));
    const impacts = new Float32Array(documents.length);
    let to = 0;
    for (let term = 0; term < this.#terms; term++) {
      const start = this.#starts[term]!;
      const end = start + this.#counts[term]!;
      documents.set(this.#documents.subarray(start, end), to);
      impacts.set(this.#impacts.subarray(start, end), to);
      this.#starts[term] = to;
      to += this.#capacities[term]!;
    }
    this.#documents = documents;
    this.#impacts = impacts;
    this.#end = to;
    this.#leftBehind = 0;
  }
}

function grown(array: Uint32Array, length: number): Uint32Array {
  const longer = new Uint32Array(length);
  longer.set(array);
  return longer;
}
