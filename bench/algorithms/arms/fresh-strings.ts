import { type Arm, seededRandom, shuffled } from "../../../src/measure/index.ts";
import { type BenchCache, type CacheId, openCache } from "./caches.ts";
import { makeKeys, value, writeTexts } from "./keys.ts";

/**
 * How a program comes by a string that it hasn't had before:
 * - "parsed": its bytes taken from a buffer;
 * - "sliced": a part of a longer string, which V8 only refers to from 13 characters on;
 * - "joined": a prefix and an id; V8 joins the characters from 13 on only once it needs them, as a look-up does.
 */
export type Making = "parsed" | "sliced" | "joined";

export interface FreshStrings {
  /** `undefined` for the making alone. */
  readonly cache: CacheId | undefined;
  readonly capacity: number;
  readonly making: Making;
}

/** How many strings are made before it begins anew, in other objects. A power of 2. */
const requests = 2 ** 17;

/** One operation: makes the text of a key that the cache holds, each of them equally often, and gets its value. */
export async function setup(args: unknown): Promise<Arm> {
  const { cache: id, capacity, making } = args as FreshStrings;
  const make = maker(making, capacity);
  if (id === undefined) return makingAlone(make);
  const cache = await openCache<string>(id, capacity);
  for (const key of makeKeys("strings", capacity)) cache.set(key as string, value);
  return getting(cache, make);
}

function getting(cache: BenchCache<string>, make: (at: number) => string): Arm {
  let at = 0;
  let absent = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        at = (at + 1) & (requests - 1);
        if (cache.get(make(at)) === undefined) absent++;
      }
    },
    answer: () => ({ absent }),
  };
}

function makingAlone(make: (at: number) => string): Arm {
  let at = 0;
  let characters = 0;
  // Kept somewhere, or the compiler would not make it.
  const made = { text: "" };
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        at = (at + 1) & (requests - 1);
        made.text = make(at);
        characters += made.text.length;
      }
    },
    answer: () => ({ absent: characters > 0 ? 0 : 1 }),
  };
}

/** Of Node's own, and used by its parsers, but not documented. */
interface Latin1Buffer {
  latin1Slice(start: number, end: number): string;
}

function maker(making: Making, capacity: number): (at: number) => string {
  const random = seededRandom(1);
  const keys = Array.from({ length: capacity }, (_, i) => i);
  const rounds = Array.from({ length: Math.ceil(requests / capacity) }, () => shuffled(keys, random));
  const { bytes, ends } = writeTexts(Uint32Array.from(rounds.flat().slice(0, requests)));
  const start = (at: number): number => (at === 0 ? 0 : ends[at - 1]!);
  const text = bytes.toString("latin1");
  if (making === "parsed") {
    const source = bytes as unknown as Latin1Buffer;
    return (at) => source.latin1Slice(start(at), ends[at]!);
  }
  if (making === "sliced") return (at) => text.slice(start(at), ends[at]!);
  const prefix = "user:".length;
  const ids = Array.from(ends, (end, at) => bytes.toString("latin1", start(at) + prefix, end));
  return (at) => `user:${ids[at]!}`;
}
