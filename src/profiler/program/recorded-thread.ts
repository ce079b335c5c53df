import type { GcKind } from "../../metrics/runtime/gc-observer.ts";

/** Where a function stands, as V8 says it: line and column from 0, −1 for what isn't JavaScript. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** A node of V8's call tree. */
export interface CpuProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
  /** Samples by line of the generated code, from 1. */
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
}

/**
 * A CPU profile as the inspector and `.cpuprofile` files have it; times are microseconds.
 * @see https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#type-Profile
 */
export interface CpuProfile {
  readonly nodes: readonly CpuProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A node of the sampling allocation profile: what was allocated there, in bytes, also if it is collected since. */
export interface AllocationNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly AllocationNode[];
}

/** What one thread did between two saves. */
export interface ThreadSegment {
  readonly cpu: CpuProfile;
  /** Since they were taken last: not with every save, as V8 collects all garbage for it. */
  readonly allocations?: { readonly head: AllocationNode };
  /** The event loop didn't turn: from, on the clock of the profile, and for how long; microseconds. */
  readonly blocks: readonly (readonly [startUs: number, durationUs: number])[];
}

/** Pauses of one kind. */
export interface GcTotals {
  readonly count: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

/** How late timers were, beyond their own resolution of 10 ms. */
export interface LoopDelay {
  /** Times that the loop was seen to turn. */
  readonly turns: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** What is known of a thread up to its last save. */
export interface ThreadState {
  readonly pid: number;
  /** 0 is the main thread. */
  readonly threadId: number;
  readonly node: string;
  /** Path of the script alone: arguments and environment may hold secrets. */
  readonly script: string;
  readonly startedAt: string;
  readonly elapsedMs: number;
  /** Whether the recording came to its end: false after a kill or a crash, which lose what came after the last save. */
  readonly complete: boolean;
  readonly gc: Readonly<Record<GcKind, GcTotals>>;
  readonly loop: LoopDelay;
}

/** A thread's recording. Segments are read one at a time, as a long recording doesn't fit into memory. */
export interface ThreadRecording {
  readonly state: ThreadState;
  segments(): Iterable<ThreadSegment>;
}

/** A process' recording. */
export interface ProgramRecording {
  /** The main thread first. */
  readonly threads: readonly ThreadRecording[];
  /** V8's trace of the main thread's deoptimizations; `undefined` when none was kept. */
  readonly deoptTrace: string | undefined;
}

/** A segment's file, that of a thread's state, and that of a process' deoptimizations. */
export const segmentFile = (pid: number, threadId: number, index: number): string =>
  `${pid}-${threadId}-${String(index).padStart(6, "0")}.segment.json`;
export const stateFile = (pid: number, threadId: number): string => `${pid}-${threadId}.state.json`;
export const deoptTraceFile = (pid: number): string => `${pid}-deopts.txt`;
