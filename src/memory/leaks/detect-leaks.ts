import { setTimeout as sleep } from "node:timers/promises";
import { SnapshotTooLargeError } from "../../errors.ts";
import { type Census, censusGrowth, constructorCensus, countObjects } from "./constructor-census.ts";
import {
  type DetectLeaksOptions,
  type ResolvedDetectOptions,
  resolveDetectOptions,
} from "./detect-options.ts";
import { takeTurn } from "./detection-turn.ts";
import { collectAll, forcedCollector, liveBytes, withoutInlining } from "./forced-collection.ts";
import { type Growth, growthOf } from "./growth.ts";
import { HeapPair } from "./heap-snapshots.ts";
import type { Holder } from "./holder-growth.ts";
import { InspectorSession } from "./inspector-session.ts";
import type { LeakReport } from "./leak-report.ts";
import { SamplingProfiler } from "./sampling-profiler.ts";
import { SiteGrowth } from "./site-growth.ts";
import { suspectsOf } from "./suspects.ts";

/** Collections in a measurement, evenly between its operations. */
const windows = 12;
const warmupWindows = 8;

/** A measurement must grow by so much at least: less comes and goes by itself, such as compiled code. */
const minGrowthBytes = 32 * 1024;

/**
 * Runs an operation over and over, and says whether it leaks, where, and if asked what holds the leaked objects.
 * Stages come in order of cost, and each only when the one before it saw growth: live bytes after forced collections; again, twice
 * as long, with allocation sites by V8's sampling profiler and objects by class; heap snapshots when `retainingPaths` is set.
 * @throws what the operation throws; the signal's reason; {LeakDetectionRunningError} when one runs already in this thread;
 * {TypeError | RangeError} for wrong options
 */
export async function detectLeaks(options: DetectLeaksOptions): Promise<LeakReport> {
  const resolved = resolveDetectOptions(options);
  resolved.signal?.throwIfAborted();
  const giveBack = takeTurn("detectLeaks");
  try {
    const run = new DetectionRun(resolved);
    try {
      return await run.report();
    } finally {
      run.close();
    }
  } finally {
    giveBack();
  }
}

class DetectionRun {
  readonly #options: ResolvedDetectOptions;
  readonly #collect = forcedCollector();
  readonly #session = new InspectorSession();
  readonly #profiler: SamplingProfiler;
  readonly #sites: SiteGrowth;
  readonly #inlineAgain: () => void;
  readonly #notes: string[] = [];
  #calls = 0;

  constructor(options: ResolvedDetectOptions) {
    this.#options = options;
    this.#profiler = new SamplingProfiler(options.samplingBytes);
    this.#sites = new SiteGrowth(4 * (windows + 1), options.samplingBytes);
    this.#inlineAgain = withoutInlining();
  }

  async report(): Promise<LeakReport> {
    const { iterations, warmup } = this.#options;
    await this.#warmUp(warmup);
    let first = await this.#measure(iterations);
    if (first.growth.status === "not enough evidence") first = await this.#measure(iterations);
    if (first.growth.status !== "leaking") return this.#answer(first.growth, iterations);
    await using heaps = new HeapPair();
    const before = await this.#look(heaps);
    const { growth, externalSlope } = await this.#measure(2 * iterations);
    if (growth.status !== "leaking") return this.#answer(growth, 2 * iterations);
    const sites = this.#sites.growing(this.#profiler.read());
    const after = await this.#look(heaps);
    const { slope: bytes, low, high } = growth.trend;
    const holders = (await this.#holders(heaps)).map((holder) => ({
      ...holder,
      bytes: holder.bytes / (2 * iterations),
    }));
    const classes = censusGrowth(before, after, 2 * iterations);
    const rate = { bytes, low, high };
    const suspects = suspectsOf({
      per: "operation",
      rate,
      sites,
      classes,
      holders,
      isExternal: externalSlope > 0.5 * bytes,
    });
    return { ...this.#answer(growth, 2 * iterations), rate, suspects, holders, classes };
  }

  close(): void {
    this.#inlineAgain();
    this.#profiler.close();
    this.#session.close();
  }

  #answer(growth: Growth, measured: number): LeakReport {
    const { trend } = growth;
    return {
      status: growth.status,
      per: "operation",
      measured,
      rate: trend && { bytes: trend.slope, low: trend.low, high: trend.high },
      significance: trend?.significance,
      more: growth.status === "not enough evidence" ? Math.ceil(growth.more) : undefined,
      suspects: [],
      holders: [],
      classes: [],
      notes: this.#notes,
    };
  }

  async #operate(count: number): Promise<void> {
    const { operation, signal } = this.#options;
    for (let i = 0; i < count; i++) {
      signal?.throwIfAborted();
      await operation(this.#calls++);
    }
  }

  async #measure(operations: number): Promise<{ growth: Growth; externalSlope: number }> {
    const xs: number[] = [];
    const ys: number[] = [];
    const externals: number[] = [];
    for (let window = 0; window <= windows; window++) {
      if (window > 0) await this.#operate(partOf(operations, window, windows));
      await this.#settle();
      this.#sites.add(this.#calls, this.#profiler.read());
      await collectAll(this.#collect);
      const { heap, external } = liveBytes();
      xs.push(this.#calls);
      ys.push(heap + external);
      externals.push(external);
    }
    const { minBytes: minSlope } = this.#options;
    const growth = growthOf(xs, ys, { minPoints: windows, minBytes: minGrowthBytes, minSlope });
    return {
      growth,
      externalSlope: growthOf(xs, externals, { minPoints: 2, minBytes: 0, minSlope: 0 }).trend?.slope ?? 0,
    };
  }

  /** Collects now and then: V8 drops code that wasn't run during the last collections, which would look like a loss later. */
  async #warmUp(operations: number): Promise<void> {
    for (let window = 1; window <= warmupWindows; window++) {
      await this.#operate(partOf(operations, window, warmupWindows));
      await this.#settle();
      this.#sites.add(this.#calls, this.#profiler.read());
      await collectAll(this.#collect);
    }
    this.#sites.clear();
  }

  async #settle(): Promise<void> {
    const { settleMs, signal } = this.#options;
    if (settleMs > 0) await sleep(settleMs, undefined, signal && { signal });
  }

  /** What else is known of the leak is told without them. */
  async #holders(heaps: HeapPair): Promise<readonly Holder[]> {
    try {
      return await heaps.growingHolders(this.#options.signal);
    } catch (error) {
      this.#noteTooLarge(error);
      return [];
    }
  }

  /** Counts objects by class, and writes a snapshot when asked to. */
  async #look(heaps: HeapPair): Promise<Census> {
    const { classes, retainingPaths } = this.#options;
    try {
      if (retainingPaths) await heaps.write();
    } catch (error) {
      this.#noteTooLarge(error);
    }
    return classes === undefined ? constructorCensus(this.#session) : countObjects(classes);
  }

  #noteTooLarge(error: unknown): void {
    if (!(error instanceof SnapshotTooLargeError)) throw error;
    this.#notes.push(`no retaining paths: ${error.message}`);
  }
}

/** Operations of one window of all, so that the windows' sum is right. */
function partOf(operations: number, window: number, all: number): number {
  return Math.round((operations * window) / all) - Math.round((operations * (window - 1)) / all);
}
