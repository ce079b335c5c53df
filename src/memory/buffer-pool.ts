import { PoolMisuseError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { integer, knownKeys, rejectType } from "../options.ts";
import { type ObjectPoolStats, objectPoolStats, poolSamples } from "./object-pool-stats.ts";
import { checkedByDefault } from "./pool-checks.ts";
import { PoolLease } from "./pool-lease.ts";
import { PoolStamp } from "./pool-stamp.ts";

export interface BufferPoolOptions {
  /** Bytes of idle buffers kept at most, ≥ 0. @default 16 MiB */
  readonly maxIdleBytes?: number | undefined;
  /**
   * Whether buffers are handed out full of zeros. With `false` a buffer holds what its last user left in it, which may be
   * somebody's secret.
   * @default true
   */
  readonly zero?: boolean | undefined;
  /**
   * Finds buffers that are released twice, that are not the pool's, and that were written to after their release (with
   * `zero: false` only in four bytes of each).
   * @default true, unless `NODE_ENV` is `production`
   */
  readonly checked?: boolean | undefined;
}

/** Of the least and of the largest class: buffers of 2^10 to 2^20 bytes. Below, an allocation costs as little as the pool. */
const leastBits = 10;
const mostBits = 20;
const mostBytes = 2 ** mostBits;
const defaultMaxIdleBytes = 16 * 1024 * 1024;
/** What marks an idle buffer that isn't zeroed, in a few places. */
const canary = 0xa5;
// Buffer's own `fill` looks at its arguments first.
const { fill } = Uint8Array.prototype;
const zeros = new Map<number, Buffer>();

/** Of the least class that holds `sizeBytes`. */
const bitsFor = (sizeBytes: number): number => Math.max(leastBits, 32 - Math.clz32(sizeBytes - 1));

/**
 * Keeps buffers that were used, by size: powers of two from 1 KiB to 1 MiB.
 *
 * ```ts
 * using lease = buffers.lease(4096);
 * const { bytesRead } = await file.read(lease.value);
 * ```
 * Each buffer has its memory to itself. Zeros are written when it is acquired, so that not even what somebody wrote after
 * the release reaches another.
 */
export class BufferPool implements MetricSource {
  readonly name: string;
  readonly #maxIdleBytes: number;
  readonly #zero: boolean;
  readonly #checked: boolean;
  /** By the binary logarithm of their size. */
  readonly #idle: readonly Buffer[][] = Array.from({ length: mostBits + 1 }, () => []);
  #idleBytes = 0;
  #created = 0;
  #acquired = 0;
  #released = 0;
  #dropped = 0;
  #highWaterMark = 0;

  /** @throws {TypeError | RangeError} on an option that is unknown or out of its bounds */
  constructor(name: string, options: BufferPoolOptions = {}) {
    if (typeof name !== "string" || name === "") rejectType("name", "a name", name);
    knownKeys("BufferPool", options, ["maxIdleBytes", "zero", "checked"]);
    const { maxIdleBytes = defaultMaxIdleBytes, zero = true, checked = checkedByDefault() } = options;
    if (typeof zero !== "boolean") rejectType("zero", "a boolean", zero);
    if (typeof checked !== "boolean") rejectType("checked", "a boolean", checked);
    this.name = name;
    this.#maxIdleBytes = integer("maxIdleBytes", maxIdleBytes, 0);
    this.#zero = zero;
    this.#checked = checked;
  }

  /**
   * A buffer that nobody else has until it is released.
   * @param sizeBytes an integer ≥ 1
   * @returns one of the next power of two, from 1 KiB; above 1 MiB one of just that size, which isn't kept afterwards
   * @throws {PoolMisuseError} in checked mode, when the next idle buffer was written to after its release; it is dropped
   */
  acquire(sizeBytes: number): Buffer {
    if ((sizeBytes | 0) !== sizeBytes || sizeBytes < 1) integer("sizeBytes", sizeBytes, 1);
    const bits = bitsFor(sizeBytes);
    const buffer = (sizeBytes <= mostBytes ? this.#reused(bits) : undefined) ?? this.#make(bits, sizeBytes);
    const inUse = ++this.#acquired - this.#released;
    if (inUse > this.#highWaterMark) this.#highWaterMark = inUse;
    return buffer;
  }

  /**
   * Gives a buffer back. Don't touch it afterwards, nor anything that shares its memory.
   * @throws {PoolMisuseError} in checked mode, when it is not this pool's, or was released already
   */
  release(buffer: Buffer): void {
    if (this.#checked) this.#checkRelease(buffer);
    this.#released++;
    const { length } = buffer;
    const bits = 31 - Math.clz32(length);
    // Another length has one that was too large, or whose memory was transferred elsewhere.
    const isKept = bits >= leastBits && bits <= mostBits && length === 1 << bits;
    if (!isKept || this.#idleBytes + length > this.#maxIdleBytes) {
      this.#dropped++;
      return;
    }
    if (this.#checked) this.#mark(buffer);
    this.#idleBytes += length;
    (this.#idle[bits] as Buffer[]).push(buffer);
  }

  /** Acquires until the end of a block. @throws as `acquire` */
  lease(sizeBytes: number): PoolLease<Buffer> {
    return new PoolLease(this, this.acquire(sizeBytes));
  }

  /** Bytes of idle buffers. */
  get idleBytes(): number {
    return this.#idleBytes;
  }

  /** Drops the idle buffers. Those in use may still be released. */
  clear(): void {
    for (const buffers of this.#idle) {
      this.#dropped += buffers.length;
      buffers.length = 0;
    }
    this.#idleBytes = 0;
  }

  stats(): ObjectPoolStats {
    return objectPoolStats(this.name, {
      created: this.#created,
      acquired: this.#acquired,
      released: this.#released,
      dropped: this.#dropped,
      highWaterMark: this.#highWaterMark,
      idle: this.#idle.reduce((sum, { length }) => sum + length, 0),
    });
  }

  *collect(): Iterable<MetricSample> {
    yield* poolSamples(this.stats());
    yield {
      type: "gauge",
      name: "victor.object_pool.idle_size",
      help: "Memory of idle buffers.",
      unit: "By",
      labels: { "pool.name": this.name },
      value: this.#idleBytes,
    };
  }

  #reused(bits: number): Buffer | undefined {
    const size = 1 << bits;
    const idle = this.#idle[bits] as Buffer[];
    for (let buffer = idle.pop(); buffer !== undefined; buffer = idle.pop()) {
      this.#idleBytes -= size;
      if (this.#checked) this.#checkIdle(buffer, size);
      if (buffer.length !== size) {
        this.#dropped++;
        continue;
      }
      // A checked one has been zeroed at its release, and is still.
      if (this.#zero && !this.#checked) fill.call(buffer, 0);
      return buffer;
    }
    return undefined;
  }

  #make(bits: number, sizeBytes: number): Buffer {
    const size = sizeBytes <= mostBytes ? 1 << bits : sizeBytes;
    const buffer = this.#zero ? Buffer.alloc(size) : Buffer.allocUnsafeSlow(size);
    if (this.#checked) PoolStamp.put(buffer, this);
    this.#created++;
    return buffer;
  }

  #checkRelease(buffer: Buffer): void {
    if (!Buffer.isBuffer(buffer)) rejectType("release", "a Buffer", buffer);
    if (!PoolStamp.isOf(buffer, this))
      throw new PoolMisuseError(this.name, "foreign object", "released here, but acquired elsewhere");
    if (!PoolStamp.isOut(buffer))
      throw new PoolMisuseError(this.name, "released twice", "it is idle, or another's by now");
    PoolStamp.setOut(buffer, false);
  }

  /** So that a write to an idle buffer shows. */
  #mark(buffer: Buffer): void {
    if (this.#zero) fill.call(buffer, 0);
    else {
      const { length } = buffer;
      buffer[0] = canary;
      buffer[1] = canary;
      buffer[length >> 1] = canary;
      buffer[length - 1] = canary;
    }
  }

  #checkIdle(buffer: Buffer, size: number): void {
    const isUntouched = this.#zero
      ? buffer.equals(zerosOf(size))
      : buffer[0] === canary &&
        buffer[1] === canary &&
        buffer[size >> 1] === canary &&
        buffer[size - 1] === canary;
    if (!isUntouched) {
      this.#dropped++;
      const explanation = "an idle buffer was written to, or transferred, by somebody who had released it";
      throw new PoolMisuseError(this.name, "used after release", explanation);
    }
    PoolStamp.setOut(buffer as Buffer & PoolStamp, true);
  }
}

function zerosOf(size: number): Buffer {
  let zero = zeros.get(size);
  if (zero === undefined) {
    zero = Buffer.alloc(size);
    zeros.set(size, zero);
  }
  return zero;
}
