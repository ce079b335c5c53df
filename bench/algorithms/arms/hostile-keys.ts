import { type Arm, seededRandom, shuffled } from "../../../src/measure/index.ts";
import { hostileKeys } from "../../../test/support/hostile-keys.ts";
import { type CacheId, openCache } from "./caches.ts";

export interface HostileKeys {
  readonly cache: CacheId;
  /** Name of the set of keys. */
  readonly keys: string;
  /** How many; a power of 2. */
  readonly count: number;
  /** Is every string cut anew out of a text, as a parser does, so that nobody has hashed it yet? Else it is at hand. */
  readonly isFresh: boolean;
}

/** One operation: gets the value of one key, which is there; all equally often, in no order. */
export async function setup(args: unknown): Promise<Arm> {
  const { cache: id, keys: name, count, isFresh } = args as HostileKeys;
  const keys = hostileKeys[name]!(count);
  const cache = await openCache<string | number>(id, count);
  for (const key of keys) {
    cache.get(key);
    cache.set(key, key as unknown as object);
  }
  const asked = shuffled(keys, seededRandom(1));
  const mask = count - 1;
  let sum = 0;
  let at = 0;
  const cut = isFresh ? cutter(asked.map(String)) : undefined;
  return {
    run(n) {
      for (let i = 0; i < n; i++) {
        at = (at + 1) & mask;
        if (cache.get(cut === undefined ? asked[at]! : cut(at)) !== undefined) sum++;
      }
    },
    answer: () => ({ isThere: keys.every((key) => (cache.get(key) as unknown) === key), sum: sum > 0 }),
  };
}

function cutter(strings: readonly string[]): (at: number) => string {
  const text = strings.join("");
  const ends: number[] = [];
  for (const each of strings) ends.push((ends.at(-1) ?? 0) + each.length);
  return (at) => text.slice(at === 0 ? 0 : ends[at - 1]!, ends[at]!);
}
