import { TimedCache } from "../../../algorithms/timed-cache.ts";
import type { Arm } from "../../../measure/arm.ts";
import { seededRandom } from "../../../measure/random.ts";
import { zipfKeys } from "../key-distribution.ts";
import { freshKeys, keysUpTo } from "./sample-keys.ts";

/** What all arms of the look-up rows are told. */
export interface LookupWork {
  readonly entries: number;
  /** Look-ups prepared; a process that makes more begins again. */
  readonly lookups: number;
  /** Does every look-up bring a string of its own, never hashed before? Else each key is one string throughout. */
  readonly fresh: boolean;
  readonly exponent: number;
  readonly ttlMs: number;
  readonly seed: number;
}

/** What every service has somewhere: a Map of values with the time until which each is good. */
export function handWritten(work: LookupWork): Arm {
  const map = new Map<string, { readonly value: number; readonly expires: number }>();
  const expires = Date.now() + work.ttlMs;
  return lookupArm(work, {
    set: (key, value) => map.set(key, { value, expires }),
    get: (key) => {
      const entry = map.get(key);
      if (entry === undefined) return undefined;
      if (entry.expires > Date.now()) return entry.value;
      map.delete(key);
      return undefined;
    },
  });
}

/** A Map without expiry or bound: what no cache can be much faster than. */
export function bareMap(work: LookupWork): Arm {
  return lookupArm(work, new Map<string, number>());
}

/** `TimedCache`. */
export function timedCache(work: LookupWork): Arm {
  return lookupArm(work, new TimedCache<string, number>({ maxSize: work.entries, ttlMs: work.ttlMs }));
}

interface Lookups {
  set(key: string, value: number): unknown;
  get(key: string): number | undefined;
}

function lookupArm({ entries, lookups, fresh, exponent, seed }: LookupWork, cache: Lookups): Arm {
  const keys = keysUpTo(entries);
  for (const [i, key] of keys.entries()) cache.set(key, i);
  const choose = zipfKeys(entries, exponent, seed, seededRandom(seed));
  const ids = Int32Array.from({ length: lookups }, () => choose() - 1);
  const asked = fresh ? freshKeys(ids) : Array.from(ids, (id) => keys[id] as string);
  let next = 0;
  let sum = 0;
  let missed = 0;
  return {
    run: (count) => {
      for (let i = 0; i < count; i++) {
        const value = cache.get(asked[next] as string);
        if (value === undefined) missed++;
        else sum = (Math.imul(sum, 31) + value) | 0;
        if (++next === lookups) next = 0;
      }
    },
    answer: () => `${missed} of the look-ups found nothing, sum ${sum >>> 0}`,
  };
}
