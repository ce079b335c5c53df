import { SharedTierError } from "../errors.ts";
import type { MetricSample } from "../metrics/index.ts";
import { optionsObject, rejectType } from "../options.ts";
import { openTier, type TierOptions } from "./open-tier.ts";
import type { Lease, SharedEntry, SharedTier, Stamp } from "./shared-tier.ts";

/** A shared server: its URL and what else there is to say of it, or a tier that is open and for this one user of it alone. */
export type TierOption = TierOptions | SharedTier;

/**
 * The tier that an option names. One by URL is opened in the background, and counts as a server that is down until then, so that
 * nobody has to wait; why it can't be opened is a warning of the process, for it is a mistake in the configuration.
 * @throws {TypeError} when it is neither
 */
export function tierOf(option: TierOption): SharedTier {
  optionsObject("tier", option);
  if (typeof (option as Partial<SharedTier>).acquire === "function") return option as SharedTier;
  const { url } = option as TierOptions;
  if (typeof url !== "string") rejectType("tier.url", "the URL of a shared server", url);
  return new LateTier(openTier(option as TierOptions));
}

/** A tier that is still being opened. */
class LateTier implements SharedTier {
  readonly #opening: Promise<SharedTier>;
  #tier: SharedTier | undefined;
  #listener: ((key: string | undefined) => void) | undefined;
  #isClosed = false;

  constructor(opening: Promise<SharedTier>) {
    this.#opening = opening;
    opening.then(
      (tier) => {
        this.#tier = tier;
        if (this.#listener !== undefined) tier.onForgotten(this.#listener);
      },
      (error: Error) => process.emitWarning(error),
    );
  }

  get name(): string {
    return this.#tier?.name ?? "opening";
  }

  get isConnected(): boolean {
    return this.#tier?.isConnected ?? false;
  }

  now(): number {
    return this.#tier?.now() ?? 0;
  }

  async get(key: string): Promise<SharedEntry | undefined> {
    return this.#open().get(key);
  }

  async acquire(key: string, tags: readonly string[], leaseMs: number, anew?: boolean) {
    return this.#open().acquire(key, tags, leaseMs, anew);
  }

  async renew(lease: Lease, leaseMs: number): Promise<boolean> {
    return this.#open().renew(lease, leaseMs);
  }

  async fill(lease: Lease, bytes: Uint8Array, ttlMs: number): Promise<Stamp | undefined> {
    return this.#open().fill(lease, bytes, ttlMs);
  }

  async release(lease: Lease): Promise<void> {
    return this.#open().release(lease);
  }

  async leaseEnded(key: string, waitMs: number, signal?: AbortSignal): Promise<void> {
    await this.#tier?.leaseEnded(key, waitMs, signal);
  }

  async delete(keys: readonly string[]): Promise<void> {
    return this.#open().delete(keys);
  }

  async deleteByTag(tags: readonly string[]): Promise<void> {
    return this.#open().deleteByTag(tags);
  }

  async clear(): Promise<void> {
    return this.#open().clear();
  }

  isCurrent(stamp: Stamp, nowMs?: number): boolean | Promise<boolean> {
    return this.#tier?.isCurrent(stamp, nowMs) ?? false;
  }

  token(): string {
    return this.#tier?.token() ?? "";
  }

  async catchUp(token: string): Promise<void> {
    return this.#open().catchUp(token);
  }

  onForgotten(listener: (key: string | undefined) => void): void {
    this.#listener = listener;
    this.#tier?.onForgotten(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // Why it couldn't be opened has been told.
    const tier = await this.#opening.catch(() => undefined);
    await tier?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  *collect(): Iterable<MetricSample> {
    if (this.#tier !== undefined) yield* this.#tier.collect();
  }

  #open(): SharedTier {
    if (this.#isClosed) throw new SharedTierError(this.name, "closed", "is closed");
    if (this.#tier === undefined) throw new SharedTierError(this.name, "unavailable", "isn't open yet");
    return this.#tier;
  }
}
