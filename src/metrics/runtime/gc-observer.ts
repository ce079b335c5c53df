import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";

/** Node's four kinds, by OpenTelemetry's names (`v8js.gc.type`). */
export type GcKind = "minor" | "major" | "incremental" | "weakcb";

export const gcKinds: readonly GcKind[] = Object.freeze(["minor", "major", "incremental", "weakcb"]);

/** One pause for garbage collection. */
export interface GcPause {
  readonly kind: GcKind;
  /** Milliseconds since `performance.timeOrigin`. */
  readonly startMs: number;
  readonly durationMs: number;
}

const kindOf: Readonly<Record<number, GcKind>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
};

type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number } };

const listeners = new Set<(pause: GcPause) => void>();
let observer: PerformanceObserver | undefined;

/**
 * Tells of each garbage collection of this thread, from now on; a turn of the event loop later, in batches.
 * All listeners share one `PerformanceObserver`, which is there only while anyone listens. Keeps no process alive.
 * @param listener must not throw
 * @returns ends it; calling it twice does nothing
 * @see https://nodejs.org/api/perf_hooks.html#garbage-collection-gc-details
 */
export function observeGc(listener: (pause: GcPause) => void): () => void {
  // A listener of its own for each call, so that one function given twice is told, and ended, twice.
  const own = (pause: GcPause): void => listener(pause);
  listeners.add(own);
  if (observer === undefined) {
    observer = new PerformanceObserver((list) => tellAll(list.getEntries()));
    observer.observe({ entryTypes: ["gc"] });
  }
  return () => {
    listeners.delete(own);
    if (listeners.size > 0) return;
    observer?.disconnect();
    observer = undefined;
  };
}

function tellAll(entries: readonly PerformanceEntry[]): void {
  for (const entry of entries) {
    const kind = kindOf[(entry as GcEntry).detail.kind];
    if (kind === undefined) continue;
    const pause = { kind, startMs: entry.startTime, durationMs: entry.duration };
    for (const tell of listeners) tell(pause);
  }
}
