import { memoize } from "../../../src/algorithms/memoize.ts";

/** Takes one argument or two, whatever they are. */
export type OfTwo = (a?: unknown, b?: unknown) => unknown;
type Memoizer = (fn: OfTwo) => OfTwo;

export type MemoizerId =
  | "ours"
  | "oursWithTtl"
  | "oursByKey"
  | "oursAsMethod"
  | "memoize"
  | "memoizeByJson"
  | "moize"
  | "moizeAsItComes"
  | "firstArgument"
  | "trie";

/** As many results as the rivals with a bound may hold. */
const maxSize = 1000;

/** Rivals' packages may not be installed when this is type-checked, so they are loaded by a name that isn't looked up. */
const load = async <T>(specifier: string): Promise<T> => (await import(specifier)) as T;

const memoizers: Readonly<Record<MemoizerId, () => Memoizer | Promise<Memoizer>>> = {
  ours: () => (fn) => memoize(fn, { maxSize }),
  oursWithTtl: () => (fn) => memoize(fn, { maxSize, ttlMs: 3_600_000 }),
  oursByKey: () => (fn) => memoize(fn, { maxSize, key: (a) => a }),
  oursAsMethod: () => (fn) => {
    const decorated = memoize({ maxSize })(fn, { kind: "method" } as ClassMethodDecoratorContext);
    const instance = { method: decorated as OfTwo };
    return (...args) => instance.method(...args);
  },
  memoize: async () => (await load<{ default: Memoizer }>("memoize")).default,
  memoizeByJson: async () => {
    type WithOptions = (fn: OfTwo, options: { cacheKey: (args: readonly unknown[]) => unknown }) => OfTwo;
    const { default: theirs } = await load<{ default: WithOptions }>("memoize");
    return (fn) => theirs(fn, { cacheKey: JSON.stringify });
  },
  moize: async () => {
    type Moize = (fn: OfTwo, options: { maxSize: number }) => OfTwo;
    const { default: theirs } = await load<{ default: Moize }>("moize");
    return (fn) => theirs(fn, { maxSize });
  },
  moizeAsItComes: async () => (await load<{ default: Memoizer }>("moize")).default,
  firstArgument: () => (fn) => {
    const results = new Map<unknown, unknown>();
    return function (this: unknown, a, b) {
      if (results.has(a)) return results.get(a);
      const result = fn.call(this, a, b);
      results.set(a, result);
      return result;
    };
  },
  trie: () => (fn) => {
    const results = new Map<unknown, Map<unknown, unknown>>();
    return (a, b) => {
      let below = results.get(a);
      if (below === undefined) {
        below = new Map();
        results.set(a, below);
      }
      let result = below.get(b);
      if (result === undefined) {
        result = fn(a, b);
        below.set(b, result);
      }
      return result;
    };
  },
};

export async function openMemoizer(id: MemoizerId): Promise<Memoizer> {
  return memoizers[id]();
}
