/** A cache hit that may be held against its source. */
export interface CheckedHit<T> {
  /** What the caller was given; only read. */
  readonly value: T;
  /** Of hits with the same key, one is checked at a time. */
  readonly key: string;
  /** Asks the source, past the cache and whatever joins its loads. Must be repeatable: called after the hit was given. */
  reload(signal: AbortSignal): T | Promise<T>;
  /** Whether the cache would still give this very value: not once it was invalidated, replaced, evicted or has expired. */
  isStillCurrent(): boolean;
  /** Whether both are the same answer. @default deep equality */
  equal?(cached: T, fresh: T): boolean;
}

/** What a cache asks to have some of its hits checked; `TruthSampler` of `rollout/` is one. */
export interface TruthCheck {
  /** Called once for each hit: whether to check this one. Cheap; never throws. */
  isDue(): boolean;
  /** Returns at once, and never throws; the check comes later, if at all. */
  check<T>(hit: CheckedHit<T>): void;
}

/** @returns whether it has the shape of a check */
export function isTruthCheck(value: unknown): value is TruthCheck {
  const given = value as Partial<TruthCheck> | null | undefined;
  return typeof given?.isDue === "function" && typeof given.check === "function";
}
