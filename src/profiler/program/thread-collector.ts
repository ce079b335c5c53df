import { renameSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { GCProfiler } from "node:v8";
import { type GcKind, observeGc } from "../../metrics/runtime/gc-observer.ts";
import { thrownText } from "../../thrown-text.ts";
import {
  type GcTotals,
  segmentFile,
  stateFile,
  type ThreadSegment,
  type ThreadState,
} from "./recorded-thread.ts";

export interface ThreadCollectorOptions {
  /** An existing folder for the files. */
  readonly dir: string;
  readonly threadId: number;
  /** Microseconds between two samples of the stack. */
  readonly intervalUs: number;
  /** Bytes allocated between two samples of allocations, on average. */
  readonly allocationIntervalBytes: number;
  /** Milliseconds between two saves. */
  readonly saveEveryMs: number;
}

type MutableTotals = { -readonly [K in keyof GcTotals]: GcTotals[K] };

const beatMs = 10;
/** Samples of allocations take memory until they are taken. */
const maxSavesPerAllocations = 32;
/** A loop that was this much late has been blocked. */
const blockedUs = 50_000;

const kindOf: Readonly<Record<string, GcKind>> = {
  Scavenge: "minor",
  MinorMarkSweep: "minor",
  MarkSweepCompact: "major",
  IncrementalMarking: "incremental",
  ProcessWeakCallbacks: "weakcb",
};

const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);

/**
 * Records the thread that it is made on: stacks, allocations, collections, and turns of the event loop, saved to files
 * every so often and at the end, synchronously, so that the end of the process can't cut it off.
 */
