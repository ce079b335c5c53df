import { expect } from "vitest";
import type { BoundedCache } from "../../src/algorithms/bounded-cache.ts";
import type {
  CacheBounds,
  CacheDump,
  CacheOptions,
  DumpedEntry,
  LoadOptions,
} from "../../src/algorithms/cache.ts";
import { tickMs } from "../../src/algorithms/timer-wheel.ts";
import type { CacheCommand, CacheHistory } from "./cache-commands.ts";
import { CacheModel, type Eviction } from "./cache-model.ts";
import { ManualClock } from "./manual-clock.ts";
import { oddKeys, oddValues, sameValueZero } from "./odd-keys.ts";

export type AnyCache = BoundedCache<unknown, unknown>;

/** A kind of cache, for the tests that every kind has to pass. */
export interface CacheUnderTest {
  readonly name: string;
  readonly create: <K = unknown, V = unknown>(
    options: CacheOptions<K, V> & { readonly sliding?: boolean },
  ) => BoundedCache<K, V>;
  /** Does it evict, iterate and dump in order of use? Else it may choose. */
  readonly isLru: boolean;
  /** Has it the option `sliding`? */
  readonly slides: boolean;
}

/** Later than this after its time is over no entry is held. */
const mostLateMs = 2 * tickMs;
const never = Number.POSITIVE_INFINITY;

/** Weights from 1 to 12, of which some exceed most bounds. */
const weigh = (_key: unknown, value: unknown): number =>
  1 + oddValues.findIndex((each) => Object.is(each, value));

/** A cache and its model side by side. */
class Pair {
  readonly cache: AnyCache;
  readonly model: CacheModel;
  readonly #kind: CacheUnderTest;
  readonly #clock: ManualClock;
  #told: { readonly eviction: Eviction; readonly at: number }[] = [];
  /** What a cache tells after that is of no interest. */
  isOver = false;

  constructor(kind: CacheUnderTest, clock: ManualClock, history: CacheHistory, bounds: CacheBounds) {
    this.#kind = kind;
    this.#clock = clock;
    const { ttlMs, isSliding, isWeighed } = history;
    const sliding = isSliding && kind.slides;
    const onEvict = (...eviction: Eviction) => {
      if (!this.isOver) this.#told.push({ eviction, at: clock.now() });
    };
    this.cache = kind.create({
      ...bounds,
      ...{ ttlMs, onEvict, clock },
      ...(isWeighed && { weigh }),
      ...(sliding && { sliding }),
    });
    const { maxSize = 2 ** 24, maxWeight = never } = bounds;
    const now = () => clock.now();
    const weighOrNot = isWeighed ? weigh : undefined;
    this.model = new CacheModel({ maxSize, maxWeight, ttlMs, weigh: weighOrNot, sliding, now });
    if (!kind.isLru)
      this.model.victims = (nth) =>
        this.#told.filter(({ eviction }) => eviction[2] === "size")[nth]?.eviction[0];
  }

  /** Has the cache do something, then the model; both must answer and evict the same. */
  both(ofCache: () => unknown, ofModel: () => unknown, isOrdered = this.#kind.isLru): void {
    const { model } = this;
    const answer = ofCache();
    expectSame([answer], [ofModel()]);
    expectAlike(
      this.#told.map(({ eviction }) => eviction),
      model.evicted,
      isOrdered,
    );
    this.#told = [];
    model.evicted = [];
  }

