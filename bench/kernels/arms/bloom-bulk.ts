import { FilterBlocks } from "../../../src/algorithms/filter-blocks.ts";
import { FilterHash } from "../../../src/algorithms/filter-hash.ts";
import { BloomBulk, bloomWords } from "../../../src/kernels/index.ts";
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
  const { keys, seed } = hash;
  const bulk = new BloomBulk(blocks, hash, {
    seed,
    units: keys.subarray(0, 4),
    integer: [keys[70]!, keys[71]!],
    bytes: [keys[78]!, keys[79]!],
  });
  const item = new Uint8Array(given.bytes);
  for (let value = 0; value < given.held; value++) {
    if (given.bytes > 0) new DataView(item.buffer).setInt32(0, value, true);
    blocks.add(hash.hash(given.bytes > 0 ? item : value), hash.high);
  }
  return { blocks, hash, bulk };
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

function bulk(args: unknown, words: (blocks: number) => Int32Array): Arm {
  const given = args as Case;
  const { asked, bytes } = given;
  const { bulk } = filter(given, words);
  const { values, packed } = items(given);
  const found = new Uint8Array(asked);
  const ends = Uint32Array.from({ length: asked }, (_, i) => (i + 1) * bytes);
  if (bytes === 0)
    return asking(given, (from) => bulk.hasIntegers(values.subarray(from, from + asked), found));
  return asking(given, (from) =>
    bulk.hasBytes(packed.subarray(from * bytes, (from + asked) * bytes), ends, found),
  );
}

export function kernel(args: unknown): Arm {
  return bulk(args, bloomWords);
}

export function twin(args: unknown): Arm {
  return bulk(args, (blocks) => new Int32Array(blocks * 8));
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
