import { type Arm, seededRandom } from "../../../src/measure/index.ts";
import { makeKeys, writeTexts } from "./keys.ts";
import { type MemoizerId, openMemoizer } from "./memoizers.ts";

export interface MemoizeHits {
  readonly memoizer: MemoizerId;
  /** Different argument lists, at most 1,000. */
  readonly values: number;
  /** One string; a string and a small integer; or a string that was just made of bytes. */
  readonly arguments: "one" | "two" | "fresh";
}

const mask = 4095;

/** Calls a memoized function that has been called with all these arguments before, in random order. */
export async function setup(args: unknown): Promise<Arm> {
  const { memoizer: id, values, arguments: kind } = args as MemoizeHits;
  const wrap = await openMemoizer(id);
  let misses = 0;
  const memoized = wrap((a, b) => {
    misses++;
    return { a, b };
  });
  // Each as often as the others, in random order.
  const random = seededRandom(1);
  const asked = Uint32Array.from({ length: mask + 1 }, (_, i) => i % values);
  for (let i = mask; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [asked[i], asked[j]] = [asked[j]!, asked[i]!];
  }
  const keys = makeKeys("strings", values);
  const as = Array.from(asked, (i) => (kind === "two" ? keys[i - (i % 10)]! : keys[i]!));
  const bs = Array.from(asked, (i) => i % 10);
  let sum = 0;
  const one = (count: number): void => {
    for (let i = 0; i < count; i++) if (memoized(as[i & mask]) === undefined) sum++;
  };
  const two = (count: number): void => {
    for (let i = 0; i < count; i++) if (memoized(as[i & mask], bs[i & mask]) === undefined) sum++;
  };
  const { bytes, ends } = writeTexts(asked);
  const fresh = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const at = i & mask;
      const text = bytes.toString("latin1", at === 0 ? 0 : ends[at - 1], ends[at]);
      if (memoized(text) === undefined) sum++;
    }
  };
  const run = { one, two, fresh }[kind];
  run(mask + 1);
  return {
    run,
    // Counts what was computed once for every list, and never again.
    answer: () => ({ misses, sum }),
  };
}