  /** Has the cache do something by which only expired entries may leave. @returns how many did */
  expire(action: () => void, isPrompt: boolean): number {
    const { model } = this;
    action();
    for (const { eviction, at } of this.#told) {
      const [key, value, reason] = eviction;
      expect(reason).toBe("expired");
      const entry = model.leave(key, at);
      expect(entry, `${String(key)} was removed at ${at}, before its time`).toBeDefined();
      expectSame([value], [entry!.value]);
      if (isPrompt) expect(at - entry!.keptUntil).toBeLessThanOrEqual(mostLateMs);
    }
    const left = this.#told.length;
    this.#told = [];
    model.evicted = [];
    expect(model.expired.filter(({ keptUntil }) => keptUntil < this.#clock.now() - mostLateMs)).toEqual([]);
    return left;
  }

  expectEqual(): void {
    const { cache, model } = this;
    const { hits, misses, evictions, expirations, loads, staleHits, size, weight } = model;
    expectAlike(
      [...cache],
      model.fresh.map(({ key, value }) => [key, value]),
      this.#kind.isLru,
    );
    const { loads: begun, ...stats } = cache.stats();
    expectSame(
      [cache.size, cache.weight, begun, ...Object.values(stats)],
      [size, weight, loads, hits, misses, evictions, expirations, 0, 0, staleHits, 0, size, weight],
    );
  }

  dump(): CacheDump<unknown, unknown> {
    const dump = this.cache.dump();
    const now = this.#clock.now();
    const flat = (each: DumpedEntry<unknown, unknown>) => [
      ...[each.key, each.value, each.ttlMs, each.tags === undefined],
      ...(each.tags ?? []),
    ];
    const expected = this.model.fresh.map(({ key, value, freshUntil, tags }) => ({
      ...{ key, value },
      ...(freshUntil < never && { ttlMs: freshUntil - now }),
      ...(tags.length > 0 && { tags }),
    }));
    expectAlike(dump.entries.map(flat), expected.reverse().map(flat), this.#kind.isLru);
    return dump;
  }
}

/** Goes through `history` with a cache of that kind and its model, and compares them at every step. */
export async function runBeside(kind: CacheUnderTest, history: CacheHistory): Promise<void> {
  const clock = new ManualClock(1000);
  const weighed = history.isWeighed || history.bounds.maxWeight !== undefined;
  const known: CacheHistory = { ...history, isWeighed: weighed };
  let pair = new Pair(kind, clock, known, history.bounds);
  const answers: Promise<void>[] = [];
  for (const command of history.commands) {
    if (command.do === "getOrLoad") answers.push(getOrLoad(pair, command));
    else if (command.do === "dumpAndLoad") {
      const dump = { ...pair.dump(), at: Date.now() - command.ms };
      const { maxSize, maxWeight } = pair.model;
      pair.isOver = true;
      pair = new Pair(kind, clock, known, { maxSize, ...(maxWeight < never && { maxWeight }) });
      pair.both(
        () => pair.cache.load(dump),
        () => pair.model.load(dump, command.ms),
      );
    } else perform(pair, command, clock, weighed);
    pair.expectEqual();
    if ("key" in command) {
      const key = oddKeys[command.key]!();
      expectSame([pair.cache.has(key)], [pair.model.peek(key) !== undefined]);
    }
  }
  for (const make of oddKeys) expectSame([pair.cache.peek(make())], [pair.model.peek(make())]);
  await Promise.all(answers);
  pair.expire(() => clock.pass(300_000), true);
  pair.expectEqual();
}

function perform(
  pair: Pair,
  command: Exclude<CacheCommand, { do: "getOrLoad" | "dumpAndLoad" }>,
  clock: ManualClock,
  isWeighed: boolean,
): void {
  const { cache, model } = pair;
  // The cache gets a string of its own.
  const key = "key" in command ? oddKeys[command.key]! : () => undefined;
  const name = command.do;
  switch (name) {
    case "get":
    case "peek":
    case "delete":
      pair.both(
        () => cache[name](key()),
        () => model[name](key()),
      );
      break;
    case "set":
      pair.both(
        () => cache.set(key(), oddValues[command.value], command.options) && undefined,
        () => model.set(key(), oddValues[command.value], command.options),
      );
      break;
    case "deleteTag":
      pair.both(
        () => cache.deleteTag(command.tag),
        () => model.deleteTag(command.tag),
        false,
      );
      break;
    case "clear":
      pair.both(
        () => cache.clear(),
        () => model.clear(),
      );
      break;
    case "resize":
      resize(pair, command.to, isWeighed);
      break;
    case "pass":
      pair.expire(() => clock.pass(command.ms), true);
      break;
    case "block":
      clock.block(command.ms);
      pair.expire(() => clock.pass(1), false);
      break;
    case "cleanupExpired": {
      let removed = 0;
      const left = pair.expire(() => {
        removed = cache.cleanupExpired();
      }, false);
      expectSame([removed], [left]);
    }
  }
}

function resize(pair: Pair, to: number | CacheBounds, isWeighed: boolean): void {
  const { cache, model } = pair;
  const { maxSize = 2 ** 24, maxWeight = never } =
    typeof to === "number" ? { maxSize: to, maxWeight: model.maxWeight } : to;
  if (maxWeight < never && !isWeighed) expect(() => cache.resize(to)).toThrow(TypeError);
  else
    pair.both(
      () => cache.resize(to),
      () => model.resize(maxSize, maxWeight),
    );
}

function getOrLoad(
  pair: Pair,
  { key, value, options }: { readonly key: number; readonly value: number; readonly options: LoadOptions },
): Promise<void> {
  let answer: Promise<unknown> | undefined;
  let expected: unknown;
  pair.both(
    () => {
      answer = pair.cache.getOrLoad(oddKeys[key]!(), () => oddValues[value], options);
    },
    () => {
      expected = pair.model.getOrLoad(oddKeys[key]!(), oddValues[value], options);
    },
  );
  return answer!.then((actual) => expectSame([actual], [expected]));
}

/** Are the tuples the same, in the same order if that counts? */
function expectAlike(
  actual: readonly (readonly unknown[])[],
  expected: readonly (readonly unknown[])[],
  isOrdered: boolean,
): void {
  const same = (a: readonly unknown[], b: readonly unknown[]) =>
    a.length === b.length && a.every((each, i) => sameValueZero(each, b[i]));
  const place = (tuple: readonly unknown[]) => expected.findIndex((each) => same(each, tuple));
  const sorted = isOrdered ? actual : actual.toSorted((a, b) => place(a) - place(b));
  if (sorted.length !== expected.length || !sorted.every((each, i) => same(each, expected[i]!)))
    expect(actual).toEqual(expected);
}

function expectSame(actual: readonly unknown[], expected: readonly unknown[]): void {
  if (actual.length !== expected.length || !actual.every((each, i) => sameValueZero(each, expected[i])))
    expect(actual).toEqual(expected);
}
