import type { HeapProfile } from "./allocation-site.ts";
import { oldBytes } from "./forced-collection.ts";
import { SamplingProfiler } from "./sampling-profiler.ts";

/** The heap right after a collection. */
export interface HeapReading {
  readonly profile: HeapProfile;
  readonly heapBytes: number;
  /** Outside of V8's heap. */
  readonly externalBytes: number;
  /** What the reading took of the processors. */
  readonly cpuMs: number;
  /** Whether the profiler has forgotten what was alive before, since another one stopped it. */
  readonly restarted: boolean;
}

/** What a watch knows the heap by. */
export interface HeapProbe {
  /** Bytes of the old generation, garbage that isn't collected yet included. Takes some microseconds. */
  current(): number;
  /** Collects, and looks. */
  read(): HeapReading;
  close(): void;
}

/** This thread's heap. @param samplingBytes mean distance of samples */
export function ownHeapProbe(samplingBytes: number): HeapProbe {
  const profiler = new SamplingProfiler(samplingBytes);
  // Buffers are given back some time after their collection: the least since the last reading is nearest to what is alive.
  let leastExternal = Number.POSITIVE_INFINITY;
  return {
    current: () => {
      const { heap, external } = oldBytes();
      leastExternal = Math.min(leastExternal, external);
      return heap + external;
    },
    read: () => {
      const restarts = profiler.restarts;
      const cpu = process.cpuUsage();
      const profile = profiler.read();
      const { user, system } = process.cpuUsage(cpu);
      // The profile has come as text since the collection, in the young generation.
      const { heap, external } = oldBytes();
      const externalBytes = Math.min(leastExternal, external);
      leastExternal = Number.POSITIVE_INFINITY;
      return {
        profile,
        heapBytes: heap,
        externalBytes,
        cpuMs: (user + system) / 1000,
        restarted: profiler.restarts > restarts,
      };
    },
    close: () => profiler.close(),
  };
}
