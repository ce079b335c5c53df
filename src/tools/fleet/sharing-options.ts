import { callable, durationMs, finite, integer, knownKeys, reject } from "../../options.ts";

/** How the nodes of a fleet tell each other what they have learned. */
export interface SharingOptions {
  /** Milliseconds between two exchanges, > 0, finite; each is up to a quarter earlier or later, so that nodes don't come together. @default 10_000 */
  readonly intervalMs?: number | undefined;
  /** Milliseconds after which a node that is heard of no more is forgotten, with what it learned; up to 2³¹ − 1. @default 1_209_600_000 (14 days) */
  readonly expireMs?: number | undefined;
  /** Other nodes of which it is remembered what they learned, an integer from 1 to 1,024; a process that was restarted is another. @default 64 */
  readonly maxNodes?: number | undefined;
  /** Bytes of what one node learned that are sent or taken, an integer ≥ 1,024. @default 8_388_608 (8 MiB) */
  readonly maxBytes?: number | undefined;
  /** From 0 up to, not including, 1. @default Math.random */
  readonly random?: (() => number) | undefined;
}

export type ResolvedSharing = {
  readonly [Name in keyof SharingOptions]-?: NonNullable<SharingOptions[Name]>;
};

const longestMs = 2 ** 31 - 1;

/** @throws {TypeError | RangeError} naming the wrong option */
export function resolveSharing(options: SharingOptions = {}): ResolvedSharing {
  knownKeys("sharing", options, ["intervalMs", "expireMs", "maxNodes", "maxBytes", "random"]);
  const { intervalMs = 10_000, expireMs = 1_209_600_000, maxNodes = 64, random = Math.random } = options;
  callable("sharing.random", random);
  finite("sharing.intervalMs", intervalMs, 1, longestMs);
  durationMs("sharing.expireMs", expireMs, 1);
  if (expireMs > longestMs || expireMs < 4 * intervalMs)
    reject("sharing.expireMs", `from 4 times sharing.intervalMs to ${longestMs}`, expireMs);
  return {
    intervalMs,
    expireMs,
    maxNodes: integer("sharing.maxNodes", maxNodes, 1, 1_024),
    maxBytes: integer("sharing.maxBytes", options.maxBytes ?? 8_388_608, 1_024),
    random,
  };
}
