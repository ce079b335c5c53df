import type { ResourceLimits } from "node:worker_threads";

/** What following the advice is expected to bring, computed from what was observed. */
export interface GcExpectation {
  /** Size of one semi-space, bytes. */
  readonly semiSpaceBytes: number;
  /** Share of active time in collections, 0 to 1, now and then. */
  readonly gcTimeShareBefore: number;
  readonly gcTimeShareAfter: number;
  /** Work done in the same active time, as a multiple of now's. */
  readonly speedup: number;
  /** Resident memory more (or less, when negative), at most: both halves of new space. */
  readonly residentBytes: number;
}

/**
 * - `not-yet`: not enough evidence; `waitMs` says how much longer to watch.
 * - `none`: nothing is to be won, or there is no room for it.
 * - `semi-space`, `old-space`, `both`: these limits should change.
 */
export type GcChange = "not-yet" | "none" | "semi-space" | "old-space" | "both";

/** What to do about garbage collection. Plain data: it may be saved as JSON, and used at the next start. */
export interface GcAdvice {
  readonly change: GcChange;
  /** A sentence with the figures it rests on. */
  readonly reason: string;
  /** Flags for Node's command line; all of them may stand in `NODE_OPTIONS`. */
  readonly flags: readonly string[];
  /** The same as text, for `NODE_OPTIONS`. */
  readonly nodeOptions: string;
  /** The same for `new Worker(file, { resourceLimits })`. A flag that the process was started with is stronger. */
  readonly resourceLimits: Readonly<ResourceLimits>;
  /** Milliseconds to watch still; only with `not-yet`. */
  readonly waitMs?: number;
  /** Only where the semi-space changes. */
  readonly expected?: GcExpectation;
}

export function notYet(reason: string, waitMs: number): GcAdvice {
  return { ...noChange(reason), change: "not-yet", waitMs: Math.ceil(waitMs) };
}

export function noChange(reason: string): GcAdvice {
  return { change: "none", reason, flags: [], nodeOptions: "", resourceLimits: {} };
}

/** Other limits, in bytes, of the parts that should change. V8 takes whole MiB. */
export function changedLimits(
  reason: string,
  limits: { readonly semiSpaceBytes?: number | undefined; readonly oldSpaceBytes?: number | undefined },
  expected?: GcExpectation,
): GcAdvice {
  const semi = limits.semiSpaceBytes === undefined ? undefined : Math.round(limits.semiSpaceBytes / 2 ** 20);
  const old = limits.oldSpaceBytes === undefined ? undefined : Math.floor(limits.oldSpaceBytes / 2 ** 20);
  const flags = [
    ...(semi === undefined ? [] : [`--max-semi-space-size=${semi}`]),
    ...(old === undefined ? [] : [`--max-old-space-size=${old}`]),
  ];
  return {
    change: semi === undefined ? "old-space" : old === undefined ? "semi-space" : "both",
    reason,
    flags,
    nodeOptions: flags.join(" "),
    resourceLimits: {
      // V8 divides the young generation into three: two semi-spaces, and as much for large young objects.
      ...(semi !== undefined && { maxYoungGenerationSizeMb: semi * 3 }),
      ...(old !== undefined && { maxOldGenerationSizeMb: old }),
    },
    ...(expected !== undefined && { expected }),
  };
}
