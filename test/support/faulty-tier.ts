import type { Lease, SharedEntry, SharedTier, Stamp } from "../../src/cache/shared-tier.ts";
import { SharedTierError, type SharedTierFault } from "../../src/errors.ts";

/**
 * A tier whose calls and answers are on their way for as long as `step` takes, in any order, whose messages arrive when `deliver` is called,
 * and whose connection can be cut: then nobody knows whether a call was made.
 */
export class FaultyTier implements SharedTier {
  readonly name = "faulty";
  readonly #inner: SharedTier;
  readonly #step: () => Promise<void>;
  /** What this node was told and may still believe. */
  readonly #believed = new Set<Stamp>();
  #connection = 0;
  isConnected = true;
  /** Calls that would write are answered by this. */
  writeFault: SharedTierFault | undefined;
  /** Of each method. */
  readonly calls = new Map<string, number>();

  constructor(inner: SharedTier, step: () => Promise<void> = async () => undefined) {
    this.#inner = inner;
    this.#step = step;
  }

  cut(): void {
    this.isConnected = false;
    this.#connection++;
  }

  heal(): void {
    this.deliver();
    this.isConnected = true;
  }

  /** What was changed until now is known here. */
  deliver(): void {
    for (const stamp of this.#believed)
      if (this.#inner.isCurrent(stamp) !== true) this.#believed.delete(stamp);
  }

  now(): number {
    return this.#inner.now();
  }

  async get(key: string): Promise<SharedEntry | undefined> {
    return this.#call("get", async () => this.#believe(await this.#inner.get(key)));
  }

  async acquire(key: string, tags: readonly string[], leaseMs: number, anew?: boolean) {
    return this.#call("acquire", async () =>
      this.#believe(await this.#inner.acquire(key, tags, leaseMs, anew)),
    );
  }

  renew(lease: Lease, leaseMs: number): Promise<boolean> {
    return this.#call("renew", () => this.#inner.renew(lease, leaseMs));
  }

  fill(lease: Lease, bytes: Uint8Array, ttlMs: number): Promise<Stamp | undefined> {
    return this.#call("fill", async () => {
      const stamp = await this.#inner.fill(lease, bytes, ttlMs);
      if (stamp !== undefined) this.#believed.add(stamp);
      return stamp;
    });
  }

  release(lease: Lease): Promise<void> {
    return this.#call("release", () => this.#inner.release(lease));
  }

  leaseEnded(key: string, waitMs: number, signal?: AbortSignal): Promise<void> {
    return this.#inner.leaseEnded(key, waitMs, signal);
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#change("delete", () => this.#inner.delete(keys));
  }

  deleteByTag(tags: readonly string[]): Promise<void> {
    return this.#change("deleteByTag", () => this.#inner.deleteByTag(tags));
  }

  clear(): Promise<void> {
    return this.#change("clear", () => this.#inner.clear());
  }

  isCurrent(stamp: Stamp): boolean | Promise<boolean> {
    return this.isConnected && this.#believed.has(stamp);
  }

  token(): string {
    return this.#inner.token();
  }

  catchUp(token: string): Promise<void> {
    return this.#change("catchUp", () => this.#inner.catchUp(token));
  }

  onForgotten(listener: (key: string | undefined) => void): void {
    this.#inner.onForgotten(listener);
  }

  close(): Promise<void> {
    this.isConnected = false;
    return this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  collect() {
    return this.#inner.collect();
  }

  #change(name: string, change: () => Promise<void>): Promise<void> {
    return this.#call(name, async () => {
      await change();
      this.deliver();
    });
  }

  #believe<T extends SharedEntry | Lease | undefined>(answer: T): T {
    if (answer !== undefined) this.#believed.add(answer.stamp);
    return answer;
  }

  async #call<T>(name: string, call: () => Promise<T>): Promise<T> {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    const connection = this.#connection;
    const check = (): void => {
      if (this.writeFault !== undefined && name !== "get" && name !== "catchUp")
        throw new SharedTierError(this.name, this.writeFault, "fails");
      if (!this.isConnected || this.#connection !== connection)
        throw new SharedTierError(this.name, "unavailable", "is cut off");
    };
    check();
    await this.#step();
    check();
    const answer = await call();
    await this.#step();
    check();
    return answer;
  }
}
