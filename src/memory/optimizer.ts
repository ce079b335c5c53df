import { queryObjects } from "node:v8";
import { AlreadyEnabledError, ClosedError, NameTakenError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { BufferPool, type BufferPoolOptions } from "./buffer-pool.ts";
import { adviseGc } from "./gc/advise-gc.ts";
import { enableGcTuning, type GcTuning, type GcTuningOptions } from "./gc/enable-gc-tuning.ts";
import { detectLeaks } from "./leaks/detect-leaks.ts";
import { LeakDetector } from "./leaks/leak-detector.ts";
import type { LeakDetectorOptions } from "./leaks/watch-options.ts";
import { memorySummary } from "./memory-summary.ts";
import { ObjectPool, type ObjectPoolOptions } from "./object-pool.ts";
import type { ObjectPoolStats } from "./object-pool-stats.ts";
import { LifeCycle, type LifeCycleOptions, type LifeCycleStats } from "./profile/life-cycle.ts";
import { type MemoryProfile, MemoryProfiler, type MemoryProfilerOptions } from "./profile/memory-profiler.ts";
import { heapLimitBytes, type MemoryReading, readMemory } from "./profile/memory-sample.ts";

/** The process's memory, and what the optimizer's parts counted. */
export interface MemoryStats {
  readonly memory: MemoryReading;
  /** Bytes of heap at which V8 gives up. */
  readonly heapLimitBytes: number;
  /** `undefined` unless profiling is enabled. */
  readonly profile: MemoryProfile | undefined;
  readonly pools: Readonly<Record<string, ObjectPoolStats>>;
  readonly lifeCycles: Readonly<Record<string, LifeCycleStats>>;
}

/** How many objects there are. */
export interface ObjectCount {
  /** With `Object.prototype` among their prototypes: all but those made with `Object.create(null)`. */
  readonly objects: number;
  /** What the counting took. The program stood still for so long. */
  readonly tookMs: number;
}

// biome-ignore lint/suspicious/noExplicitAny: each pool has a type of its own
type Pool = ObjectPool<any> | BufferPool;

/**
 * One place for a program's pools and for what is known of its memory.
 *
 * ```ts
 * using optimizer = new MemoryOptimizer();
 * const buffers = optimizer.createBufferPool("buffers");
 * optimizer.enableProfiling();
 * console.log(optimizer.getMemorySummary());
 * ```
 * It is a source of metrics, which costs nothing until they are collected: `registry.register(optimizer)`. How the process's
 * memory itself does belongs to `RuntimeMetrics`.
 */
export class MemoryOptimizer implements MetricSource, Disposable {
  readonly name = "memory";
  readonly #pools = new Map<string, Pool>();
  readonly #lifeCycles = new Map<string, LifeCycle>();
  #profiler: MemoryProfiler | undefined;
  #leakDetector: LeakDetector | undefined;
  #closed = false;

  /** As the function `enableGcTuning`: the collector belongs to the thread. */
  static enableGcTuning(options?: GcTuningOptions): GcTuning {
    return enableGcTuning(options);
  }

  /** As the function `adviseGc`. */
  static readonly adviseGc = adviseGc;

  /** As the function `detectLeaks`: runs an operation over and over, and says whether it leaks. For tests. */
  static readonly detectLeaks = detectLeaks;

  /**
   * A pool of objects, held until `removePool`.
   * @throws {NameTakenError} when there is a pool of that name
   * @throws as `ObjectPool`, {ClosedError} after `close`
   */
  createPool<T extends object>(name: string, options: ObjectPoolOptions<T>): ObjectPool<T> {
    return this.#addPool(name, () => new ObjectPool(name, options));
  }

  /** A pool of buffers by their size, held until `removePool`. @throws as `createPool` */
  createBufferPool(name: string, options?: BufferPoolOptions): BufferPool {
    return this.#addPool(name, () => new BufferPool(name, options));
  }

  /** @returns `undefined` when there is none of that name; of what objects it is, its maker said */
  getPool<T extends object = object>(name: string): ObjectPool<T> | undefined {
    const pool = this.#pools.get(name);
    return pool instanceof ObjectPool ? (pool as ObjectPool<T>) : undefined;
  }

  /** @returns `undefined` when there is none of that name */
  getBufferPool(name: string): BufferPool | undefined {
    const pool = this.#pools.get(name);
    return pool instanceof BufferPool ? pool : undefined;
  }

  /** Drops what is idle and forgets the pool, so that its name is free. @returns whether there was one */
  removePool(name: string): boolean {
    this.#pools.get(name)?.clear();
    return this.#pools.delete(name);
  }

  /**
   * Follows objects of a kind from birth to death; tell it of each: `lifeCycle.born(object)`. The one of that name, made at the
   * first call.
   * @param options count when it is made; later ones are not looked at
   * @throws as `LifeCycle`, {ClosedError} after `close`
   */
  trackLifeCycle(name: string, options?: LifeCycleOptions): LifeCycle {
    this.#open();
    let lifeCycle = this.#lifeCycles.get(name);
    if (lifeCycle === undefined) {
      lifeCycle = new LifeCycle(name, options);
      this.#lifeCycles.set(name, lifeCycle);
    }
    return lifeCycle;
  }

  /**
   * Samples the process's memory from now on, until the profiler or the optimizer is closed.
   * @throws {AlreadyEnabledError} when it does already
   * @throws as `MemoryProfiler`, {ClosedError} after `close`
   */
  enableProfiling(options?: MemoryProfilerOptions): MemoryProfiler {
    this.#open();
    if (this.#profiler?.isOpen) throw new AlreadyEnabledError("memory profiling");
    this.#profiler = new MemoryProfiler(options);
    return this.#profiler;
  }

  /**
   * Watches the running program for leaks from now on, until the detector or the optimizer is closed.
   * @throws as `LeakDetector.start`, {ClosedError} after `close`
   */
  watchLeaks(options?: LeakDetectorOptions): LeakDetector {
    this.#open();
    const detector = new LeakDetector(options).start();
    this.#leakDetector = detector;
    return detector;
  }

  getStats(): MemoryStats {
    return {
      memory: readMemory(),
      heapLimitBytes: heapLimitBytes(),
      profile: this.#profiler?.profile(),
      pools: statsOf(this.#pools),
      lifeCycles: statsOf(this.#lifeCycles),
    };
  }

  /** The same for people: some lines of text. */
  getMemorySummary(): string {
    return memorySummary(this.getStats());
  }

  /**
   * Counts the objects that are alive, truly: V8 collects all garbage and looks at each. The program stands still for that: about
   * a second for each million. Node warns of an experimental feature the first time.
   */
  countObjects(): ObjectCount {
    const started = performance.now();
    const objects = queryObjects(Object, { format: "count" });
    return { objects, tookMs: performance.now() - started };
  }

  *collect(): Iterable<MetricSample> {
    for (const pool of this.#pools.values()) yield* pool.collect();
    for (const lifeCycle of this.#lifeCycles.values()) yield* lifeCycle.collect();
    if (this.#leakDetector !== undefined) yield* this.#leakDetector.collect();
  }

  /** Ends the profiling, the watch and the following, empties the pools and forgets them. Pools go on working for those who have them. */
  close(): void {
    this.#closed = true;
    this.#profiler?.close();
    this.#leakDetector?.close();
    for (const lifeCycle of this.#lifeCycles.values()) lifeCycle.close();
    for (const pool of this.#pools.values()) pool.clear();
    this.#lifeCycles.clear();
    this.#pools.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #addPool<P extends Pool>(name: string, make: () => P): P {
    this.#open();
    if (this.#pools.has(name)) throw new NameTakenError("pool", name);
    const pool = make();
    this.#pools.set(name, pool);
    return pool;
  }

  #open(): void {
    if (this.#closed) throw new ClosedError("MemoryOptimizer");
  }
}

function statsOf<S>(all: ReadonlyMap<string, { stats(): S }>): Record<string, S> {
  return Object.fromEntries(Array.from(all, ([name, one]) => [name, one.stats()]));
}
