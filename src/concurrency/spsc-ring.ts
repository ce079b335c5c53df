import { integer, knownKeys } from "../options.ts";
import { ByteRing } from "./ring-bytes.ts";
import { allocateRing, mostRingBytes, type RingHandle, recordHeadBytes, shapeOf } from "./ring-layout.ts";
import { openMemory } from "./ring-open.ts";
import type { RingMemberOptions } from "./ring-options.ts";
import { RingQueue } from "./ring-queue.ts";

export interface SpscRingOptions extends RingMemberOptions {
  /**
   * Memory for records, from 64 to 2³⁰; rounded up to a power of two. A record takes 4 bytes and its payload, rounded up
   * to a multiple of 4, and may take half of the memory.
   */
  readonly capacityBytes: number;
}

/**
 * A lock-free queue in shared memory from one thread to another, for records of any length. Who pushes first is its
 * producer and who pops first its consumer, each by its own ring object; others that try get a `RingRoleError`, until
 * they take over. `ByteRing` tells of the algorithm, `RingQueue` of the operations.
 *
 * The consumer may get the last records twice when the one before it died between taking and giving back, and no record
 * is lost by that; a producer that dies leaves nothing half-done.
 */
export class SpscRing<T> extends RingQueue<T> {
  readonly handle: RingHandle<T>;
  readonly #core: ByteRing<T, unknown>;

  /**
   * A ring for bytes. What is popped is a copy, whose buffer of some KiB holds others as well; before you post it on, or
   * keep it for long, take a `slice` of it.
   * @throws {RangeError | TypeError} on an option out of its bounds
   */
  static binary(options: SpscRingOptions): SpscRing<Uint8Array> {
    return create(options, "binary");
  }

  /**
   * A ring for what JSON can say; `T` is taken on trust.
   * @throws {RangeError | TypeError} on an option out of its bounds
   */
  static json<T>(options: SpscRingOptions): SpscRing<T> {
    return create(options, "json");
  }

  /** Opens a ring of another thread. @throws {RingHandleError} when `handle` isn't an `SpscRing`'s */
  static attach<T>(handle: RingHandle<T>, options: RingMemberOptions = {}): SpscRing<T> {
    return new SpscRing(handle, options);
  }

  /** The same as `attach`. */
  constructor(handle: RingHandle<T>, options: RingMemberOptions = {}) {
    knownKeys("SpscRing", options, ["clock"]);
    const { capacity, payload } = shapeOf(handle, "spsc");
    const { memory, codec } = openMemory<T>(handle.buffer, payload);
    const core = new ByteRing<T, unknown>(memory, codec, capacity);
    super(core, capacity, options.clock);
    this.#core = core;
    this.handle = Object.freeze({ kind: "spsc", payload, buffer: handle.buffer });
  }

  /** Makes this object the producer or the consumer, when the one before has died or will never use the ring again. */
  takeOver(role: "producer" | "consumer"): void {
    if (role !== "producer" && role !== "consumer")
      throw new RangeError('takeOver: expected "producer" or "consumer"');
    this.#core.takeOver(role);
  }
}

function create<T>(options: SpscRingOptions, payload: "binary" | "json"): SpscRing<T> {
  knownKeys("SpscRing", options, ["capacityBytes", "clock"]);
  const { capacityBytes, ...member } = options;
  integer("capacityBytes", capacityBytes, 64, mostRingBytes);
  const capacity = 2 ** Math.ceil(Math.log2(capacityBytes));
  const maxRecordBytes = capacity / 2 - recordHeadBytes;
  const buffer = allocateRing({ kind: "spsc", payload, capacity, maxRecordBytes });
  return new SpscRing<T>({ kind: "spsc", payload, buffer }, member);
}
