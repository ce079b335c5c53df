import { changedLimits, type GcAdvice, noChange, notYet } from "./gc-advice.ts";
import { type GcObservation, gcRates } from "./gc-observation.ts";
import { fitLifetimes, type Lifetimes } from "./lifetime-model.ts";
import { type MemoryRoom, memoryRoom } from "./memory-room.ts";
import { largerSemiSpace, smallerSemiSpace } from "./semi-space-choice.ts";

export interface GcDecisionOptions {
  /** Memory that this process may use, bytes. */
  readonly memoryBytes: number;
  /** Whether that is a limit of a container, which kills what exceeds it. */
  readonly isContainer: boolean;
  /** Save memory instead of time. @default false */
  readonly aggressive?: boolean | undefined;
  /** Time that `aggressive` may cost: 0.1 is a tenth more. @default 0.1 */
  readonly maxSlowdown?: number | undefined;
  /** Gains below this are left: 0.05 is a twentieth more work done. @default 0.05 */
  readonly minGain?: number | undefined;
  /** @default 32 MiB; 64 took as long or longer, and more CPU time (`bench/memory/gc-tuning.ts`) */
  readonly maxSemiSpaceBytes?: number | undefined;
}

export const gcDecisionDefaults = Object.freeze({
  aggressive: false,
  maxSlowdown: 0.1,
  minGain: 0.05,
  maxSemiSpaceBytes: 32 * 2 ** 20,
});

/** Fewer scavenges say little of survival. */
const minScavenges = 20;
/** A program that collects little is believed to after so long. */
const minObservedMs = 10_000;
/** Below, scavenges don't copy enough to take long by it. */
const minSurvivalRate = 0.05;
/** While survivors of the first scavenge all but survive the second, the measured difference is mostly error. */
const minDyingShare = 0.2;
/** Old space is full, when more of its limit is alive after a full collection. */
const fullShare = 0.8;

/** Decides by arithmetic alone: the same observation gives the same advice. */
export function decideGc(observation: GcObservation, options: GcDecisionOptions): GcAdvice {
  const settings: Settings = {
    ...options,
    aggressive: options.aggressive ?? gcDecisionDefaults.aggressive,
    maxSlowdown: options.maxSlowdown ?? gcDecisionDefaults.maxSlowdown,
    minGain: options.minGain ?? gcDecisionDefaults.minGain,
    maxSemiSpaceBytes: options.maxSemiSpaceBytes ?? gcDecisionDefaults.maxSemiSpaceBytes,
  };
  const room = memoryRoom(observation, settings.memoryBytes);
  const semi = decideSemiSpace(observation, settings, room);
  // Beside the semi-space that is advised, not beside today's.
  const oldSpace = oldSpaceLimit(observation, room, settings.isContainer, semi.expected?.semiSpaceBytes);
  if (semi.expected === undefined) {
    if (oldSpace === undefined) return semi;
    return changedLimits(oldSpace.reason, { oldSpaceBytes: oldSpace.bytes });
  }
  const { semiSpaceBytes } = semi.expected;
  return changedLimits(semi.reason, { semiSpaceBytes, oldSpaceBytes: oldSpace?.bytes }, semi.expected);
}

interface Settings extends GcDecisionOptions {
  readonly aggressive: boolean;
  readonly maxSlowdown: number;
  readonly minGain: number;
  readonly maxSemiSpaceBytes: number;
}

