import type { Clock } from "../clock.ts";
import { callable, durationMs, integer, knownKeys, rejectType } from "../options.ts";
import { Memo, type MemoCounters, type MemoSettings } from "./memo.ts";
import { useChecked } from "./memo-check.ts";
import { checkDecoration, checkInstance, checkMemoizeCall } from "./memoize-checks.ts";
import { isTruthCheck, type TruthCheck } from "./truth-check.ts";

// biome-ignore lint/suspicious/noExplicitAny: only `any` takes functions of every kind of argument
type AnyFunction = (...args: any[]) => unknown;

export interface MemoizeOptions<Args extends readonly unknown[] = never> {
  /**
   * Results kept at most (of a method: for each instance), an integer from 1 to 2²⁴. For a new one an old one goes that
   * was not used of late (second chance, which is LRU but for the order among those used).
   * @default 1000
   */
  readonly maxSize?: number | undefined;
  /**
   * Milliseconds that a result is served, from when it came, ≥ 0; `Infinity` for ever. In a tight loop it may be served
   * for up to 32 calls of the same synchronous run more; with a `clock` of your own, never. At 0 only calls under way are
   * shared.
   * @default Infinity
   */
  readonly ttlMs?: number | undefined;
  /**
   * Milliseconds after `ttlMs` that the old result is still served, while the function is called in the background for a
   * new one; one such call at a time, and if it fails, the old result stays. Without effect where there is no `ttlMs`.
   * @default 0
   */
  readonly staleMs?: number | undefined;
  /**
   * What calls are told apart by, instead of their arguments; compared as `Map` does, an object held weakly. Called with
   * the arguments and `this`.
   */
  readonly key?: ((...args: Args) => unknown) | undefined;
  /** Where `ttlMs` takes time from. @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
  /** Hits and misses are counted here too, so that several functions can be summed up. */
  readonly counters?: MemoCounters | undefined;
  /**
   * Holds some of the hits against the function, which is run again for them after the caller has the result: one without
   * side effects, whose results can be compared. Hits within `staleMs` are old on purpose, and not checked.
   * @default none
   */
  readonly truth?: TruthCheck | undefined;
}

export interface MemoizeInfo {
  /** Calls answered by a kept result, or by joining a call under way. */
  readonly hits: number;
  /** Calls that ran the function. */
  readonly misses: number;
  /** Results kept, and calls under way. One whose object arguments were collected counts until its turn to go. */
  readonly size: number;
  readonly maxSize: number;
  /** Results that went to make room. */
  readonly evictions: number;
  /** Results that went by age. */
  readonly expirations: number;
  /** Of the hits, those within `staleMs`. */
  readonly staleHits: number;
  readonly refreshFailures: number;
  /** Results not kept, since something was removed or evicted while the function ran. */
  readonly discarded: number;
}

/** What a memoized function has besides. */
export interface MemoizeControls<Args extends readonly unknown[]> {
  /** Forgets all results; of the calls under way too. */
  cacheClear(): void;
  /** Forgets the result for these arguments. @returns whether there was one */
  cacheDelete(...args: Args): boolean;
  cacheInfo(): MemoizeInfo;
}

export type Memoized<F extends AnyFunction> = F & MemoizeControls<Parameters<F>>;

/** What a memoized method has besides; `(object.method as unknown as MemoizedMethodControls).cacheClear(object)`. */
export interface MemoizedMethodControls<Args extends readonly unknown[] = readonly unknown[]> {
  /** Forgets all results of all instances. */
  cacheClear(): void;
  /** Forgets all results of `instance`. @throws {TypeError} when that is no object; so do the others */
  cacheClear(instance: object): void;
  cacheDelete(instance: object, ...args: Args): boolean;
  /** `hits` and `misses` are those of all instances. */
  cacheInfo(instance: object): MemoizeInfo;
}