export class ThreadCollector {
  readonly #options: ThreadCollectorOptions;
  readonly #session = new Session();
  readonly #startedAt = new Date();
  readonly #startUs = nowUs();
  readonly #startPerformanceMs = performance.now();
  readonly #gc: Record<GcKind, MutableTotals> = {
    minor: none(),
    major: none(),
    incremental: none(),
    weakcb: none(),
  };
  readonly #delay = monitorEventLoopDelay({ resolution: beatMs });
  #gcProfiler: GCProfiler | undefined;
  #endGcObserver: (() => void) | undefined;
  #timers: NodeJS.Timeout[] = [];
  #blocks: [number, number][] = [];
  #lastBeatUs = 0;
  #clockOffsetUs = 0;
  #segments = 0;
  #running = false;
  #lastSave: readonly [fromUs: number, toUs: number] = [0, 0];

  constructor(options: ThreadCollectorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.setSamplingInterval", { interval: this.#options.intervalUs });
    this.#running = true;
    this.#begin();
    this.#beginAllocations();
    // Observers are told a turn later, which a program that never yields doesn't take; this one answers at once, but
    // copies the figures of the whole heap each time, so it goes as soon as the loop turns.
    this.#gcProfiler = new GCProfiler();
    this.#gcProfiler.start();
    this.#delay.enable();
    this.#timers = [
      setInterval(() => this.#beat(), beatMs).unref(),
      setInterval(() => this.save(), this.#options.saveEveryMs).unref(),
    ];
  }

  /** Writes what came since the last save, and goes on, unless it can't be written. Never throws. */
  save(): void {
    this.#tryWrite(false);
  }

  /** Writes the rest and stops recording. Calling it again does nothing. Never throws. */
  finish(): void {
    this.#tryWrite(true);
  }

  #begin(): void {
    const before = nowUs();
    this.#post("Profiler.start");
    this.#clockOffsetUs = before;
  }

  #beginAllocations(): void {
    this.#post("HeapProfiler.startSampling", {
      samplingInterval: this.#options.allocationIntervalBytes,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
  }

  #beat(): void {
    const now = nowUs();
    if (this.#lastBeatUs === 0) this.#watchGc();
    else this.#noteBlock(now);
    this.#lastBeatUs = now;
  }

  #noteBlock(now: number): void {
    const late = now - this.#lastBeatUs - beatMs * 1000;
    if (late > blockedUs) this.#blocks.push([now - late, late]);
  }

  #watchGc(): void {
    this.#takeProfiledGc();
    this.#endGcObserver = observeGc(({ kind, startMs, durationMs }) => {
      const [from, to] = this.#lastSave;
      const startUs = this.#startUs + (startMs - this.#startPerformanceMs) * 1000;
      if (startUs < from || startUs > to) this.#noteGc(kind, durationMs);
    });
  }

  #takeProfiledGc(): void {
    const result = this.#gcProfiler?.stop();
    this.#gcProfiler = undefined;
    for (const { gcType, cost } of result?.statistics ?? []) {
      const kind = kindOf[gcType];
      if (kind !== undefined) this.#noteGc(kind, cost / 1000);
    }
  }

  #noteGc(kind: GcKind, durationMs: number): void {
    const totals = this.#gc[kind];
    totals.count++;
    totals.totalMs += durationMs;
    totals.longestMs = Math.max(totals.longestMs, durationMs);
  }

  /** A disk that is full, or a profiler that has gone with its folder, must not end the program: only the recording ends. */
  #tryWrite(last: boolean): void {
    if (!this.#running) return;
    try {
      this.#write(last);
    } catch (error) {
      if (this.#running) this.#stop();
      this.#delay.disable();
      this.#gcProfiler?.stop();
      this.#gcProfiler = undefined;
      process.emitWarning(`the recording ends here, since it can't be saved: ${thrownText(error)}`, {
        code: "VICTOR_PROFILE_SAVE",
      });
    }
  }

  #write(last: boolean): void {
    const from = nowUs();
    if (this.#lastBeatUs !== 0) this.#noteBlock(from);
    this.#delay.disable();
    // Before V8 collects all garbage, which isn't the program's doing.
    if (last) this.#takeProfiledGc();
    const { profile: cpu } = this.#post("Profiler.stop") as { profile: ThreadSegment["cpu"] };
    const takesAllocations = last || this.#isAllocationsTurn();
    const toProfile = cpu.startTime - this.#clockOffsetUs;
    const segment: ThreadSegment = {
      cpu,
      ...(takesAllocations && { allocations: this.#takeAllocations() }),
      blocks: this.#blocks.map(([start, duration]) => [start + toProfile, duration]),
    };
    this.#blocks = [];
    if (last) this.#stop();
    const { dir, threadId } = this.#options;
    writeWhole(join(dir, segmentFile(process.pid, threadId, this.#segments++)), segment);
    if (!last) {
      this.#begin();
      if (takesAllocations) this.#beginAllocations();
    }
    const now = nowUs();
    this.#lastSave = [from, now];
    writeWhole(join(dir, stateFile(process.pid, threadId)), this.#state(now, last));
    if (last) return;
    if (this.#lastBeatUs !== 0) this.#lastBeatUs = now;
    this.#delay.enable();
  }

  /** Soon after the start, as programs that are killed are mostly young, and later seldom. */
  #isAllocationsTurn(): boolean {
    const saves = this.#segments + 1;
    return saves % maxSavesPerAllocations === 0 || Number.isInteger(Math.log2(saves));
  }

  #takeAllocations(): NonNullable<ThreadSegment["allocations"]> {
    const { profile } = this.#post("HeapProfiler.stopSampling") as {
      profile: NonNullable<ThreadSegment["allocations"]>;
    };
    // Without its list of samples, which nothing reads.
    return { head: profile.head };
  }

  #stop(): void {
    this.#running = false;
    for (const timer of this.#timers) clearInterval(timer);
    this.#endGcObserver?.();
    this.#session.disconnect();
  }

  #state(now: number, complete: boolean): ThreadState {
    const ms = (ns: number): number => Math.max(0, ns / 1e6 - beatMs);
    const delay = this.#delay;
    const turned = delay.count > 0;
    return {
      pid: process.pid,
      threadId: this.#options.threadId,
      node: process.version,
      script: process.argv[1] ?? "",
      startedAt: this.#startedAt.toISOString(),
      elapsedMs: (now - this.#startUs) / 1000,
      complete,
      gc: this.#gc,
      loop: {
        turns: delay.count,
        meanMs: turned ? ms(delay.mean) : 0,
        p50Ms: turned ? ms(delay.percentile(50)) : 0,
        p99Ms: turned ? ms(delay.percentile(99)) : 0,
        longestMs: turned ? ms(delay.max) : 0,
      },
    };
  }

  /** On the session of one's own thread, the answer is there when `post` returns. */
  #post(method: string, params: object = {}): unknown {
    let answer: unknown;
    this.#session.post(method, params, (error: unknown, result: unknown) => {
      // Node rejects with the protocol's plain object, which says nothing when it is thrown.
      if (error !== null) throw new Error(`${method}: ${JSON.stringify(error)}`);
      answer = result;
    });
    return answer;
  }
}

const none = (): MutableTotals => ({ count: 0, totalMs: 0, longestMs: 0 });

/** A reader sees the whole file or none. */
function writeWhole(path: string, value: object): void {
  writeFileSync(`${path}.part`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${path}.part`, path);
}
