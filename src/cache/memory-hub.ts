import { type Clock, systemClock } from "../clock.ts";
import { integer, knownKeys } from "../options.ts";
import { Generation, HubStamp } from "./hub-stamp.ts";
import { MemoryTier } from "./memory-tier.ts";
import type { Lease, SharedEntry, Stamp } from "./shared-tier.ts";

export interface MemoryHubOptions {
  /** Keys kept at most, and tags as many, an integer ≥ 1. What was not used for longest goes first. @default 100_000 */
  readonly maxKeys?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

interface HeldLease {
  readonly lease: Lease & { readonly stamp: HubStamp };
  untilMs: number;
  readonly waiters: Set<() => void>;
}

interface HeldValue {
  readonly bytes: Uint8Array;
  readonly stamp: HubStamp;
  readonly untilMs: number;
}

interface KeyRecord {
  readonly generation: Generation;
  value?: HeldValue | undefined;
  lease?: HeldLease | undefined;
}

/** Who is told of what was forgotten. */
export type HubListener = (key: string | undefined) => void;

/**
 * The place of a server for several caches of one process, such as a service under test that runs as several nodes: each
 * connects, and they share one namespace.
 * @example const hub = new MemoryHub(); const cache = new TieredCache({ name: "users", tier: hub.connect(), … });
 */
export class MemoryHub {
  readonly clock: Clock;
  readonly #maxKeys: number;
  readonly #keys = new Map<string, KeyRecord>();
  readonly #tags = new Map<string, Generation>();
  readonly #leased = new Set<KeyRecord>();
  readonly #listeners = new Set<HubListener>();
  #namespace = new Generation();
  #leases = 0;
  #changes = 0;

  /** @throws {RangeError | TypeError} naming the option, what was expected and what came */
  constructor(options: MemoryHubOptions = {}) {
    knownKeys("MemoryHub", options, ["maxKeys", "clock"]);
    const { maxKeys = 100_000, clock = systemClock } = options;
    this.#maxKeys = integer("maxKeys", maxKeys, 1);
    this.clock = clock;
  }

  /** @returns a tier for one node */
  connect(): MemoryTier {
    return new MemoryTier(this);
  }

  /** Keys held now, with or without a value. */
  get size(): number {
    return this.#keys.size;
  }

  /** So often has something been forgotten. */
  get changes(): number {
    return this.#changes;
  }

  listen(listener: HubListener): void {
    this.#listeners.add(listener);
  }

  unlisten(listener: HubListener): void {
    this.#listeners.delete(listener);
  }

  get(key: string): SharedEntry | undefined {
    const record = this.#keys.get(key);
    const value = record?.value;
    if (record === undefined || value === undefined) return undefined;
    if (!value.stamp.isLive || value.untilMs <= this.clock.now()) {
      record.value = undefined;
      return undefined;
    }
    this.#touch(key, record);
    return value;
  }