/** A standard (TC39) decorator for methods, static methods and getters. */
export type MemoizeDecorator<Limit extends readonly unknown[] = never> = <
  This extends object,
  Args extends [never] extends [Limit] ? readonly unknown[] : Limit,
  Result,
>(
  method: (this: This, ...args: Args) => Result,
  context: ClassMethodDecoratorContext | ClassGetterDecoratorContext,
) => (this: This, ...args: Args) => Result;

const known = ["maxSize", "ttlMs", "staleMs", "key", "clock", "counters", "truth"];

/**
 * Keeps a function's results by its arguments: all of them and their number, primitives told apart as by `Map`, objects
 * by identity and held weakly. Any result is kept, `undefined` too; what the function throws isn't. Calls that overlap
 * share one promise, and a rejection isn't kept (a thenable is answered as a native promise). A result isn't kept either
 * if something was removed while the function ran.
 *
 * `this` is handed on but doesn't tell calls apart; as a decorator, results are kept for each instance by itself, as
 * long as the instance lives. A method called on no object isn't cached.
 * @throws {RangeError | TypeError} naming the option, what was expected and what came
 * @example const area = memoize((width: number, height: number) => width * height, { maxSize: 100 });
 * @example class Shape { @memoize() area(scale: number) { … } }
 */
export function memoize<F extends AnyFunction>(fn: F, options?: MemoizeOptions<Parameters<F>>): Memoized<F>;
export function memoize(): MemoizeDecorator;
export function memoize<Args extends readonly unknown[] = never>(
  options: MemoizeOptions<Args>,
): MemoizeDecorator<Args>;
export function memoize(
  ...given: [first?: AnyFunction | MemoizeOptions<unknown[]>, options?: MemoizeOptions<unknown[]>]
): unknown {
  checkMemoizeCall(given);
  const [first = {}, options = {}] = given;
  if (typeof first === "function") return memoizeFunction(first, options);
  const settings = checked(first);
  return (...decorated: [method: AnyFunction, context: DecoratorContext]) => {
    checkDecoration(decorated);
    return memoizeMethod(decorated[0], settings);
  };
}

interface Settings extends MemoSettings {
  readonly key: ((...args: unknown[]) => unknown) | undefined;
  readonly total: MemoCounters;
  readonly truth: TruthCheck | undefined;
}

function checked(options: MemoizeOptions<unknown[]>): Settings {
  knownKeys("memoize", options, known);
  const {
    maxSize = 1000,
    ttlMs = Number.POSITIVE_INFINITY,
    staleMs = 0,
    key,
    clock,
    counters,
    truth,
  } = options;
  if (key !== undefined) callable("key", key);
  if (counters !== undefined && !(Number.isFinite(counters?.hits) && Number.isFinite(counters.misses)))
    rejectType("counters", "an object with numbers of hits and misses", counters);
  if (truth !== undefined && !isTruthCheck(truth))
    rejectType("truth", "a check with functions isDue and check", truth);
  return {
    maxSize: integer("maxSize", maxSize, 1, 2 ** 24),
    ttlMs: durationMs("ttlMs", ttlMs),
    staleMs: durationMs("staleMs", staleMs),
    key,
    clock,
    total: counters ?? { hits: 0, misses: 0 },
    truth,
  };
}