function decideSemiSpace(observation: GcObservation, settings: Settings, room: MemoryRoom): GcAdvice {
  const { sample, observedMs, semiSpaceLimitBytes } = observation;
  const { gcTimeShare = 0, survival } = gcRates(observation);
  const collects = `collections take ${percent(gcTimeShare)} of the active time`;
  // Even without any collection no more than their time is won.
  const isIdle = gcTimeShare / (1 - Math.min(gcTimeShare, 0.999)) < settings.minGain;
  if (!settings.aggressive && isIdle)
    return observedMs < minObservedMs
      ? notYet(`${collects} so far`, minObservedMs - observedMs)
      : noChange(`${collects}: too little to win`);
  const isFull = onlyFull(observation);
  if (!isFull && (sample.scavenges < minScavenges || survival === undefined)) {
    const perMs = sample.scavenges / Math.max(1, observedMs);
    const missing = minScavenges - sample.scavenges;
    return notYet(
      `survivors of ${sample.scavenges} scavenges were counted, ${minScavenges} are needed`,
      perMs === 0 ? minObservedMs : missing / perMs,
    );
  }
  const survives = isFull
    ? `new space of ${mebi(sample.semiSpaceBytes)} is emptied by full collections, with ${mebi(observation.majors.at(-1)?.usedBytes ?? 0)} alive`
    : `${percent(survival?.survivalRate ?? 0)} of what is allocated survives a scavenge of ${mebi(sample.semiSpaceBytes)}`;
  if (
    !settings.aggressive &&
    semiSpaceLimitBytes !== undefined &&
    sample.semiSpaceBytes < semiSpaceLimitBytes
  )
    return noChange(
      `${survives}, and V8 uses less than the ${mebi(semiSpaceLimitBytes)} that it may take by itself`,
    );
  if (!settings.aggressive && !isFull && (survival?.survivalRate ?? 0) < minSurvivalRate)
    return noChange(`${survives}: a larger one would have hardly anything less to copy`);
  const lifetimes = lifetimesOf(observation, settings.aggressive);
  if (lifetimes === undefined)
    return notYet(
      `${survives}; whether it dies later shows at the next full collections`,
      Math.max(1000, minObservedMs - observedMs),
    );
  const stays = lifetimes.meanBytes === Number.POSITIVE_INFINITY;
  if (settings.aggressive) {
    const expected = smallerSemiSpace(observation, lifetimes, settings.maxSlowdown);
    if (expected === undefined) return noChange(`${survives}: a smaller one would cost too much time`);
    return changedLimits(
      `${survives}: ${mebi(expected.semiSpaceBytes)} should save up to ${mebi(-expected.residentBytes)} for ${percent(1 / expected.speedup - 1)} more time`,
      { semiSpaceBytes: expected.semiSpaceBytes },
      expected,
    );
  }
  if (stays) return noChange(`${survives}, and goes on living: it has to be copied with any size`);
  const most = Math.min(settings.maxSemiSpaceBytes, room.semiSpaceBytes);
  const expected = largerSemiSpace(observation, lifetimes, most);
  if (expected === undefined)
    return noChange(
      room.semiSpaceBytes < settings.maxSemiSpaceBytes
        ? `${survives}, but the memory has no room for more`
        : `${survives}, and the semi-space is as large as it should be`,
    );
  if (expected.speedup < 1 + settings.minGain)
    return noChange(`${survives}: a larger one would bring ${percent(expected.speedup - 1)}`);
  return changedLimits(
    `${survives} and ${collects}: ${mebi(expected.semiSpaceBytes)} should bring ${percent(expected.speedup - 1)}`,
    { semiSpaceBytes: expected.semiSpaceBytes },
    expected,
  );
}

/**
 * From the two survival rates; or, where these are too much alike, by Little's law: what is alive in old space is the longer share
 * of what is allocated × its mean lifetime.
 * @returns `undefined` until two full collections tell whether old space keeps growing
 */
function lifetimesOf(observation: GcObservation, isToShrink: boolean): Lifetimes | undefined {
  const { sample, majors } = observation;
  // Without scavenges all that is allocated counts as the longer share, which expects the least of a larger semi-space.
  const survivalRate = onlyFull(observation) ? 1 : sample.survivedBytes / sample.freshBytes;
  const promotionRate = sample.promotedBytes / sample.freshBytes;
  const mostSurvives = survivalRate >= 1 - minDyingShare;
  if (promotionRate < survivalRate * (1 - minDyingShare) && !mostSurvives)
    return fitLifetimes({ survivalRate, promotionRate }, sample.freshBytes / sample.scavenges);
  const first = majors[0];
  const last = majors.at(-1);
  const longerShare = Math.min(1, survivalRate);
  if (first === undefined || last === undefined || first === last)
    // What survives both scavenges of this size survives those of a smaller one: its real lifetime doesn't matter.
    return isToShrink && !mostSurvives ? { longerShare, meanBytes: Number.POSITIVE_INFINITY } : undefined;
  const isGrowing = last.usedBytes > first.usedBytes * 1.5;
  return { longerShare, meanBytes: isGrowing ? Number.POSITIVE_INFINITY : last.usedBytes / longerShare };
}

/** Whether V8 has stopped scavenging: where much is promoted, it may choose a full collection each time that new space is full. */
function onlyFull({ pauses, majors }: GcObservation): boolean {
  return pauses.major.count >= minScavenges && pauses.major.count > pauses.minor.count && majors.length > 1;
}

/** A better limit for old space, where it is full though there is room, or larger than the container. */
function oldSpaceLimit(
  observation: GcObservation,
  room: MemoryRoom,
  isContainer: boolean,
  semiSpaceBytes = observation.semiSpaceLimitBytes ?? observation.sample.semiSpaceBytes,
): { readonly bytes: number; readonly reason: string } | undefined {
  const limit = observation.oldSpaceLimitBytes;
  const live = observation.majors.at(-1)?.usedBytes ?? 0;
  if (limit === undefined) return undefined;
  const most = room.heapBytes - 3 * semiSpaceBytes;
  if (live > limit * fullShare && most > limit)
    return {
      bytes: Math.min(most, limit * 2),
      reason: `${mebi(live)} of old space are alive after a full collection, its limit is ${mebi(limit)}, and there is room for more`,
    };
  if (isContainer && limit > most && most >= room.oldSpaceBytes)
    return {
      bytes: most,
      reason: `old space may grow to ${mebi(limit)}, but the container has room for ${mebi(most)}: V8 should collect before the container is killed`,
    };
  return undefined;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function mebi(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 && bytes % 2 ** 20 !== 0 ? 1 : 0)} MiB`;
}
