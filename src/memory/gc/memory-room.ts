import type { GcObservation } from "./gc-observation.ts";

/** Share of the memory that is left free: for what other threads, the C library and a moment's peak take. */
const reserveShare = 0.1;

/** So much larger than what is alive old space should be, lest V8 collect it all the time. */
const liveTimes = 1.5;

/** What the memory that this process may use has room for. */
export interface MemoryRoom {
  /** For old space and new space together, bytes, ≥ 0. */
  readonly heapBytes: number;
  /** What old space needs, by what was observed. */
  readonly oldSpaceBytes: number;
  /** The largest semi-space that fits beside old space at its limit, not rounded; of new space there are three such parts. */
  readonly semiSpaceBytes: number;
}

/** @param memoryBytes of the container, or of the machine, > 0 */
export function memoryRoom(observation: GcObservation, memoryBytes: number): MemoryRoom {
  const outside = Math.max(0, observation.rssBytes - observation.heapResidentBytes);
  const heapBytes = Math.max(0, memoryBytes * (1 - reserveShare) - outside);
  const live = observation.majors.at(-1)?.usedBytes ?? 0;
  const oldSpaceBytes = Math.max(observation.oldSpacePeakBytes, live * liveTimes);
  // Not taken from old space: where that can't hold new space, V8 does full collections instead of scavenges (measured).
  const besides = Math.max(oldSpaceBytes, observation.oldSpaceLimitBytes ?? 0);
  return { heapBytes, oldSpaceBytes, semiSpaceBytes: Math.max(0, heapBytes - besides) / 3 };
}
