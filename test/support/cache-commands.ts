import fc from "fast-check";
import type { CacheBounds, EntryOptions, LoadOptions } from "../../src/algorithms/cache.ts";
import { oddKeys, oddValues } from "./odd-keys.ts";

/** One thing done with a cache; keys and values by their place in `oddKeys` and `oddValues`. */
export type CacheCommand =
  | { readonly do: "get" | "peek" | "delete"; readonly key: number }
  | {
      readonly do: "set";
      readonly key: number;
      readonly value: number;
      readonly options: EntryOptions | undefined;
    }
  | { readonly do: "getOrLoad"; readonly key: number; readonly value: number; readonly options: LoadOptions }
  | { readonly do: "deleteTag"; readonly tag: string }
  | { readonly do: "resize"; readonly to: number | CacheBounds }
  | { readonly do: "pass" | "block" | "dumpAndLoad"; readonly ms: number }
  | { readonly do: "clear" | "cleanupExpired" };

/** A cache, and what is done with it. */
export interface CacheHistory {
  readonly bounds: CacheBounds;
  readonly ttlMs: number;
  readonly isSliding: boolean;
  readonly isWeighed: boolean;
  readonly commands: readonly CacheCommand[];
}

const tags = ["red", "green", "blue"];
const few = fc.integer({ min: 1, max: 8 });
const weight = fc.integer({ min: 1, max: 20 });
const bounds: fc.Arbitrary<CacheBounds> = fc.oneof(
  fc.record({ maxSize: few }),
  fc.record({ maxSize: fc.integer({ min: 15, max: 40 }) }),
  fc.record({ maxWeight: weight }),
  fc.record({ maxSize: few, maxWeight: weight }),
);
const value = fc.nat(oddValues.length - 1);
const passingMs = fc.oneof(
  fc.constantFrom(0.5, 1, 15, 16, 17, 100, 1000, 1024, 1040, 5000, 70_000),
  fc.integer({ min: 1, max: 3000 }),
);
const durationMs = fc.oneof({ weight: 7, arbitrary: passingMs }, fc.constant(Number.POSITIVE_INFINITY));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const entryOptions: fc.Arbitrary<EntryOptions> = fc.record({
  ttlMs: maybe(fc.oneof({ weight: 9, arbitrary: durationMs }, fc.constant(0))),
  tags: maybe(fc.array(fc.constantFrom(...tags), { maxLength: 3 })),
});
const loadOptions: fc.Arbitrary<LoadOptions> = fc
  .record({ entry: entryOptions, staleMs: maybe(durationMs), refreshAheadMs: maybe(durationMs) })
  .map(({ entry, ...rest }) => ({ ...entry, ...rest }));

/** One key of a dozen, so that they meet again. */
const commandWith = (key: fc.Arbitrary<number>): fc.Arbitrary<CacheCommand> => {
  const which = <const D extends string>(...names: D[]) => fc.constantFrom(...names);
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: which("set"), key, value, options: maybe(entryOptions) }) },
    { weight: 6, arbitrary: fc.record({ do: which("get"), key }) },
    { weight: 4, arbitrary: fc.record({ do: which("getOrLoad"), key, value, options: loadOptions }) },
    { weight: 4, arbitrary: fc.record({ do: which("pass", "pass", "block"), ms: passingMs }) },
    { weight: 3, arbitrary: fc.record({ do: which("delete", "peek"), key }) },
    { weight: 1, arbitrary: fc.record({ do: which("deleteTag"), tag: fc.constantFrom(...tags) }) },
    { weight: 1, arbitrary: fc.record({ do: which("resize"), to: fc.oneof(bounds, few) }) },
    { weight: 1, arbitrary: fc.record({ do: which("dumpAndLoad"), ms: fc.integer({ min: 0, max: 100 }) }) },
    { weight: 2, arbitrary: fc.record({ do: which("clear", "cleanupExpired", "cleanupExpired") }) },
  );
};

export const cacheHistory: fc.Arbitrary<CacheHistory> = fc
  .uniqueArray(fc.nat(oddKeys.length - 1), { minLength: 1, maxLength: 24, size: "max" })
  .chain((keys) =>
    fc.record({
      bounds,
      ttlMs: durationMs,
      isSliding: fc.boolean(),
      isWeighed: fc.boolean(),
      commands: fc.array(commandWith(fc.constantFrom(...keys)), { minLength: 1, maxLength: 80, size: "max" }),
    }),
  );
