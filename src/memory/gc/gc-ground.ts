import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { GCProfiler, getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import { isMainThread, resourceLimits } from "node:worker_threads";
import { type Clock, systemClock } from "../../clock.ts";
import { cgroupLimits } from "../../measure/cgroup-limits.ts";
import { type GcPause, observeGc } from "../../metrics/runtime/gc-observer.ts";
import { startFlags } from "./gc-flags.ts";
import { type GcProfileRecord, semiSpaceOf } from "./gc-profile.ts";
import { type HeapLimits, heapLimits } from "./heap-limits.ts";

/** The heap of this thread at one moment. */
export interface HeapFigures {
  readonly semiSpaceBytes: number;
  readonly oldSpaceBytes: number;
  readonly heapResidentBytes: number;
  readonly externalBytes: number;
  readonly rssBytes: number;
}

/** What a watch takes its figures from; another in tests. */
export interface GcGround {
  readonly clock: Clock;
  observe(listener: (pause: GcPause) => void): () => void;
  /** @returns ends the profile and tells what it saw */
  profile(): () => readonly GcProfileRecord[];
  heap(): HeapFigures;
  /** Milliseconds that the event loop has not been waiting, since its start. */
  activeMs(): number;
  limits(): HeapLimits;
}

export const thisThread: GcGround = Object.freeze({
  clock: systemClock,
  observe: observeGc,
  profile() {
    const profiler = new GCProfiler();
    profiler.start();
    return () => (profiler.stop()?.statistics ?? []) as readonly GcProfileRecord[];
  },
  heap() {
    let semiSpaceBytes = 0;
    let oldSpaceBytes = 0;
    let heapResidentBytes = 0;
    for (const space of getHeapSpaceStatistics()) {
      heapResidentBytes += space.physical_space_size;
      if (space.space_name === "new_space") semiSpaceBytes = semiSpaceOf(space.space_size);
      else if (["old_space", "large_object_space", "trusted_space"].includes(space.space_name))
        oldSpaceBytes += space.space_used_size;
    }
    const { external_memory: externalBytes } = getHeapStatistics();
    return { semiSpaceBytes, oldSpaceBytes, heapResidentBytes, externalBytes, rssBytes: residentBytes() };
  },
  activeMs: () => performance.eventLoopUtilization().active,
  limits: () =>
    heapLimits({
      heapSizeLimitBytes: getHeapStatistics().heap_size_limit,
      flags: startFlags(),
      workerOldMib: isMainThread ? undefined : resourceLimits.maxOldGenerationSizeMb,
      memoryBytes: Math.min(totalmem(), containerBytes() ?? Number.POSITIVE_INFINITY),
    }),
});

let lastResidentBytes = 0;

/** What it was before, where the system can't be asked: a process out of file descriptors must not end by being watched. */
function residentBytes(): number {
  try {
    lastResidentBytes = process.memoryUsage.rss();
  } catch {
    return lastResidentBytes;
  }
  return lastResidentBytes;
}

/** What the container or service manager allows; `undefined` where nothing is limited. */
export function containerBytes(read: (path: string) => string | undefined = readIfThere): number | undefined {
  return cgroupLimits(read)?.memoryBytes;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // No such file means no such limit: other systems, other cgroup versions, /proc hidden.
    return undefined;
  }
}
