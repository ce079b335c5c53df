import { setTimeout as sleep } from "node:timers/promises";
import type { TimerHandle } from "../../clock.ts";
import { LeakDetectionRunningError, LeakDetectorClosedError, SnapshotTooLargeError } from "../../errors.ts";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { observeGc } from "../../metrics/runtime/gc-observer.ts";
import { abortSignal, durationMs, knownKeys } from "../../options.ts";
import { thrownText } from "../../thrown-text.ts";
import { takeTurn } from "./detection-turn.ts";
import { HeapHistory } from "./heap-history.ts";
import { type HeapProbe, type HeapReading, ownHeapProbe } from "./heap-probe.ts";
import { HeapPair } from "./heap-snapshots.ts";
import type { Holder } from "./holder-growth.ts";
import type { LeakReport } from "./leak-report.ts";
import { LifeSample } from "./life-sample.ts";
import { passiveProbe } from "./passive-probe.ts";
import { suspectsOf } from "./suspects.ts";
import { type LeakDetectorOptions, type ResolvedWatchOptions, resolveWatchOptions } from "./watch-options.ts";

const tickMs = 1000;
/** The old generation must have grown by so much since the last reading to be read again… */
const growthBytes = 131_072;
/** …or so much time must have passed. */
const longestGapMs = 60_000;

export interface LeakCheckOptions {
  /**
   * Also finds what holds the leaked objects, by two heap snapshots. Each stops the program for about a second per 100 MiB, and
   * both need some 13 times the heap; without that much room it is left out, and `notes` says so.
   * @default false
   */
  readonly retainingPaths?: boolean | undefined;
  /** From one snapshot to the other, in milliseconds ≥ 0: long enough to leak more than the program's work comes and goes. @default 10_000 */
  readonly betweenMs?: number | undefined;
  /** Ends the wait between snapshots, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Counts so far. */
export interface LeakDetectorStats {
  readonly readings: number;
  /** Processor time that they took. */
  readonly readingCpuMs: number;
  /** Major collections that were seen. */
  readonly collections: number;
  /** Live bytes by the last reading; 0 before it. */
  readonly liveBytes: number;
  readonly leaking: boolean;
}

/**
 * Watches a running program for leaks, at a bounded cost. The old generation's size is looked at each second; when it has grown, and
 * the budget of processor time allows, the heap is read: V8's sampling profiler collects garbage and says which functions
 * allocated what is alive. Keeps no process alive.
 */
export class LeakDetector implements MetricSource, Disposable, AsyncDisposable {
  readonly name = "leaks";
  readonly #options: ResolvedWatchOptions;
  readonly #makeProbe: () => HeapProbe;
  readonly #lives = new LifeSample();
  readonly #notes: string[] = [];
  #histories: readonly HeapHistory[] = [];
  #state: "new" | "running" | "closed" = "new";
  #giveTurnBack: (() => void) | undefined;
  #endObserving: (() => void) | undefined;
  #probe: HeapProbe | undefined;
  #timer: TimerHandle;
  #startedMs = 0;
  #nextReadMs = 0;
  #lastReadMs = 0;
  #last: HeapReading | undefined;
  #readings = 0;
  #readingCpuMs = 0;
  #collections = 0;
  #leaking = false;

  /**
   * @param makeProbe what the heap is known by; this thread's own by default
   * @throws {TypeError | RangeError} for wrong options
   */
  constructor(options: LeakDetectorOptions = {}, makeProbe?: () => HeapProbe) {
    this.#options = resolveWatchOptions(options);
    const { profiling, samplingBytes } = this.#options;
    this.#makeProbe = makeProbe ?? (() => (profiling ? ownHeapProbe(samplingBytes) : passiveProbe()));
  }

  /** @throws {LeakDetectionRunningError} when it, or another one in this thread, runs; {LeakDetectorClosedError} after `close` */
  start(): this {
    if (this.#state === "closed") throw new LeakDetectorClosedError();
    if (this.#state === "running") throw new LeakDetectionRunningError("LeakDetector");
    const { clock, warmupMs, samplingBytes } = this.#options;
    this.#giveTurnBack = takeTurn("LeakDetector");
    try {
      this.#probe = this.#makeProbe();
    } catch (error) {
      this.#giveTurnBack();
      throw error;
    }
    this.#histories = [
      new HeapHistory(samplingBytes, "drop oldest"),
      new HeapHistory(samplingBytes, "thin out"),
    ];
    this.#endObserving = observeGc(({ kind }) => {
      if (kind === "major") this.#collections++;
    });
    this.#startedMs = clock.now();
    this.#nextReadMs = this.#startedMs + warmupMs;
    this.#timer = clock.setTimeout(() => this.#tick(), tickMs);
    this.#state = "running";
    return this;
  }

