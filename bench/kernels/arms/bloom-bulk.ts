import { FilterBlocks } from "../../../src/algorithms/filter-blocks.ts";
import { FilterHash } from "../../../src/algorithms/filter-hash.ts";
import { BloomBulk, bloomWords } from "../../../src/kernels/index.ts";
import { KernelBloom } from "../../../src/kernels/kernel-bloom.ts";
import { type Arm, seededRandom } from "../../../src/measure/index.ts";

interface Case {
  /** What the filter holds, with 10.5 bits for each. */
  readonly held: number;
  /** Asked for at a time, half of them held. */
  readonly asked: number;
  /** Of each item; 0 means integers. */
  readonly bytes: number;
}

const total = 65_536;

/** Integers, and the same as bytes: the first half is held. */
function items({ held, asked, bytes }: Case) {
  const random = seededRandom(1);
  const values = Int32Array.from(
    { length: Math.max(total, asked) },
    (_, i) => Math.floor(random() * held) + (i % 2 === 0 ? 0 : held),
  );
  const packed = new Uint8Array(values.length * bytes);
  const view = new DataView(packed.buffer);
  if (bytes > 0) for (const [i, value] of values.entries()) view.setInt32(i * bytes, value, true);
  return { values, packed };
}

function filter(given: Case, words: (blocks: number) => Int32Array) {
  const count = Math.ceil((given.held * 10.5) / 256);
  const blocks = new FilterBlocks(count, 1, words(count));
  const hash = new FilterHash(42);
  const item = new Uint8Array(given.bytes);
  for (let value = 0; value < given.held; value++) {
    if (given.bytes > 0) new DataView(item.buffer).setInt32(0, value, true);
    blocks.add(hash.hash(given.bytes > 0 ? item : value), hash.high);
  }
  return { blocks, hash, keys: hash.bulkKeys };
}

/** Each operation looks up `asked` items; the answer is how many of the first ones were found. */
function asking({ asked }: Case, ask: (from: number) => number): Arm {
  let from = 0;
  let sum = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        sum += ask(from);
        from = from + 2 * asked > total ? 0 : from + asked;
      }
    },
    answer: () => ask(0),
    counters: () => ({ sum }),
  };
}

/** The items asked for from a place on, and where those of `bytes` bytes end. */
function questions(given: Case) {
  const { asked, bytes } = given;
  const { values, packed } = items(given);
  return {
    integers: (from: number) => values.subarray(from, from + asked),
    strings: (from: number) => packed.subarray(from * bytes, (from + asked) * bytes),
    ends: Uint32Array.from({ length: asked }, (_, i) => (i + 1) * bytes),
    found: new Uint8Array(asked),
  };
}

function bulk(args: unknown, words: (blocks: number) => Int32Array): Arm {
  const given = args as Case;
  const { blocks, hash, keys } = filter(given, words);
  const { integers, strings, ends, found } = questions(given);
  const bulk = new BloomBulk(blocks, hash, keys);
  return asking(given, (from) =>
    given.bytes === 0 ? bulk.hasIntegers(integers(from), found) : bulk.hasBytes(strings(from), ends, found),
  );
}

export function chosen(args: unknown): Arm {
  return bulk(args, bloomWords);
}

export function twin(args: unknown): Arm {
  return bulk(args, (blocks) => new Int32Array(blocks * 8));
}

/** Whatever the number of items. */
export function kernel(args: unknown): Arm {
  const given = args as Case;
  let made: KernelBloom | undefined;
  const { keys } = filter(given, (blocks) => {
    made = KernelBloom.create(blocks);
    if (made === undefined) throw new Error("no WebAssembly with SIMD here");
    return made.words;
  });
  const { integers, strings, ends, found } = questions(given);
  made!.useKeys(keys);
  return asking(given, (from) => {
    if (given.bytes === 0) return made!.integers(integers(from), 1, found);
    let sum = 0;
    for (let i = 0; i < given.asked; ) {
      const [taken, counted] = made!.bytes(strings(from), ends, i, 1, found);
      i += taken;
      sum += counted;
    }
    return sum;
  });
}

/** A loop over `has`, as a user of the filter writes it. */
export function oneByOne(args: unknown): Arm {
  const given = args as Case;
  const { asked, bytes } = given;
  const { blocks, hash } = filter(given, (count) => new Int32Array(count * 8));
  const { values, packed } = items(given);
  const records = Array.from(values, (_, i) => packed.subarray(i * bytes, (i + 1) * bytes));
  return asking(given, (from) => {
    let found = 0;
    for (let i = from; i < from + asked; i++)
      if (blocks.has(hash.hash(bytes === 0 ? values[i]! : records[i]!), hash.high)) found++;
    return found;
  });
}
