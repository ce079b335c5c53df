import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import type { GcKind } from "../../metrics/runtime/gc-observer.ts";

/** Pauses of one kind. */
export interface GcTime {
  readonly count: number;
  readonly totalMs: number;
}

/** The process's memory at one moment, in bytes. */
export interface MemoryReading {
  /** Resident in physical memory: heap, code, stacks, buffers and all. */
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  /** That JavaScript's objects hold outside of the heap, array buffers included. */
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
  /** In use, by V8's names: `new_space`, `old_space`, `large_object_space`, … */
  readonly heapSpaces: Readonly<Record<string, number>>;
}

/** A reading, and what happened since the one before. */
export interface MemorySample extends MemoryReading {
  /** Milliseconds by the profiler's clock. */
  readonly atMs: number;
  readonly gc: Readonly<Record<GcKind, GcTime>>;
}

/** Costs some 40 µs: the system is asked for the resident memory. */
export function readMemory(): MemoryReading {
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  return {
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    externalBytes: external,
    arrayBuffersBytes: arrayBuffers,
    heapSpaces: Object.fromEntries(
      getHeapSpaceStatistics().map(({ space_name, space_used_size }) => [space_name, space_used_size]),
    ),
  };
}

/** Bytes at which V8 gives up. */
export const heapLimitBytes = (): number => getHeapStatistics().heap_size_limit;
