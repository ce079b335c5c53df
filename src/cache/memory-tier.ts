import type { TimerHandle } from "../clock.ts";
import { awaitedTimer } from "../concurrency/awaited-timer.ts";
import { SharedTierError } from "../errors.ts";
import type { MetricSample } from "../metrics/index.ts";
import { HubStamp } from "./hub-stamp.ts";
import type { HubListener, MemoryHub } from "./memory-hub.ts";
import type { Lease, SharedEntry, SharedTier, Stamp } from "./shared-tier.ts";

/** One node's connection to a {@link MemoryHub}; get one by `hub.connect()`. */
export class MemoryTier implements SharedTier {
  readonly name = "memory";
  readonly #hub: MemoryHub;
  readonly #waiting = new Set<() => void>();
  #listener: HubListener = () => undefined;
  readonly #told: HubListener = (key) => this.#listener(key);
  #isClosed = false;

  constructor(hub: MemoryHub) {
    this.#hub = hub;
    hub.listen(this.#told);
  }

  get isConnected(): boolean {
    return !this.#isClosed;
  }

  now(): number {
    return this.#hub.clock.now();
  }

  async get(key: string): Promise<SharedEntry | undefined> {
    return this.#open().get(key);
  }

  async acquire(
    key: string,
    tags: readonly string[],
    leaseMs: number,
    anew = false,
  ): Promise<Lease | SharedEntry | undefined> {
    return this.#open().acquire(key, tags, leaseMs, anew);
  }

  async renew(lease: Lease, leaseMs: number): Promise<boolean> {
    return this.#open().renew(lease, leaseMs);
  }

  async fill(lease: Lease, bytes: Uint8Array, ttlMs: number): Promise<Stamp | undefined> {
    return this.#open().fill(lease, bytes, ttlMs);
  }

  async release(lease: Lease): Promise<void> {
    this.#open().release(lease);
  }

  leaseEnded(key: string, waitMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let timer: TimerHandle;
      const end = (): void => {
        this.#hub.clock.clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        this.#waiting.delete(end);
        waited?.cancel();
        resolve();
      };
      const waited = this.#isClosed || signal?.aborted ? undefined : this.#hub.onLeaseEnd(key, end);
      if (waited === undefined) return resolve();
      timer = awaitedTimer(this.#hub.clock, end, Math.max(0, Math.min(waitMs, waited.leftMs)));
      signal?.addEventListener("abort", end, { once: true });
      this.#waiting.add(end);
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    this.#open().delete(keys, this.#told);
  }

  async deleteByTag(tags: readonly string[]): Promise<void> {
    this.#open().deleteByTag(tags);
  }

  async clear(): Promise<void> {
    this.#open().forgetAll(this.#told);
  }

  isCurrent(stamp: Stamp): boolean {
    return !this.#isClosed && stamp instanceof HubStamp && stamp.isLive;
  }

  token(): string {
    return `m${this.#hub.changes}`;
  }

  async catchUp(_token: string): Promise<void> {
    this.#open();
  }

  onForgotten(listener: HubListener): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#hub.unlisten(this.#told);
    for (const end of [...this.#waiting]) end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  *collect(): Iterable<MetricSample> {
    yield {
      type: "gauge",
      name: "victor.cache.tier.keys",
      help: "Keys that the tier holds, with or without a value.",
      labels: { "victor.cache.tier": this.name },
      value: this.#hub.size,
    };
  }

  #open(): MemoryHub {
    if (this.#isClosed) throw new SharedTierError(this.name, "closed", "is closed");
    return this.#hub;
  }
}
