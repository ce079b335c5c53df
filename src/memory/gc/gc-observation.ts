import type { GcKind } from "../../metrics/runtime/gc-observer.ts";
import type { YoungFlow } from "./gc-profile.ts";
import type { SurvivalRates } from "./lifetime-model.ts";

/** Number and length of the pauses of one kind. */
export interface GcPauses {
  readonly count: number;
  readonly totalMs: number;
}

/** Old space after a full collection. */
export interface OldSpaceAfterMajor {
  /** Since the watch began. */
  readonly atMs: number;
  readonly usedBytes: number;
}

/** What a watch has seen: plain figures, no handles. Everything is of this thread, but `rssBytes`. */
export interface GcObservation {
  /** Length of the steady part: since the semi-space last grew. */
  readonly observedMs: number;
  /** Of these, so long the event loop wasn't waiting; `observedMs` where it hasn't begun to turn. */
  readonly activeMs: number;
  /** Pauses of the steady part. */
  readonly pauses: Readonly<Record<GcKind, GcPauses>>;
  /** Scavenges of the steady part whose survivors were counted; a sample, for counting costs about 1 ms each. */
  readonly sample: YoungFlow;
  /** Old space's use after the latest full collections, oldest first, at most 8. */
  readonly majors: readonly OldSpaceAfterMajor[];
  /** Largest use of old space seen, after a full collection or when a sample ended. */
  readonly oldSpacePeakBytes: number;
  /** Resident memory of the whole process, now. */
  readonly rssBytes: number;
  /** Of it, memory of this thread's heap, garbage included. */
  readonly heapResidentBytes: number;
  /** Memory outside of the heap that objects of this thread hold: buffers, above all. */
  readonly externalBytes: number;
  /** V8's limits for this thread; absent where they can't be told. */
  readonly oldSpaceLimitBytes?: number;
  readonly semiSpaceLimitBytes?: number;
}

/** What follows from an observation; `undefined` where there is nothing to divide by. */
export interface GcRates {
  /** Of the active time, 0 to 1. */
  readonly gcTimeShare: number | undefined;
  readonly minorTimeShare: number | undefined;
  readonly scavengesPerSecond: number | undefined;
  /** By the sample: bytes a scavenge × scavenges a second. */
  readonly allocatedBytesPerSecond: number | undefined;
  /** Of each byte allocated in new space: survives its first scavenge, and its second. */
  readonly survival: SurvivalRates | undefined;
}

export function gcRates({ observedMs, activeMs, pauses, sample }: GcObservation): GcRates {
  const { minor, major, incremental, weakcb } = pauses;
  const share = (ms: number) => (activeMs > 0 ? Math.min(1, ms / activeMs) : undefined);
  const scavengesPerSecond = observedMs > 0 ? (minor.count * 1000) / observedMs : undefined;
  return {
    gcTimeShare: share(minor.totalMs + major.totalMs + incremental.totalMs + weakcb.totalMs),
    minorTimeShare: share(minor.totalMs),
    scavengesPerSecond,
    allocatedBytesPerSecond:
      scavengesPerSecond === undefined || sample.scavenges === 0
        ? undefined
        : (sample.allocatedBytes / sample.scavenges) * scavengesPerSecond,
    survival:
      sample.freshBytes === 0
        ? undefined
        : {
            survivalRate: sample.survivedBytes / sample.freshBytes,
            promotionRate: sample.promotedBytes / sample.freshBytes,
          },
  };
}