  acquire(
    key: string,
    tags: readonly string[],
    leaseMs: number,
    anew: boolean,
  ): Lease | SharedEntry | undefined {
    const entry = anew ? undefined : this.get(key);
    if (entry !== undefined) return entry;
    const record = this.#record(key);
    if (this.#heldLease(record) !== undefined) return undefined;
    const stamp = this.#stamp(key, record, tags);
    const lease = { key, token: `${++this.#leases}`, stamp };
    record.lease = { lease, untilMs: this.clock.now() + leaseMs, waiters: new Set() };
    this.#leased.add(record);
    return lease;
  }

  renew(lease: Lease, leaseMs: number): boolean {
    const held = this.#heldBy(lease);
    if (held === undefined || !held.lease.stamp.isLive) return false;
    held.untilMs = this.clock.now() + leaseMs;
    return true;
  }

  fill(lease: Lease, bytes: Uint8Array, ttlMs: number): Stamp | undefined {
    const held = this.#heldBy(lease);
    if (held === undefined) return undefined;
    const record = this.#keys.get(lease.key)!;
    const { stamp } = held.lease;
    if (stamp.isLive)
      record.value = { bytes: new Uint8Array(bytes), stamp, untilMs: this.clock.now() + ttlMs };
    this.#endLease(record);
    return stamp.isLive ? stamp : undefined;
  }

  release(lease: Lease): void {
    if (this.#heldBy(lease) !== undefined) this.#endLease(this.#keys.get(lease.key)!);
  }

  delete(keys: readonly string[], by: HubListener): void {
    for (const key of keys) {
      this.#forgetKey(key);
      this.#tell(key, by);
    }
  }

  deleteByTag(tags: readonly string[]): void {
    this.#changes++;
    for (const tag of tags) {
      const generation = this.#tags.get(tag);
      if (generation !== undefined) generation.isLive = false;
      this.#tags.delete(tag);
    }
    // Its values are found dead when they are asked for, but who waits for a lease has to be told.
    for (const record of [...this.#leased]) if (!record.lease!.lease.stamp.isLive) this.#endLease(record);
  }

  /** Forgets all, as a server does that starts anew. */
  forgetAll(by?: HubListener): void {
    this.#changes++;
    this.#namespace.isLive = false;
    this.#namespace = new Generation();
    for (const record of [...this.#leased]) this.#endLease(record);
    this.#keys.clear();
    this.#tags.clear();
    this.#tell(undefined, by);
  }

  /** @returns once the lease of `key` ended; `undefined` where nobody holds one */
  onLeaseEnd(key: string, waiter: () => void): { readonly leftMs: number; cancel(): void } | undefined {
    const record = this.#keys.get(key);
    const held = record && this.#heldLease(record);
    if (held === undefined) return undefined;
    held.waiters.add(waiter);
    return { leftMs: held.untilMs - this.clock.now(), cancel: () => held.waiters.delete(waiter) };
  }

  #stamp(key: string, { generation }: KeyRecord, tags: readonly string[]): HubStamp {
    return new HubStamp(key, [this.#namespace, generation, ...tags.map((tag) => this.#tag(tag))]);
  }

  #tag(tag: string): Generation {
    const generation = this.#tags.get(tag) ?? new Generation();
    this.#tags.delete(tag);
    this.#tags.set(tag, generation);
    if (this.#tags.size > this.#maxKeys) {
      const [oldest, its] = this.#tags.entries().next().value!;
      its.isLive = false;
      this.#tags.delete(oldest);
    }
    return generation;
  }

  #record(key: string): KeyRecord {
    const record = this.#keys.get(key) ?? { generation: new Generation() };
    this.#touch(key, record);
    if (this.#keys.size > this.#maxKeys) this.#forgetKey(this.#keys.keys().next().value!);
    return record;
  }

  #touch(key: string, record: KeyRecord): void {
    this.#keys.delete(key);
    this.#keys.set(key, record);
  }

  #forgetKey(key: string): void {
    this.#changes++;
    const record = this.#keys.get(key);
    if (record === undefined) return;
    record.generation.isLive = false;
    this.#keys.delete(key);
    this.#endLease(record);
  }

  #heldLease(record: KeyRecord): HeldLease | undefined {
    const held = record.lease;
    if (held === undefined || held.untilMs > this.clock.now()) return held;
    this.#endLease(record);
    return undefined;
  }

  #heldBy({ key, token }: Lease): HeldLease | undefined {
    const record = this.#keys.get(key);
    const held = record && this.#heldLease(record);
    return held?.lease.token === token ? held : undefined;
  }

  #endLease(record: KeyRecord): void {
    const held = record.lease;
    if (held === undefined) return;
    record.lease = undefined;
    this.#leased.delete(record);
    for (const wake of held.waiters) wake();
  }

  #tell(key: string | undefined, by: HubListener | undefined): void {
    for (const listener of this.#listeners) if (listener !== by) listener(key);
  }
}
