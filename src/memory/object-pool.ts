import { PoolHookError, type PoolMisuse, PoolMisuseError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { callable, integer, knownKeys, rejectType } from "../options.ts";
import { type ObjectPoolStats, objectPoolStats, poolSamples } from "./object-pool-stats.ts";
import { checkedByDefault } from "./pool-checks.ts";
import { PoolLease } from "./pool-lease.ts";
import { PoolStamp } from "./pool-stamp.ts";
import { sameShallowState, shallowState } from "./shallow-state.ts";

export interface ObjectPoolOptions<T extends object> {
  /** Makes an object, when none is idle. */
  readonly factory: () => T;
  /** Makes a released object as good as new. Done at its release, so that what it held is free at once. @default nothing */
  readonly reset?: ((object: T) => void) | undefined;
  /** Whether an idle object is still fit to be handed out; one that isn't is dropped. @default all are */
  readonly validate?: ((object: T) => boolean) | undefined;
  /** Idle objects kept at most, ≥ 0; how many are in use is not bounded. @default 100 */
  readonly maxSize?: number | undefined;
  /**
   * Finds objects that are released twice, that are not the pool's, and that were changed after their release.
   * @default true, unless `NODE_ENV` is `production`
   */
  readonly checked?: boolean | undefined;
}

/** Idle objects kept at most. */
const defaultMaxSize = 100;

/**
 * Keeps objects that were used, to be used again. It pays for what is dear to make: buffers of 1 KiB or more (a `BufferPool`
 * does that better), large maps and sets, wide objects of which many are alive. Small short-lived objects cost V8 less than
 * any pool does.
 *
 * ```ts
 * using lease = pool.lease();
 * lease.value.set("key", 1);
 * ```
 * What `checked` can see of a change after the release: own enumerable properties (the first 32), the length of arrays and the
 * size of maps and sets. A read after the release can't be seen, except through a lease.
 */
export class ObjectPool<T extends object> implements MetricSource {
  readonly name: string;
  readonly #factory: () => T;
  readonly #reset: ((object: T) => void) | undefined;
  readonly #validate: ((object: T) => boolean) | undefined;
  readonly #maxSize: number;
  readonly #checked: boolean;
  readonly #idle: T[] = [];
  /** Of the idle objects, in their order; only where they are checked. */
  readonly #states: unknown[][] = [];
  #created = 0;
  #acquired = 0;
  #released = 0;
  #dropped = 0;
  #highWaterMark = 0;

  /** @throws {TypeError | RangeError} on an option that is missing, unknown, or out of its bounds */
  constructor(name: string, options: ObjectPoolOptions<T>) {
    if (typeof name !== "string" || name === "") rejectType("name", "a name", name);
    knownKeys("ObjectPool", options, ["factory", "reset", "validate", "maxSize", "checked"]);
    const { factory, reset, validate, maxSize = defaultMaxSize, checked = checkedByDefault() } = options;
    callable("factory", factory);
    if (reset !== undefined) callable("reset", reset);
    if (validate !== undefined) callable("validate", validate);
    if (typeof checked !== "boolean") rejectType("checked", "a boolean", checked);
    this.name = name;
    this.#factory = factory;
    this.#reset = reset;
    this.#validate = validate;
    this.#maxSize = integer("maxSize", maxSize, 0);
    this.#checked = checked;
  }

  /**
   * An object that nobody else has until it is released.
   * @throws {PoolHookError} when `factory` or `validate` throws
   * @throws {PoolMisuseError} in checked mode, when the next idle object was changed after its release; it is dropped
   */
  acquire(): T {
    const object = this.#checked || this.#validate !== undefined ? this.#fit() : this.#idle.pop();
    const acquired = object ?? this.#make();
    const inUse = ++this.#acquired - this.#released;
    if (inUse > this.#highWaterMark) this.#highWaterMark = inUse;
    return acquired;
  }

  /**
   * Gives an object back. Don't touch it afterwards.
   * @throws {PoolMisuseError} in checked mode, when it is not this pool's, or was released already
   * @throws {PoolHookError} when `reset` throws; the object is not kept
   */
  release(object: T): void {
    if (this.#checked) this.#checkRelease(object);
    this.#released++;
    if (this.#idle.length >= this.#maxSize) {
      this.#dropped++;
      return;
    }
    if (this.#reset !== undefined) this.#doReset(object, this.#reset);
    if (this.#checked) this.#states.push(shallowState(object));
    this.#idle.push(object);
  }

  /** Acquires until the end of a block. @throws as `acquire` */
  lease(): PoolLease<T> {
    return new PoolLease(this, this.acquire());
  }

  /** Drops the idle objects. Those in use may still be released. */
  clear(): void {
    this.#dropped += this.#idle.length;
    this.#idle.length = 0;
    this.#states.length = 0;
  }

  stats(): ObjectPoolStats {
    return objectPoolStats(this.name, {
      created: this.#created,
      acquired: this.#acquired,
      released: this.#released,
      dropped: this.#dropped,
      highWaterMark: this.#highWaterMark,
      idle: this.#idle.length,
    });
  }

  collect(): Iterable<MetricSample> {
    return poolSamples(this.stats());
  }

  #fit(): T | undefined {
    for (let object = this.#idle.pop(); object !== undefined; object = this.#idle.pop()) {
      if (this.#checked) this.#checkIdle(object);
      if (this.#isValid(object)) {
        if (this.#checked) PoolStamp.setOut(object as T & PoolStamp, true);
        return object;
      }
      this.#dropped++;
    }
    return undefined;
  }

  #isValid(object: T): boolean {
    if (this.#validate === undefined) return true;
    try {
      return this.#validate(object);
    } catch (cause) {
      this.#dropped++;
      throw new PoolHookError(this.name, "validate", { cause });
    }
  }

  #make(): T {
    let object: T;
    try {
      object = this.#factory();
    } catch (cause) {
      throw new PoolHookError(this.name, "factory", { cause });
    }
    if ((typeof object !== "object" && typeof object !== "function") || object === null)
      rejectType("factory", "an object from it", object);
    if (this.#checked) {
      if (PoolStamp.isOf(object, this))
        this.#misused("made twice", "the factory returned an object that it had returned before");
      PoolStamp.put(object, this);
    }
    this.#created++;
    return object;
  }

  #doReset(object: T, reset: (object: T) => void): void {
    try {
      reset(object);
    } catch (cause) {
      this.#dropped++;
      throw new PoolHookError(this.name, "reset", { cause });
    }
  }

  #checkRelease(object: T): void {
    if (typeof object !== "object" && typeof object !== "function")
      rejectType("release", "an object", object);
    if (object === null || !PoolStamp.isOf(object, this))
      this.#misused("foreign object", "released here, but acquired elsewhere");
    if (!PoolStamp.isOut(object)) this.#misused("released twice", "it is idle, or another's by now");
    PoolStamp.setOut(object, false);
  }

  #checkIdle(object: T): void {
    const state = this.#states.pop() as unknown[];
    if (sameShallowState(state, object)) return;
    this.#dropped++;
    this.#misused("used after release", "an idle object was changed by somebody who had released it");
  }

  #misused(misuse: PoolMisuse, explanation: string): never {
    throw new PoolMisuseError(this.name, misuse, explanation);
  }
}
