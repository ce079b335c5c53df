import { integer, knownKeys, reject } from "../options.ts";
import { allocateRing, mostRingBytes, type RingHandle, shapeOf, slotBytes } from "./ring-layout.ts";
import { openMemory } from "./ring-open.ts";
import type { RingMemberOptions } from "./ring-options.ts";
import { RingQueue } from "./ring-queue.ts";
import { SlotRing } from "./ring-slots.ts";

export interface MpmcRingOptions extends RingMemberOptions {
  /** Records that it holds, ≥ 1; rounded up to a power of two. All slots together may take 2³⁰ bytes. */
  readonly capacity: number;
  /** The longest record, ≥ 1; each slot has room for it, and 8 bytes. @default 256 */
  readonly maxRecordBytes?: number;
}

const defaultMaxRecordBytes = 256;

/**
 * A lock-free queue in shared memory between any number of threads. The records of one producer come out in their order;
 * each goes to one consumer. `SlotRing` tells of the algorithm, `RingQueue` of the operations.
 *
 * A thread that dies (is terminated, say) while it copies a record into or out of its slot stalls the ring at that slot.
 * Waits with a `timeoutMs` then end with `RingStalledError`, and `stalled` tells of it; close the ring, and make a new one.
 */
export class MpmcRing<T> extends RingQueue<T> {
  readonly handle: RingHandle<T>;
  readonly #core: SlotRing<T, unknown>;

  /**
   * A ring for bytes. What is popped is a copy, whose buffer of some KiB holds others as well; before you post it on, or
   * keep it for long, take a `slice` of it.
   * @throws {RangeError | TypeError} on an option out of its bounds
   */
  static binary(options: MpmcRingOptions): MpmcRing<Uint8Array> {
    return create(options, "binary");
  }

  /**
   * A ring for what JSON can say; `T` is taken on trust.
   * @throws {RangeError | TypeError} on an option out of its bounds
   */
  static json<T>(options: MpmcRingOptions): MpmcRing<T> {
    return create(options, "json");
  }

  /** Opens a ring of another thread. @throws {RingHandleError} when `handle` isn't an `MpmcRing`'s */
  static attach<T>(handle: RingHandle<T>, options: RingMemberOptions = {}): MpmcRing<T> {
    return new MpmcRing(handle, options);
  }

  /** The same as `attach`. */
  constructor(handle: RingHandle<T>, options: RingMemberOptions = {}) {
    knownKeys("MpmcRing", options, ["clock"]);
    const { capacity, maxRecordBytes, payload } = shapeOf(handle, "mpmc");
    const { memory, codec } = openMemory<T>(handle.buffer, payload);
    const core = new SlotRing<T, unknown>(memory, codec, capacity, maxRecordBytes);
    super(core, capacity, options.clock);
    this.#core = core;
    this.handle = Object.freeze({ kind: "mpmc", payload, buffer: handle.buffer });
  }

  /**
   * Which side holds the place that the others will need next. That is so for moments in any busy ring; when it stays so,
   * the thread that holds it has died, or is stopped.
   */
  get stalled(): "producer" | "consumer" | undefined {
    if (this.#core.held("producer")) return "producer";
    return this.#core.held("consumer") ? "consumer" : undefined;
  }
}

function create<T>(options: MpmcRingOptions, payload: "binary" | "json"): MpmcRing<T> {
  knownKeys("MpmcRing", options, ["capacity", "maxRecordBytes", "clock"]);
  const { capacity: asked, maxRecordBytes = defaultMaxRecordBytes, ...member } = options;
  integer("capacity", asked, 1, mostRingBytes);
  integer("maxRecordBytes", maxRecordBytes, 1, mostRingBytes);
  const capacity = 2 ** Math.ceil(Math.log2(asked));
  const bytes = capacity * slotBytes(maxRecordBytes);
  if (bytes > mostRingBytes)
    reject("capacity × maxRecordBytes", `slots of ${mostRingBytes} bytes in all at most`, bytes);
  const buffer = allocateRing({ kind: "mpmc", payload, capacity, maxRecordBytes });
  return new MpmcRing<T>({ kind: "mpmc", payload, buffer }, member);
}