  /**
   * An object of a class has come to life: to be called by its constructor. One in a hundred is followed, so that reports can name
   * classes of which there are more and more.
   * @param name of the class
   */
  born(name: string, object: WeakKey): void {
    if (this.#state !== "closed") this.#lives.born(name, object);
  }

  /** What is known by now. @throws {LeakDetectorClosedError} unless it runs */
  report(): LeakReport {
    if (this.#state !== "running") throw new LeakDetectorClosedError();
    return this.#report([]);
  }

  /**
   * Reads the heap, whatever the budget, and reports.
   * @throws {LeakDetectorClosedError} unless it runs; the signal's reason
   */
  async check(options: LeakCheckOptions = {}): Promise<LeakReport> {
    knownKeys("check", options, ["retainingPaths", "betweenMs", "signal"]);
    const { retainingPaths = false, betweenMs = 10_000, signal } = options;
    durationMs("betweenMs", betweenMs);
    abortSignal(signal);
    signal?.throwIfAborted();
    if (this.#state !== "running") throw new LeakDetectorClosedError();
    this.#read();
    return this.#report(retainingPaths ? await this.#holders(betweenMs, signal) : []);
  }

  stats(): LeakDetectorStats {
    return {
      readings: this.#readings,
      readingCpuMs: this.#readingCpuMs,
      collections: this.#collections,
      liveBytes: this.#last === undefined ? 0 : this.#last.heapBytes + this.#last.externalBytes,
      leaking: this.#leaking,
    };
  }

  *collect(): Iterable<MetricSample> {
    const { readings, readingCpuMs, liveBytes, leaking } = this.stats();
    const labels = {};
    yield {
      type: "gauge",
      name: "victor.leaks.leaking",
      help: "1 while a leak shows",
      unit: "1",
      labels,
      value: leaking ? 1 : 0,
    };
    yield {
      type: "gauge",
      name: "victor.leaks.live_memory",
      help: "live bytes after the last reading",
      unit: "By",
      labels,
      value: liveBytes,
    };
    yield {
      type: "counter",
      name: "victor.leaks.readings",
      help: "readings of the heap",
      unit: "1",
      labels,
      value: readings,
    };
    yield {
      type: "counter",
      name: "victor.leaks.reading_time",
      help: "processor time of readings",
      unit: "s",
      labels,
      value: readingCpuMs / 1000,
    };
  }

  /** Ends it, and gives the profiler back. Calling it twice does nothing. */
  close(): void {
    if (this.#state === "running") {
      this.#options.clock.clearTimeout(this.#timer);
      this.#endObserving?.();
      this.#probe?.close();
      this.#giveTurnBack?.();
    }
    this.#lives[Symbol.dispose]();
    this.#state = "closed";
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #tick(): void {
    const { clock, onLeak } = this.#options;
    this.#timer = clock.setTimeout(() => this.#tick(), tickMs);
    if (!this.#isDue(clock.now())) return;
    const leakedBefore = this.#leaking;
    this.#read();
    if (!this.#leaking || leakedBefore || onLeak === undefined) return;
    const report = this.#report([]);
    // Also where it is async.
    new Promise<void>((resolve) => resolve(onLeak(report))).catch((error: unknown) =>
      process.emitWarning(error instanceof Error ? error : thrownText(error)),
    );
  }

  #isDue(nowMs: number): boolean {
    const current = this.#probe!.current();
    if (nowMs < this.#nextReadMs) return false;
    if (this.#last === undefined || nowMs - this.#lastReadMs >= longestGapMs) return true;
    const { heapBytes, externalBytes } = this.#last;
    return current - heapBytes - externalBytes >= growthBytes;
  }

  #read(): void {
    const { clock, cpuShare, minBytes } = this.#options;
    const nowMs = clock.now();
    if (this.#last !== undefined && nowMs <= this.#lastReadMs) return;
    const reading = this.#probe!.read();
    if (this.#last === undefined) this.#lives.begin();
    this.#last = reading;
    this.#lastReadMs = nowMs;
    this.#nextReadMs = nowMs + Math.max(tickMs, reading.cpuMs / cpuShare);
    this.#readings++;
    this.#readingCpuMs += reading.cpuMs;
    for (const history of this.#histories) history.add((nowMs - this.#startedMs) / 1000, reading);
    this.#leaking = this.#histories.some((history) => history.growth(minBytes).status === "leaking");
  }

  #report(holders: readonly Holder[]): LeakReport {
    const { clock, minBytes, warmupMs } = this.#options;
    const judged = this.#histories.map((history) => ({ history, growth: history.growth(minBytes) }));
    const leaking = judged.filter(({ growth: { status } }) => status === "leaking");
    // The longer one has more samples of what leaks.
    const { history, growth } = (leaking.length > 0 ? leaking : judged).reduce((longest, one) =>
      one.history.span >= longest.history.span ? one : longest,
    );
    const { trend, status } = growth;
    const rate = trend && { bytes: trend.slope, low: trend.low, high: trend.high };
    const classes = history.span > 0 ? this.#lives.growing(history.span) : [];
    const warming = Math.max(0, (this.#startedMs + warmupMs - clock.now()) / 1000);
    return {
      status,
      per: "second",
      measured: history.span,
      rate,
      significance: trend?.significance,
      more: growth.status === "not enough evidence" ? Math.ceil(warming + (growth.more || 5)) : undefined,
      suspects:
        status === "leaking" && rate !== undefined && this.#last !== undefined
          ? suspectsOf({
              per: "second",
              rate,
              sites: history.sites(this.#last.profile),
              classes,
              holders,
              isExternal: history.isExternal,
            })
          : [],
      holders,
      classes: status === "leaking" ? classes : [],
      notes: [...this.#notes],
    };
  }

  async #holders(betweenMs: number, signal: AbortSignal | undefined): Promise<Holder[]> {
    await using heaps = new HeapPair();
    this.#notes.length = 0;
    try {
      await heaps.write();
      await sleep(betweenMs, undefined, signal && { signal });
      await heaps.write();
      const holders = await heaps.growingHolders(signal);
      return holders.map((holder) => ({
        ...holder,
        bytes: holder.bytes / Math.max(0.001, betweenMs / 1000),
      }));
    } catch (error) {
      if (!(error instanceof SnapshotTooLargeError)) throw signal?.aborted ? signal.reason : error;
      this.#notes.push(`no retaining paths: ${error.message}`);
      return [];
    }
  }
}
