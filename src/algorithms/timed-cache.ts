import { optionsObject, reject, rejectType } from "../options.ts";
import { BoundedCache } from "./bounded-cache.ts";
import type { CacheOptions } from "./cache.ts";
import { SecondChancePolicy } from "./second-chance-policy.ts";

export interface TimedCacheOptions<K, V> extends CacheOptions<K, V> {
  /** Milliseconds until an entry expires, > 0, unless `set` says otherwise; `Infinity` for never. */
  readonly ttlMs: number;
  /** Does every `get` start the entry's life anew? @default false */
  readonly sliding?: boolean | undefined;
}

/**
 * A cache whose entries expire: none is returned later than 32 look-ups of one synchronous run of code after its time;
 * with a `clock` of your own, none after its time at all. Nor does one stay in memory for longer than some tens of
 * milliseconds after it, read or not, while the event loop is free: one timer serves all entries, and keeps neither the
 * process nor the cache alive.
 *
 * Where room is short before an entry's time is over, one leaves that has not been used for long: roughly the least
 * recently used one, since a use is only noted, so that a `get` costs less. Strings that were found once are found by a
 * `Map` from then on, which is fastest for strings at hand and takes up to 40 bytes an entry more.
 *
 * Time is read at every call, but for tight loops, which read it once in 32 (see `CoarseTime`).
 */
export class TimedCache<K, V> extends BoundedCache<K, V> {
  /** @throws {RangeError | TypeError} naming the option, what was expected and what came */
  constructor(given: TimedCacheOptions<K, V>) {
    optionsObject("TimedCache", given);
    const { sliding = false, ...options } = given;
    if (!(options.ttlMs > 0)) reject("ttlMs", "milliseconds > 0", options.ttlMs);
    if (typeof sliding !== "boolean") rejectType("sliding", "true or false", sliding);
    super(
      {
        name: "TimedCache",
        policy: (table) => new SecondChancePolicy(table),
        remembers: true,
        sliding,
        options: ["sliding"],
      },
      options,
    );
  }
}
