/** A feature that was used with more tools than this says nothing about which one to take, and is passed over. */
export const maxToolsOfFeature = 64;
/**
 * Of `#room`: no feature here; one that is passed over. Otherwise the room for tools is 2 to the power of it, less 1.
 */
const empty = 0;
const common = 255;
const firstFeatures = 1024;
/**
 * Classes of evidence when the least is looked for: the exponent and 7 bits of the float, so that they differ by 1 %.
 */
const classShift = 16;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function classOf(count: number): number {
  float[0] = Math.abs(count);
  return bits[0]! >>> classShift;
}

/** What `rebuild` does to each pair. */
interface Change {
  /** New number of each tool; -1 drops it. */
  readonly tools?: Int32Array;
  /** @default 1 */
  readonly factor?: number;
  /** Classes below are dropped. @default 0 */
  readonly leastClass?: number;
  /** Of that class, the features whose high lane, from 0 to 1, is below. @default 0 */
  readonly dropBelow?: number;
}

/**
 * Signed evidence for pairs of a feature (64 bits in two lanes) and a tool (0, 1, …), with its sum for each feature.
 * Features lie in an open hash table; the tools of each lie side by side, in a place of 1, 2, 4, … 64, so that reading
 * them all is a walk through memory.
 */
export class EvidenceTable {
  /** Pairs held; a feature that is passed over counts as one. */
  pairs = 0;
  /** Features held. */
  features = 0;
  /** Of the feature that `find` found. */
  start = 0;
  length = 0;
  total = 0;
  /** By place: the tool and the evidence. Replaced as they grow: read them anew after each `add`. */
  tools = new Int32Array(firstFeatures);
  counts = new Float32Array(firstFeatures);

  #commons = 0;
  #low: Int32Array;
  #high: Int32Array;
  #room: Uint8Array;
  #length: Uint16Array;
  #start: Int32Array;
  #total: Float64Array;
  /** The first place that was never given out. */
  #end = 0;
  /** Places that were given back, by room. */
  readonly #free: number[][] = Array.from({ length: 7 }, () => []);

  /** @param size features that there is a place for at first, a power of 2 */
  constructor(size = firstFeatures) {
    this.#low = new Int32Array(size);
    this.#high = new Int32Array(size);
    this.#room = new Uint8Array(size);
    this.#length = new Uint16Array(size);
    this.#start = new Int32Array(size);
    this.#total = new Float64Array(size);
  }

  /** Bytes of all arrays. */
  get sizeBytes(): number {
    return this.#room.length * 23 + this.tools.length * 8;
  }

  /** @returns whether there is evidence; then `start`, `length` and `total` say where and how much */
  find(low: number, high: number): boolean {
    const at = this.#at(low, high);
    const room = this.#room[at]!;
    if (room === empty || room === common) return false;
    this.start = this.#start[at]!;
    this.length = this.#length[at]!;
    this.total = this.#total[at]!;
    return true;
  }

