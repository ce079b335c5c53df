import type { HeapProfile } from "./allocation-site.ts";
import { liveBytes, oldBytes } from "./forced-collection.ts";
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
  return {
    current: oldBytes,
    read: () => {
      const restarts = profiler.restarts;
      const cpu = process.cpuUsage();
      const profile = profiler.read();
      const { user, system } = process.cpuUsage(cpu);
      const { heap, external } = liveBytes();
      return {
        profile,
        heapBytes: heap,
        externalBytes: external,
        cpuMs: (user + system) / 1000,
        restarted: profiler.restarts > restarts,
      };
    },
    close: () => profiler.close(),
  };
}
