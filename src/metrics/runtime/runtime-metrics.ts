import { type Clock, systemClock } from "../../clock.ts";
import { finite, knownKeys, rejectType } from "../../options.ts";
import type { MetricSample, MetricSource } from "../metric.ts";
import { EventLoopWindow, eventLoopTimes } from "./event-loop-window.ts";
import { GcDurations } from "./gc-durations.ts";
import { memorySamples } from "./memory-samples.ts";
import { OverlappingWindows } from "./overlapping-windows.ts";
import { processSamples } from "./process-samples.ts";
import { ThreadPoolProbe } from "./thread-pool-probe.ts";

export interface RuntimeMetricsOptions {
  /**
   * Delay and utilisation of the event loop are of the last one to two of these, milliseconds > 0; where collections
   * are further apart, of all the time since the one before. @default 10000
   */
  readonly windowMs?: number | undefined;
  /**
   * Whether each collection gives libuv's thread pool a tiny task and measures how long it takes. It starts the pool
   * where nothing else has, hence not unasked. @default false
   */
  readonly probesThreadPool?: boolean | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
}

/**
 * What Node itself can tell: event loop, garbage collection, heap, memory, CPU, active resources, libuv's pool.
 * Names are OpenTelemetry's semantic conventions (`nodejs.*`, `v8js.*`, `process.*`) where there is one.
 * Event loop and collections are those of the thread that made this. Any number of readers and of instances don't
 * disturb one another: reading resets nothing. Keeps no process alive.
 * @see https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/
 * @see https://opentelemetry.io/docs/specs/semconv/runtime/v8js-metrics/
 */
export class RuntimeMetrics implements MetricSource {
  readonly name = "victor.runtime";
  readonly #eventLoop: OverlappingWindows<EventLoopWindow>;
  readonly #gc: GcDurations;
  readonly #threadPool: ThreadPoolProbe;
  #isClosed = false;

  /** @throws {TypeError | RangeError} when an option is not valid */
  constructor(options: RuntimeMetricsOptions = {}) {
    knownKeys("runtime metrics", options, ["windowMs", "probesThreadPool", "clock"]);
    const { windowMs = 10_000, probesThreadPool = false, clock = systemClock } = options;
    finite("windowMs", windowMs, Number.MIN_VALUE);
    if (typeof probesThreadPool !== "boolean") rejectType("probesThreadPool", "a boolean", probesThreadPool);
    this.#eventLoop = new OverlappingWindows(windowMs, clock, () => new EventLoopWindow());
    this.#gc = new GcDurations();
    this.#threadPool = new ThreadPoolProbe(probesThreadPool, clock);
  }

  /** @returns nothing once closed */
  *collect(): Iterable<MetricSample> {
    if (this.#isClosed) return;
    yield* this.#eventLoop.read((window) => [...window.samples()]);
    yield* eventLoopTimes();
    yield* this.#gc.samples();
    yield* memorySamples();
    yield* processSamples();
    yield* this.#threadPool.samples();
  }

  /** Ends its monitors and observers. May be called again. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#eventLoop.close();
    this.#gc.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}
