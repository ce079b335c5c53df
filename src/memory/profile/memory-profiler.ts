import { type Clock, systemClock, type TimerHandle } from "../../clock.ts";
import { type GcKind, type GcPause, gcKinds, observeGc } from "../../metrics/runtime/gc-observer.ts";
import { durationMs, integer, knownKeys } from "../../options.ts";
import { gcRates } from "../gc/gc-observation.ts";
import { GcWatch } from "../gc/gc-watch.ts";
import { type GcTime, type MemoryReading, type MemorySample, readMemory } from "./memory-sample.ts";
import { NumberRing } from "./number-ring.ts";

export interface MemoryProfilerOptions {
  /** Time between two samples, ≥ 10. @default 1000 */
  readonly intervalMs?: number | undefined;
  /** Samples kept, the latest ones; ≥ 2. @default 3600, which take 0.7 MB */
  readonly maxSamples?: number | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
}

/** Least and most over the samples that are kept. */
export interface SampleRange {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

/** Of the samples that are kept. */
export interface MemoryProfile {
  readonly samples: number;
  /** From the first to the last of them. */
  readonly spanMs: number;
  readonly rssBytes: SampleRange;
  readonly heapUsedBytes: SampleRange;
  readonly externalBytes: SampleRange;
  readonly gc: GcProfile;
}

export interface GcProfile {
  /** Share of the time that garbage collection took, 0–1. */
  readonly timeShare: number;
  readonly kinds: Readonly<Record<GcKind, GcTime>>;
  /** Bytes a second, by a sample of scavenges; `undefined` before the first of them. */
  readonly allocationRate: number | undefined;
  /** Share of new bytes that outlive a scavenge, 0–1, by the same sample. */
  readonly survivalRate: number | undefined;
}

const numbers = [
  "rssBytes",
  "heapUsedBytes",
  "heapTotalBytes",
  "externalBytes",
  "arrayBuffersBytes",
] as const;
const gcAt = 1 + numbers.length;
const spacesAt = gcAt + 2 * gcKinds.length;

/**
 * Keeps watch over the process's memory: a sample each `intervalMs`, and each pause for garbage collection. Keeps no process
 * alive. A sample takes some 40 µs, so one a second costs 0.004 % of a core; which share of new objects survives is found out
 * with 1 % at most.
 */
export class MemoryProfiler implements Disposable {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #spaceNames: readonly string[];
  readonly #ring: NumberRing;
  readonly #endGc: () => void;
  readonly #gcWatch: GcWatch;
  readonly #pauses = new Map<GcKind, { count: number; totalMs: number }>();
  #timer: TimerHandle;

  /** @throws {TypeError | RangeError} on an option that is unknown or out of its bounds */
  constructor(options: MemoryProfilerOptions = {}) {
    knownKeys("MemoryProfiler", options, ["intervalMs", "maxSamples", "clock"]);
    const { intervalMs = 1000, maxSamples = 3600, clock = systemClock } = options;
    this.#intervalMs = durationMs("intervalMs", intervalMs, 10);
    this.#clock = clock;
    const first = readMemory();
    this.#spaceNames = Object.keys(first.heapSpaces);
    this.#ring = new NumberRing(spacesAt + this.#spaceNames.length, integer("maxSamples", maxSamples, 2));
    this.#gcWatch = new GcWatch();
    this.#endGc = observeGc((pause) => this.#add(pause));
    this.#keep(first);
    this.#arm();
  }

  get isOpen(): boolean {
    return this.#timer !== undefined;
  }

  /** All samples that are kept, the oldest first. */
  samples(): MemorySample[] {
    return Array.from({ length: this.#ring.length }, (_, i) => this.#sample(this.#ring.row(i)));
  }

  /** Takes a sample now, too, unless it is closed. */
  profile(): MemoryProfile {
    if (this.isOpen) this.#keepNow();
    const rows = Array.from({ length: this.#ring.length }, (_, i) => this.#ring.row(i));
    const spanMs = (rows.at(-1)?.[0] ?? 0) - (rows[0]?.[0] ?? 0);
    const range = (column: number): SampleRange => {
      const values = rows.map((row) => row[column] ?? 0);
      // More samples may be kept than a call takes arguments.
      const over = (fn: (a: number, b: number) => number): number => values.reduce((a, b) => fn(a, b));
      return { min: over(Math.min), mean: over((a, b) => a + b) / values.length, max: over(Math.max) };
    };
    // What the first sample counted was before it.
    const kinds = kindsOf((column) => rows.slice(1).reduce((sum, row) => sum + (row[column] ?? 0), 0));
    const { allocatedBytesPerSecond, survival } = gcRates(this.#gcWatch.snapshot());
    const gcMs = Object.values(kinds).reduce((sum, { totalMs }) => sum + totalMs, 0);
    return {
      samples: rows.length,
      spanMs,
      rssBytes: range(1),
      heapUsedBytes: range(2),
      externalBytes: range(4),
      gc: {
        timeShare: spanMs > 0 ? Math.min(1, gcMs / spanMs) : 0,
        kinds,
        allocationRate: allocatedBytesPerSecond,
        survivalRate: survival?.survivalRate,
      },
    };
  }

  /** Takes no more samples; those that were taken can still be read. */
  close(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#endGc();
    this.#gcWatch.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #arm(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#arm();
      this.#keepNow();
    }, this.#intervalMs);
  }

  #keepNow(): void {
    let reading: MemoryReading;
    try {
      reading = readMemory();
    } catch {
      // The system can't be asked, such as where the process is out of file descriptors: a sample is missing then.
      return;
    }
    this.#keep(reading);
  }

  #add({ kind, durationMs: ms }: GcPause): void {
    const time = this.#pauses.get(kind) ?? { count: 0, totalMs: 0 };
    time.count++;
    time.totalMs += ms;
    this.#pauses.set(kind, time);
  }

  #keep(reading: MemoryReading): void {
    this.#ring.push([
      this.#clock.now(),
      ...numbers.map((name) => reading[name]),
      ...gcKinds.flatMap((kind) => {
        const { count, totalMs } = this.#pauses.get(kind) ?? { count: 0, totalMs: 0 };
        return [count, totalMs];
      }),
      ...this.#spaceNames.map((name) => reading.heapSpaces[name] ?? 0),
    ]);
    this.#pauses.clear();
  }

  #sample(row: Float64Array): MemorySample {
    const [atMs, rssBytes, heapUsedBytes, heapTotalBytes, externalBytes, arrayBuffersBytes] =
      row as unknown as readonly [number, number, number, number, number, number];
    return {
      atMs,
      rssBytes,
      heapUsedBytes,
      heapTotalBytes,
      externalBytes,
      arrayBuffersBytes,
      heapSpaces: Object.fromEntries(this.#spaceNames.map((name, i) => [name, row[spacesAt + i] as number])),
      gc: kindsOf((column) => row[column] as number),
    };
  }
}

function kindsOf(at: (column: number) => number): Record<GcKind, GcTime> {
  return Object.fromEntries(
    gcKinds.map((kind, i) => [kind, { count: at(gcAt + 2 * i), totalMs: at(gcAt + 2 * i + 1) }]),
  ) as Record<GcKind, GcTime>;
}