function memoizeFunction(fn: AnyFunction, options: MemoizeOptions<unknown[]>): unknown {
  const settings = checked(options);
  const counters = { hits: 0, misses: 0 };
  const memo = new Memo(fn, settings, counters, settings.total);
  const { root } = memo;
  const { key, truth } = settings;
  const miss = function (this: unknown, ...args: unknown[]): unknown {
    return memo.get(args, this, args);
  };
  // The arguments are never materialised on a hit, since they are only forwarded or looked at one by one.
  const unkeyed = function (this: unknown, ...args: unknown[]): unknown {
    const node = root.find(args);
    if (node !== undefined && memo.isFresh(node)) return memo.use(node);
    return Reflect.apply(miss, this, args);
  };
  const keyed = function (this: unknown, ...args: unknown[]): unknown {
    const by = Reflect.apply(key!, this, args);
    const node = root.child(by);
    if (node !== undefined && memo.isFresh(node)) return memo.use(node);
    return memo.get([by], this, args);
  };
  const verified = function (this: unknown, ...args: unknown[]): unknown {
    const list = key === undefined ? args : [Reflect.apply(key, this, args)];
    return checkedGet(memo, list, fn, truth!, this, args);
  };
  const controls: MemoizeControls<unknown[]> = {
    cacheClear: () => memo.clear(),
    cacheDelete: (...args) => memo.delete(key === undefined ? args : [key(...args)]),
    cacheInfo: () => info(memo, settings, counters),
  };
  return disguise(truth !== undefined ? verified : key === undefined ? unkeyed : keyed, fn, controls);
}

function memoizeMethod(method: AnyFunction, settings: Settings): AnyFunction {
  const counters = { hits: 0, misses: 0 };
  let memos = new WeakMap<object, Memo>();
  const { key, truth } = settings;
  const memoOf = (instance: object): Memo => {
    let memo = memos.get(instance);
    if (memo === undefined) {
      memo = new Memo(method, settings, counters, settings.total);
      memos.set(instance, memo);
    }
    return memo;
  };
  const listOf = (instance: unknown, args: unknown[]): unknown[] =>
    key === undefined ? args : [key.apply(instance, args)];
  const miss = function (this: unknown, ...args: unknown[]): unknown {
    if (!isObject(this)) return method.apply(this, args);
    const list = listOf(this, args);
    return truth === undefined
      ? memoOf(this).get(list, this, args)
      : checkedGet(memoOf(this), list, method, truth, this, args);
  };
  const unkeyed = function (this: object, ...args: unknown[]): unknown {
    const memo = memos.get(this);
    const node = memo?.root.find(args);
    if (node !== undefined && memo!.isFresh(node)) return memo!.use(node);
    return Reflect.apply(miss, this, args);
  };
  const controls: MemoizedMethodControls<unknown[]> = {
    cacheClear(...given: [instance?: object]) {
      const [instance] = given;
      if (given.length === 0) memos = new WeakMap();
      else {
        checkInstance(instance);
        memos.get(instance)?.clear();
      }
    },
    cacheDelete(instance, ...args) {
      checkInstance(instance);
      return memos.get(instance)?.delete(listOf(instance, args)) ?? false;
    },
    cacheInfo(instance) {
      checkInstance(instance);
      return info(memoOf(instance), settings, counters);
    },
  };
  return disguise(key === undefined && truth === undefined ? unkeyed : miss, method, controls);
}

function checkedGet(
  memo: Memo,
  list: readonly unknown[],
  fn: AnyFunction,
  truth: TruthCheck,
  self: unknown,
  args: unknown[],
): unknown {
  const node = memo.root.find(list);
  if (node === undefined || !memo.isFresh(node)) return memo.get(list, self, args);
  return useChecked(memo, node, list, truth, fn.name, () => Reflect.apply(fn, self, args));
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" ? value !== null : typeof value === "function";

function info(memo: Memo, { maxSize }: Settings, { hits, misses }: MemoCounters): MemoizeInfo {
  const { size, evictions, expirations, staleHits, refreshFailures, discarded } = memo;
  return { hits, misses, size, maxSize, evictions, expirations, staleHits, refreshFailures, discarded };
}

/** Makes `wrapper` look like `fn`, with `controls` besides. */
function disguise<T extends AnyFunction>(wrapper: T, fn: AnyFunction, controls: object): T {
  for (const property of ["name", "length"] as const)
    Object.defineProperty(wrapper, property, { value: fn[property], configurable: true });
  for (const [name, value] of Object.entries(controls)) Object.defineProperty(wrapper, name, { value });
  return wrapper;
}
