import type { RingCodec } from "./ring-codec.ts";
import type { RingEvent } from "./ring-event.ts";

/** What `RingQueue` needs of a ring's algorithm. Nothing here waits. */
export interface RingCore<T, One = unknown> {
  readonly codec: RingCodec<T, One>;
  readonly maxRecordBytes: number;
  /** Signalled after records were made visible, and at the end. */
  readonly data: RingEvent;
  /** Signalled after room was made visible, and at the end. */
  readonly space: RingEvent;
  /**
   * Puts in one record.
   * @returns false when there is no room
   * @throws {ClosedError}
   */
  put(encoded: One, head: number): boolean;
  /**
   * Puts in as many as there is room for.
   * @param items encoded, with their heads
   * @returns how many, from the first on
   * @throws {ClosedError} when none went in because the ring is closed
   */
  putMany(items: readonly One[], heads: readonly number[]): number;
  /** @returns `undefined` when there is none */
  take(): T | undefined;
  /** Takes up to `max` (≥ 1), and no more than are found at once. */
  takeMany(max: number): T[];
  readonly closed: boolean;
  /** From now on nothing is put in. */
  close(): void;
  /** Is it closed, and everything that went in claimed by a consumer? Stays true. */
  ended(): boolean;
  /** Does a thread hold a place that others wait for? Passes in a moment, unless that thread has died. */
  held(side: "producer" | "consumer"): boolean;
  /** Bytes (SPSC) or records (MPMC) that are in use, at a glance. */
  used(): number;
}
