import { createBloomFilter } from "../../../src/algorithms/index.ts";
import { type Arm, seededRandom } from "../../../src/measure/index.ts";
import { type BenchFilter, type FilterId, filterMaker, openFilter } from "./filters.ts";
import { makeKeys, writeTexts } from "./keys.ts";

/**
 * - "ids": "user:…", 6 to 15 characters, most of them 14, as taken from a buffer;
 * - "uuids": 36 characters, as taken from a buffer;
 * - "integers": up to 30 bits.
 */
export type ItemKind = "ids" | "uuids" | "integers";

export interface BloomWork {
  readonly filter: FilterId;
  /** What the filter is made for, and holds when it is asked. */
  readonly items: number;
  readonly keys: ItemKind;
}

function makeItems(kind: ItemKind, count: number): (string | number)[] {
  if (kind === "ids" || kind === "integers") return makeKeys(kind === "ids" ? "strings" : kind, count);
  const random = seededRandom(1);
  return Array.from({ length: count }, () => {
    const hex = () =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, "0");
    const digits = hex() + hex() + hex() + hex();
    const uuid = [0, 8, 12, 16, 20].map((at, i) => digits.slice(at, [8, 12, 16, 20, 32][i])).join("-");
    return Buffer.from(uuid, "latin1").toString("latin1");
  });
}

/** One operation: adds an item that is new; when all are in, a new filter takes the place of the full one. */
export async function add(args: unknown): Promise<Arm> {
  const { filter: id, items, keys: kind } = args as BloomWork;
  const make = await filterMaker(id, items);
  const keys = makeItems(kind, items);
  let filter = make();
  let at = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        if (at === items) {
          filter = make();
          at = 0;
        }
        filter.add(keys[at++]!);
      }
    },
    answer: () => ({ has: at === 0 || filter.has(keys[at - 1]!) }),
  };
}

/** One operation: asks for an item; every other one is there. */
export async function has(args: unknown): Promise<Arm> {
  const { filter: id, items, keys: kind } = args as BloomWork;
  const filter = await openFilter(id, items);
  const keys = makeItems(kind, 2 * items);
  for (let i = 0; i < items; i++) filter.add(keys[i]!);
  const asked = Array.from({ length: 2 * items }, (_, i) => keys[(i >> 1) + (i & 1) * items]!);
  let at = 0;
  let found = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        if (filter.has(asked[at]!)) found++;
        if (++at === asked.length) at = 0;
      }
    },
    answer: () => ({ has: keys.slice(0, 10_000).every((key) => filter.has(key)) }),
    counters: () => ({ found }),
  };
}

/** Of Node's own, and used by its parsers, but not documented. */
interface Latin1Buffer {
  latin1Slice(start: number, end: number): string;
}

/** One operation: takes a string's bytes from a buffer, as a server does, and asks for it; every other one is there. */
export async function hasParsed(args: unknown): Promise<Arm> {
  const { filter: id, items } = args as BloomWork;
  const filter = await openFilter(id, items);
  for (const key of makeKeys("strings", items)) filter.add(key);
  return parsing(items, filter);
}

/** The making of those strings alone. */
export function parse(args: unknown): Arm {
  return parsing((args as BloomWork).items, undefined);
}

function parsing(items: number, filter: BenchFilter | undefined): Arm {
  const { bytes, ends } = writeTexts(
    Uint32Array.from({ length: 2 * items }, (_, i) => (i >> 1) + (i & 1) * items),
  );
  const source = bytes as unknown as Latin1Buffer;
  const text = (i: number): string => source.latin1Slice(i === 0 ? 0 : ends[i - 1]!, ends[i]!);
  // Kept somewhere, or the compiler would not make it.
  const made = { text: "" };
  let at = 0;
  let found = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        made.text = text(at);
        if (filter?.has(made.text)) found++;
        if (++at === ends.length) at = 0;
      }
    },
    answer: () => ({ has: filter === undefined || filter.has(text(0)) }),
    counters: () => ({ found }),
  };
}

/** One operation: one integer of an `Int32Array` added; a new filter takes the place of the full one. */
export function addBulk(args: unknown): Arm {
  const { items } = args as BloomWork;
  const integers = Int32Array.from(makeKeys("integers", items) as number[]);
  let filter = createBloomFilter({ expectedItems: items });
  let at = 0;
  return {
    run(count) {
      for (let left = count; left > 0; ) {
        if (at === items) {
          filter = createBloomFilter({ expectedItems: items });
          at = 0;
        }
        const taken = Math.min(left, items - at);
        filter.addAll(integers.subarray(at, at + taken));
        at += taken;
        left -= taken;
      }
    },
    answer: () => ({ has: at === 0 || filter.has(integers[at - 1]!) }),
  };
}

/** One operation: one integer of a typed array asked for; every other one is there. */
function hasBulk(args: unknown, makeArray: (numbers: number[]) => Int32Array | Float64Array): Arm {
  const { items } = args as BloomWork;
  const keys = makeKeys("integers", 2 * items) as number[];
  const filter = createBloomFilter({ expectedItems: items });
  filter.addAll(Int32Array.from(keys.slice(0, items)));
  const asked = makeArray(Array.from({ length: 2 * items }, (_, i) => keys[(i >> 1) + (i & 1) * items]!));
  const found = new Uint8Array(asked.length);
  let at = 0;
  return {
    run(count) {
      for (let left = count; left > 0; ) {
        const taken = Math.min(left, asked.length - at);
        filter.hasEach(asked.subarray(at, at + taken), found);
        at = at + taken === asked.length ? 0 : at + taken;
        left -= taken;
      }
    },
    answer: () => ({ has: filter.hasEach(asked).every((has, i) => has === 1 || i % 2 === 1) }),
  };
}

export function hasInt32(args: unknown): Arm {
  return hasBulk(args, (numbers) => Int32Array.from(numbers));
}

export function hasFloat64(args: unknown): Arm {
  return hasBulk(args, (numbers) => Float64Array.from(numbers));
}
