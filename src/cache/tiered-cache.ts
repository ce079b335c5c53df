import { awaitedTimer } from "../concurrency/awaited-timer.ts";
import { ClosedError, DeadlineError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/index.ts";
import { callable } from "../options.ts";
import { FleetLoads } from "./tiered/fleet-loads.ts";
import { absent, type HeldValue } from "./tiered/held-value.ts";
import { LocalValues } from "./tiered/local-values.ts";
import type { SharedChange } from "./tiered/pending-changes.ts";
import { type Reach, TierLink, unreachable } from "./tiered/tier-link.ts";
import {
  checkKey,
  checkTexts,
  checkTieredEntry,
  checkTieredLoad,
  checkToken,
  type ResolvedTieredOptions,
  resolveTieredOptions,
  type TieredCacheOptions,
  type TieredEntryOptions,
  type TieredGetOptions,
  type TieredLoader,
  type TieredLoadOptions,
} from "./tiered/tiered-options.ts";
import { type TieredCacheStats, TieredCounts, tieredSamples } from "./tiered/tiered-stats.ts";
import { ValueBox } from "./tiered/value-box.ts";

const noOptions: TieredLoadOptions = Object.freeze({});

/**
 * Memory in front, a server that several processes share behind it, the source last. Without a `tier` it is a cache of this
 * process that does all the same.
 *
 * - What was loaded before something was forgotten is never stored after it, on whichever node, and no node serves it once it
 *   has been told; who passes `after: token` of the node that forgot isn't served it from then on at all.
 * - A cold key is loaded once, whatever the number of callers and nodes.
 * - A server that is slow or gone costs the benefit, not the request: the source is asked, and what it says is kept for
 *   `degradedTtlMs`. What was forgotten meanwhile is forgotten here at once, and there before the server is asked again.
 *
 * `undefined` alone means absent; `null`, `0`, `""` and `false` are values. A failed load is never cached.
 */
export class TieredCache<V = unknown> implements MetricSource, AsyncDisposable {
  readonly name: string;
  readonly #options: ResolvedTieredOptions;
  readonly #link: TierLink | undefined;
  readonly #values: LocalValues;
  readonly #box: ValueBox;
  readonly #loads: FleetLoads;
  readonly #counts = new TieredCounts();
  #closing: Promise<void> | undefined;

  /** @throws {RangeError | TypeError} naming the option, what was expected and what came */
  constructor(options: TieredCacheOptions<V>) {
    const own = resolveTieredOptions(options);
    this.#options = own;
    this.name = own.name;
    this.#link = own.tier && new TierLink(own.tier, own);
    this.#values = new LocalValues(own, this.#link);
    this.#box = new ValueBox(own);
    this.#loads = new FleetLoads(own, this.#link, this.#values, this.#box, this.#counts);
    own.tier?.onForgotten((key) => this.#hear(key));
  }

  /**
   * The value of `key`: from memory, else from the server, else from `loader`, whose value is stored.
   * Concurrent calls share one load, in the process and in the fleet; a failure reaches those who wait for it. Options are
   * checked when memory has no answer.
   * @throws what the loader throws, the signal's reason, {DeadlineError} after `timeoutMs`, {ClosedError}
   * @throws {TypeError | RangeError} on a wrong argument; all as a rejection
   */
  getOrLoad<T extends V>(
    key: string,
    loader: TieredLoader<T>,
    options: TieredLoadOptions = noOptions,
  ): Promise<T> {
    if (options === noOptions || (options.after === undefined && !options.signal?.aborted)) {
      const hit = this.#values.hit(key);
      if (hit !== undefined) {
        this.#counts.memoryHits++;
        return hit as Promise<T>;
      }
    }
    return this.#getOrLoad(key, loader, options) as Promise<T>;
  }

  /** @returns the fresh value of `key`, from memory or the server; `undefined` when there is none. Nothing is loaded. */
  async get(key: string, options: TieredGetOptions = noOptions): Promise<V | undefined> {
    const held = await this.#fresh(key, options);
    return held && (this.#box.open(held) as V);
  }

  /** Is there a fresh value, in memory or on the server? */
  async has(key: string, options: TieredGetOptions = noOptions): Promise<boolean> {
    const held = await this.#fresh(key, options);
    return held !== undefined && held.content !== absent;
  }

  /**
   * Stores a value that the caller knows to be the newest; a load of the key that is under way isn't stored. Where another node
   * changes the key at the same time, neither value may be stored.
   * @returns `fleet` when what was there before is forgotten everywhere; `pending` when the server couldn't be told: it will be,
   *   before it is asked for anything again
   * @throws {TypeError} when it is `undefined` or can't be encoded, {RangeError} on a wrong option, {SharedValueError} when it
   *   is too large, {ClosedError}
   */
  async set(key: string, value: V, options: TieredEntryOptions = noOptions): Promise<Reach> {
    this.#open();
    checkKey(key);
    checkTieredEntry("set", options);
    if (value === undefined)
      throw new TypeError("value: undefined means absent and can't be stored; use delete, or store null");
    const { clock, tier } = this.#options;
    const link = this.#link;
    const content = this.#box.seal(value);
    const life = this.#loads.lifeOf({ ...options, negativeTtlMs: 0 }, value);
    const held = this.#box.hold(content, life, 0, tier?.now() ?? clock.now());
    // Whatever is done to the key from now on is newer than this.
    const tags = options.tags ?? [];
    const run = this.#loads.runs.begin(key, tags);
    try {
      this.#values.forget([key]);
      if (link === undefined) {
        this.#values.keep(key, held, tags);
        return "fleet";
      }
      const stamp = await this.#loads.store(key, held, tags);
      const isNewest = run.isCurrent;
      if (stamp === unreachable) {
        // What was read meanwhile is what the server still holds.
        this.#loads.runs.supersede(key);
        this.#values.forget([key]);
        link.postpone({ kind: "keys", keys: [key] });
        if (isNewest) this.#loads.keepInOutage(key, held, options, link.recoveries);
        return "pending";
      }
      if (stamp !== undefined && isNewest) {
        held.stamp = stamp;
        this.#values.keep(key, held, tags);
      }
      return "fleet";
    } finally {
      this.#loads.runs.end(key, run);
    }
  }

  /**
   * Forgets keys. This process has forgotten them when the call returns, the fleet when the promise resolves.
   * @returns `pending` when the server couldn't be told; it will be, before it is asked for anything again
   * @throws {TypeError} on a wrong argument, {ClosedError}; never for the server's sake
   */
  async delete(keys: string | readonly string[]): Promise<Reach> {
    const all = typeof keys === "string" ? [keys] : keys;
    this.#open();
    checkTexts("keys", all);
    return this.#forget({ kind: "keys", keys: [...all] }, () => {
      for (const key of all) this.#loads.runs.supersede(key);
      this.#values.forget(all);
    });
  }

  /** Forgets all that carries any of the tags, at the same cost for any number of values; as `delete` does. */
  async deleteByTag(tags: string | readonly string[]): Promise<Reach> {
    const all = typeof tags === "string" ? [tags] : tags;
    this.#open();
    checkTexts("tags", all);
    const reach = await this.#forget({ kind: "tags", tags: [...all] }, () => {
      this.#loads.runs.supersedeTags(all);
      this.#values.forgetTags(all);
    });
    // Of what came from the server, nobody here knows the tags.
    if (reach === "pending") this.#forgetAll();
    return reach;
  }

  /** Forgets the whole namespace; as `delete` does. */
  async clear(): Promise<Reach> {
    this.#open();
    return this.#forget({ kind: "all" }, () => this.#forgetAll());
  }

  /**
   * Of what this process has forgotten so far, for `after` on another node. What is still `pending` isn't in it.
   * @returns short, printable; empty without a tier
   */
  token(): string {
    return this.#options.tier?.token() ?? "";
  }

  stats(): TieredCacheStats {
    const { size, weight } = this.#values.entries;
    const link = this.#link;
    return {
      ...this.#counts,
      unreadable: this.#box.unreadable,
      revoked: this.#values.revoked,
      tierFailures: link?.failures ?? 0,
      tierRefusals: link?.refusals ?? 0,
      pending: link?.pending ?? 0,
      replayed: link?.replayed ?? 0,
      overflows: link?.overflows ?? 0,
      size,
      weight,
      evictions: this.#values.entries.stats().evictions,
    };
  }

  *collect(): Iterable<MetricSample> {
    yield* tieredSamples(this.name, this.stats());
    if (this.#options.tier !== undefined) yield* this.#options.tier.collect();
  }

  /** Waits for what is being stored, and closes the tier. Changes that are still pending are lost. May be called again. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #getOrLoad(key: string, loader: TieredLoader<unknown>, options: TieredLoadOptions): Promise<unknown> {
    try {
      this.#open();
      checkKey(key);
      callable("loader", loader);
      if (options !== noOptions) checkTieredLoad(options);
    } catch (error) {
      return Promise.reject(error);
    }
    const { timeoutMs = Number.POSITIVE_INFINITY, signal } = options;
    if (timeoutMs === Number.POSITIVE_INFINITY) return this.#lookup(key, loader, options, signal);
    return this.#inTime(timeoutMs, signal, (both) => this.#lookup(key, loader, options, both));
  }

  async #inTime(
    timeoutMs: number,
    own: AbortSignal | undefined,
    lookup: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<unknown> {
    const { clock } = this.#options;
    const controller = new AbortController();
    const expire = () => controller.abort(new DeadlineError("getOrLoad", timeoutMs));
    const timer = awaitedTimer(clock, expire, timeoutMs);
    const signals = [controller.signal, ...(own === undefined ? [] : [own])];
    try {
      return await lookup(AbortSignal.any(signals));
    } finally {
      clock.clearTimeout(timer);
    }
  }

  async #lookup(
    key: string,
    loader: TieredLoader<unknown>,
    options: TieredLoadOptions,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    const isUnsure = options.after !== undefined && !(await this.#catchUp(key, options.after));
    const vouched = this.#values.vouched(key);
    const held = vouched instanceof Promise ? await vouched : vouched;
    if (held !== undefined && this.#isServed(key, held, options)) {
      if (this.#options.clock.now() >= held.refreshAt) this.#loads.refresh(key, loader, options, held);
      return this.#box.open(held);
    }
    this.#counts.misses++;
    const loaded = await this.#loads.load(key, loader, options, { signal, previous: held, isUnsure });
    // What the server had may be due as well.
    if (loaded.stamp !== undefined && this.#options.clock.now() >= loaded.refreshAt)
      this.#loads.refresh(key, loader, options, loaded);
    return this.#box.open(loaded);
  }

  #isServed(
    key: string,
    held: HeldValue,
    { staleMs = Number.POSITIVE_INFINITY }: TieredLoadOptions,
  ): boolean {
    const now = this.#options.clock.now();
    if (now < held.freshUntil) this.#counts.memoryHits++;
    else if (now < Math.min(held.staleUntil, held.freshUntil + staleMs)) this.#counts.staleHits++;
    else if (now < held.errorUntil && this.#loads.isPaused(key)) this.#counts.staleErrors++;
    else return false;
    return true;
  }

  async #fresh(key: string, options: TieredGetOptions): Promise<HeldValue | undefined> {
    this.#open();
    checkKey(key);
    checkToken(options.after);
    if (options.after !== undefined && !(await this.#catchUp(key, options.after))) return undefined;
    const held = await this.#values.vouched(key);
    if (held !== undefined && this.#options.clock.now() < held.freshUntil) {
      this.#counts.memoryHits++;
      return held;
    }
    this.#counts.misses++;
    return this.#loads.read(key);
  }

  /**
   * Learns what was forgotten elsewhere. A load that began before is no answer any more.
   * @returns `false` when that can't be, so that neither memory nor the server are an answer
   */
  async #catchUp(key: string, token: string): Promise<boolean> {
    if (this.#link === undefined) return true;
    const known = await this.#link.ask((tier) => tier.catchUp(token));
    this.#loads.runs.supersede(key);
    if (known === unreachable) this.#values.forget([key]);
    return known !== unreachable;
  }

  async #forget(change: SharedChange, here: () => void): Promise<Reach> {
    this.#counts.invalidations++;
    here();
    if (this.#link === undefined) return "fleet";
    const reach = await this.#link.change(change);
    // What began meanwhile may have seen the server before it was told.
    here();
    return reach;
  }

  #forgetAll(): void {
    this.#loads.runs.supersedeAll();
    this.#values.forgetAll();
  }

  async #close(): Promise<void> {
    await this.#loads.settled();
    this.#link?.close();
    this.#forgetAll();
    await this.#options.tier?.close();
  }

  /** The tier tells of something that was forgotten elsewhere. */
  #hear(key: string | undefined): void {
    this.#loads.runs.supersedeUnvouched(key);
    const entries = key === undefined ? [...this.#values.entries] : [];
    const own = key === undefined ? undefined : this.#values.entries.peek(key);
    if (own !== undefined) entries.push([key!, own]);
    for (const [each, held] of entries)
      if (held.stamp === undefined || this.#link!.isCurrent(held.stamp) !== true)
        this.#values.drop(each, held);
  }

  #open(): void {
    if (this.#closing !== undefined) throw new ClosedError(`cache ${this.name}`);
  }
}
