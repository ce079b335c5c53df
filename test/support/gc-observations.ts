import type { GcObservation, GcPauses } from "../../src/memory/gc/gc-observation.ts";
import { type Lifetimes, predictSurvival } from "../../src/memory/gc/lifetime-model.ts";

const mib = 2 ** 20;

interface Seen {
  readonly semiMib: number;
  readonly lifetimes?: Lifetimes;
  readonly scavenges?: number;
  readonly minorMs?: number;
  readonly majorMs?: number;
  readonly majors?: readonly number[];
  readonly observedMs?: number;
  readonly semiLimitMib?: number;
  readonly oldLimitMib?: number;
  readonly rssMib?: number;
  readonly majorCount?: number;
}

/** An observation of a program whose objects live as `lifetimes` says; `majors` is old space after each, in MiB. */
export function observationOf(seen: Seen): GcObservation {
  const { semiMib, scavenges = 20, lifetimes = { longerShare: 1, meanBytes: 15 * mib } } = seen;
  const { survivalRate, promotionRate } = predictSurvival(lifetimes, semiMib * mib);
  const freshBytes = (scavenges * semiMib * mib) / (1 + survivalRate);
  const majors = (seen.majors ?? []).map((usedMib, i) => ({ atMs: i * 1000, usedBytes: usedMib * mib }));
  const none: GcPauses = { count: 0, totalMs: 0 };
  return {
    observedMs: seen.observedMs ?? 1000,
    activeMs: seen.observedMs ?? 1000,
    pauses: {
      minor: { count: scavenges, totalMs: seen.minorMs ?? 400 },
      major: { count: seen.majorCount ?? majors.length, totalMs: seen.majorMs ?? 0 },
      incremental: none,
      weakcb: none,
    },
    sample: {
      scavenges,
      semiSpaceBytes: semiMib * mib,
      freshBytes,
      allocatedBytes: freshBytes,
      survivedBytes: freshBytes * survivalRate,
      promotedBytes: freshBytes * promotionRate,
    },
    majors,
    oldSpacePeakBytes: Math.max(0, ...majors.map(({ usedBytes }) => usedBytes)),
    rssBytes: (seen.rssMib ?? 100) * mib,
    heapResidentBytes: 50 * mib,
    externalBytes: 0,
    oldSpaceLimitBytes: (seen.oldLimitMib ?? 4096) * mib,
    semiSpaceLimitBytes: (seen.semiLimitMib ?? semiMib) * mib,
  };
}