  /** Adds `by` to the evidence of a pair, which may be new. */
  add(low: number, high: number, tool: number, by: number): void {
    let at = this.#at(low, high);
    if (this.#room[at] === empty) at = this.#insert(at, low, high);
    if (this.#room[at] === common) return;
    const start = this.#start[at]!;
    const end = start + this.#length[at]!;
    let place = start;
    while (place < end && this.tools[place] !== tool) place++;
    if (place === end) place = this.#append(at, tool);
    if (place < 0) return;
    this.counts[place]! += by;
    this.#total[at]! += by;
  }

  /** Marks a feature as one that is passed over. */
  addCommon(low: number, high: number): void {
    let at = this.#at(low, high);
    if (this.#room[at] === empty) at = this.#insert(at, low, high);
    if (this.#room[at] !== common) this.#passOver(at);
  }

  /**
   * Every feature, in no order that means anything.
   * @param length -1 where it is passed over
   */
  forEach(visit: (low: number, high: number, start: number, length: number) => void): void {
    for (let at = 0; at < this.#room.length; at++) {
      const room = this.#room[at]!;
      if (room !== empty)
        visit(this.#low[at]!, this.#high[at]!, this.#start[at]!, room === common ? -1 : this.#length[at]!);
    }
  }

  /**
   * Drops the least evident, so that about seven eighths of `pairs` stay, and takes an eighth of the weight of the
   * others.
   * @param pairs more than these are never left; ≥ 1
   */
  trim(pairs: number): void {
    for (let aim = Math.floor((7 * pairs) / 8); this.pairs > pairs; aim = Math.floor(aim / 2))
      this.#trimTo(aim);
  }

  #trimTo(pairs: number): void {
    if (this.#commons > pairs / 8) this.#dropCommons();
    const classes = new Uint32Array(1 << (32 - classShift));
    this.forEach((_low, _high, start, length) => {
      for (let i = 0; i < length; i++) classes[classOf(this.counts[start + i]!)]!++;
    });
    let excess = this.pairs - pairs;
    let leastClass = 0;
    while (leastClass < classes.length && classes[leastClass]! <= excess) excess -= classes[leastClass++]!;
    // By the hash, and not by the place in the table, which another history would have made another.
    const dropBelow = leastClass < classes.length ? Math.max(0, excess) / classes[leastClass]! : 0;
    this.rebuild({ factor: 7 / 8, leastClass, dropBelow });
  }

  /** Builds the table anew, without holes. */
  rebuild({ tools, factor = 1, leastClass = 0, dropBelow = 0 }: Change): void {
    const kept = new EvidenceTable(this.#room.length);
    this.forEach((low, high, start, length) => {
      if (length < 0) kept.addCommon(low, high);
      const least = (high >>> 0) / 2 ** 32 < dropBelow ? leastClass + 1 : leastClass;
      for (let place = start; place < start + length; place++) {
        const tool = tools === undefined ? this.tools[place]! : tools[this.tools[place]!]!;
        const count = this.counts[place]!;
        if (tool >= 0 && classOf(count) >= least) kept.add(low, high, tool, count * factor);
      }
    });
    this.#take(kept);
  }

  #take(kept: EvidenceTable): void {
    this.pairs = kept.pairs;
    this.features = kept.features;
    this.tools = kept.tools;
    this.counts = kept.counts;
    this.#commons = kept.#commons;
    this.#low = kept.#low;
    this.#high = kept.#high;
    this.#room = kept.#room;
    this.#length = kept.#length;
    this.#start = kept.#start;
    this.#total = kept.#total;
    this.#end = kept.#end;
    for (const [room, places] of kept.#free.entries()) this.#free[room] = places;
  }

  #dropCommons(): void {
    const kept = new EvidenceTable(this.#room.length);
    this.forEach((low, high, start, length) => {
      for (let place = start; place < start + length; place++)
        kept.add(low, high, this.tools[place]!, this.counts[place]!);
    });
    this.#take(kept);
  }

  /** @returns where the feature is, or would be */
  #at(low: number, high: number): number {
    const mask = this.#room.length - 1;
    let at = low & mask;
    while (this.#room[at] !== empty && (this.#low[at] !== low || this.#high[at] !== high))
      at = (at + 1) & mask;
    return at;
  }

  #insert(at: number, low: number, high: number): number {
    let place = at;
    if (4 * this.features >= 3 * this.#room.length) {
      this.#growTable();
      place = this.#at(low, high);
    }
    this.features++;
    this.#low[place] = low;
    this.#high[place] = high;
    this.#room[place] = 1;
    this.#length[place] = 0;
    this.#total[place] = 0;
    this.#start[place] = this.#allocate(1);
    return place;
  }

  /** @returns the new pair's place, or -1 when the feature has too many tools and is passed over from now on */
  #append(at: number, tool: number): number {
    const length = this.#length[at]!;
    const room = this.#room[at]!;
    if (length === maxToolsOfFeature) {
      this.#passOver(at);
      return -1;
    }
    if (length === 1 << (room - 1)) this.#move(at, room + 1);
    const place = this.#start[at]! + length;
    this.#length[at] = length + 1;
    this.tools[place] = tool;
    this.counts[place] = 0;
    this.pairs++;
    return place;
  }

  #passOver(at: number): void {
    this.#free[this.#room[at]! - 1]!.push(this.#start[at]!);
    this.pairs += 1 - this.#length[at]!;
    this.#commons++;
    this.#room[at] = common;
    this.#length[at] = 0;
    this.#total[at] = 0;
  }

  #move(at: number, room: number): void {
    const from = this.#start[at]!;
    const to = this.#allocate(room);
    const length = this.#length[at]!;
    this.tools.copyWithin(to, from, from + length);
    this.counts.copyWithin(to, from, from + length);
    this.#free[room - 2]!.push(from);
    this.#start[at] = to;
    this.#room[at] = room;
  }

  #allocate(room: number): number {
    const free = this.#free[room - 1]!.pop();
    if (free !== undefined) return free;
    const start = this.#end;
    this.#end += 1 << (room - 1);
    if (this.#end > this.tools.length) {
      const length = Math.max(2 * this.tools.length, this.#end);
      this.tools = grown(this.tools, new Int32Array(length));
      this.counts = grown(this.counts, new Float32Array(length));
    }
    return start;
  }

  #growTable(): void {
    const low = this.#low;
    const high = this.#high;
    const room = this.#room;
    const lengths = this.#length;
    const starts = this.#start;
    const totals = this.#total;
    const size = 2 * room.length;
    this.#low = new Int32Array(size);
    this.#high = new Int32Array(size);
    this.#room = new Uint8Array(size);
    this.#length = new Uint16Array(size);
    this.#start = new Int32Array(size);
    this.#total = new Float64Array(size);
    for (let i = 0; i < room.length; i++) {
      if (room[i] === empty) continue;
      const at = this.#at(low[i]!, high[i]!);
      this.#low[at] = low[i]!;
      this.#high[at] = high[i]!;
      this.#room[at] = room[i]!;
      this.#length[at] = lengths[i]!;
      this.#start[at] = starts[i]!;
      this.#total[at] = totals[i]!;
    }
  }
}

function grown<T extends Int32Array | Float32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
