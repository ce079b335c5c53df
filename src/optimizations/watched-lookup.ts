import type { RolloutCall } from "../rollout/rollout-call.ts";
import type { Lookup, LookupCache } from "./lookup-cache.ts";

/**
 * Gives a look-up to the cache or past it, as its call's arm says, and tells the call when it was answered, or that it
 * failed. What the cache would pass on untouched, such as an address in place of a name, is no call.
 */
export function watchedLookup(
  cache: LookupCache,
  original: Lookup,
  self: unknown,
  args: readonly unknown[],
  begin: () => RolloutCall,
): unknown {
  if (!cache.takes(args)) return Reflect.apply(original, self, args);
  const call = begin();
  const callback = args.at(-1) as (...answer: unknown[]) => void;
  const watched = function (this: unknown, ...answer: unknown[]): void {
    if (answer[0]) call.fail(answer[0]);
    else call.succeed();
    Reflect.apply(callback, this, answer);
  };
  const given = [...args.slice(0, -1), watched];
  try {
    return call.arm === "on" ? cache.lookup(original, self, given) : Reflect.apply(original, self, given);
  } catch (error) {
    // The caller's mistake, such as an option of a wrong type.
    call.discard();
    throw error;
  }
}
