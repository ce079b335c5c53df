import { RefreshPauses } from "../../algorithms/refresh-pauses.ts";
import { singleFlight } from "../../algorithms/single-flight.ts";
import { awaitedTimer } from "../../concurrency/awaited-timer.ts";
import type { Lease, SharedEntry, Stamp } from "../shared-tier.ts";
import { backgroundRefresh } from "./background-refresh.ts";
import { absent, type HeldValue, type Life } from "./held-value.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { type LoadRun, LoadRuns } from "./load-run.ts";
import type { LocalValues } from "./local-values.ts";
import { type TierLink, unreachable } from "./tier-link.ts";
import type {
  ResolvedTieredOptions,
  TieredEntryOptions,
  TieredLoader,
  TieredLoadOptions,
} from "./tiered-options.ts";
import type { TieredCounts } from "./tiered-stats.ts";
import type { ValueBox } from "./value-box.ts";

/** One load. */
interface Fetch {
  readonly key: string;
  readonly loader: TieredLoader<unknown>;
  readonly options: TieredLoadOptions;
  /** What memory holds, too old; it may be served when the load fails. */
  readonly previous: HeldValue | undefined;
  readonly run: LoadRun;
  readonly signal: AbortSignal | undefined;
  /** What the server holds, too old. */
  old?: HeldValue;
}

/** What one caller of a load wants of it. */
export interface LoadWish {
  /** Detaches this caller. */
  readonly signal?: AbortSignal | undefined;
  /** What memory holds, and may be served no more, or not for long. */
  readonly previous?: HeldValue | undefined;
  /** Mustn't the server be asked, since it may not know all that it should? */
  readonly isUnsure?: boolean | undefined;
}

/** Rounds of asking and waiting, so that a tier that wakes too early can't keep a caller for ever. */
const mostRounds = 200;
/** From this round on, there is a pause before the next. */
const patientRounds = 4;
const longestPauseMs = 100;
/** Each takes the lease away from a load that began since the one before. */
const storeAttempts = 3;
const noTags: readonly string[] = Object.freeze([]);

/** Gets values from the server, else from the source: one load of a key at a time in this process, and in the fleet. */
export class FleetLoads {
  readonly #options: ResolvedTieredOptions;
  readonly #link: TierLink | undefined;
  readonly #values: LocalValues;
  readonly #box: ValueBox;
  readonly #counts: TieredCounts;
  readonly #flights = singleFlight<string, HeldValue>();
  readonly #pauses = new RefreshPauses<string>();
  readonly #background = new Set<Promise<unknown>>();
  readonly runs = new LoadRuns((key) => this.#flights.supersede(key));

  constructor(
    options: ResolvedTieredOptions,
    link: TierLink | undefined,
    values: LocalValues,
    box: ValueBox,
    counts: TieredCounts,
  ) {
    this.#options = options;
    this.#link = link;
    this.#values = values;
    this.#box = box;
    this.#counts = counts;
  }

  load(
    key: string,
    loader: TieredLoader<unknown>,
    options: TieredLoadOptions,
    { signal, previous, isUnsure = false }: LoadWish,
  ): Promise<HeldValue> {
    let run: LoadRun | undefined;
    const start = (loadSignal?: AbortSignal): Promise<HeldValue> => {
      run = this.runs.begin(key, options.tags ?? noTags);
      const fetch = { key, loader, options, previous, run, signal: loadSignal };
      return this.#run(fetch, isUnsure ? undefined : this.#link);
    };
    const answer = this.#flights.run(key, start, { signal, joinable: () => this.#isJoinable(run!) });
    if (run === undefined) this.#counts.coalesced++;
    return answer;
  }

  /** Loads in the background, unless that key is being loaded, or failed to be a moment ago. */
  refresh(key: string, loader: TieredLoader<unknown>, options: TieredLoadOptions, previous: HeldValue): void {
    if (this.runs.get(key) !== undefined || this.isPaused(key)) return;
    this.#counts.refreshes++;
    const load = (signal?: AbortSignal) => this.load(key, loader, options, { previous, signal });
    backgroundRefresh(load, options.timeoutMs, this.#options.clock, () => {
      this.#pauses.failed(key, this.#options.clock.now());
      if (this.runs.get(key) === run) this.runs.supersede(key);
    });
    const run = this.runs.get(key);
  }

  /** Did loads of this key fail of late? */
  isPaused(key: string): boolean {
    return this.#pauses.isPaused(key, this.#options.clock.now());
  }

  lifeOf(options: TieredEntryOptions & Pick<TieredLoadOptions, "negativeTtlMs">, value: unknown): Life {
    const own = this.#options;
    const negativeTtlMs = options.negativeTtlMs ?? own.negativeTtlMs;
    if ((value === undefined || value === null) && negativeTtlMs > 0)
      return { ttlMs: negativeTtlMs, staleMs: 0, staleIfErrorMs: 0 };
    return {
      ttlMs: (options.ttlMs ?? own.ttlMs) * (1 - own.jitter * own.random()),
      staleMs: options.staleMs ?? own.staleMs,
      staleIfErrorMs: options.staleIfErrorMs ?? own.staleIfErrorMs,
    };
  }

  /** Reads what the server holds, without a load. */
  async read(key: string): Promise<HeldValue | undefined> {
    const { forgotten } = this.#values;
    const entry = await this.#link?.ask((tier) => tier.get(key));
    if (entry === undefined || entry === unreachable) return undefined;
    const held = await this.#unpack(entry);
    if (held === undefined || this.#options.clock.now() >= held.freshUntil) return undefined;
    if (this.#link!.isCurrent(entry.stamp) === false) return undefined;
    this.#counts.sharedHits++;
    if (this.#values.forgotten === forgotten) this.#values.keep(key, held, noTags);
    return held;
  }

  /**
   * Stores a value that is newer than all that the server holds: forgets the key, and stores under a lease. In one step, a call
   * that was given up and happens late could undo what was forgotten since.
   * @returns `undefined` where another load or change of the key came in between, and nothing was stored
   */
  async store(
    key: string,
    held: HeldValue,
    tags: readonly string[],
  ): Promise<Stamp | undefined | typeof unreachable> {
    const link = this.#link!;
    const { tier, leaseMs } = this.#options;
    const { bytes, ttlMs } = await this.#box.pack(held, tier!.now());
    for (let attempt = 0; attempt < storeAttempts; attempt++) {
      if ((await link.ask((each) => each.delete([key]))) === unreachable) return unreachable;
      const lease = await link.acquire(key, tags, leaseMs);
      if (lease === unreachable) return unreachable;
      if (lease !== undefined && "token" in lease) return link.ask((each) => each.fill(lease, bytes, ttlMs));
    }
    return undefined;
  }

  /** Waits for what still runs in the background. */
  async settled(): Promise<void> {
    while (this.#background.size > 0) await Promise.allSettled(this.#background);
  }

  #isJoinable(run: LoadRun): boolean {
    const link = this.#link;
    if (link === undefined) return true;
    const { isUsable } = link;
    // What is loaded without the server is only for those who can't ask it either.
    if (run.outage !== undefined) return !isUsable && run.outage === link.recoveries;
    return run.stamp === undefined || !isUsable || link.isCurrent(run.stamp) !== false;
  }

  /** @param link to ask first */
  async #run(fetch: Fetch, link: TierLink | undefined): Promise<HeldValue> {
    try {
      if (link === undefined) return await this.#fromSource(fetch);
      // Most find it there: one call less for them, since each that waits takes longer than what it does.
      const startedAt = this.#options.clock.now();
      const answer = await link.ask((tier) => tier.get(fetch.key), startedAt);
      if (answer !== undefined && answer !== unreachable) {
        const held = this.#unpack(answer);
        const found = this.#found(fetch, answer.stamp, held instanceof Promise ? await held : held);
        if (found !== undefined) return found;
      }
      return await this.#fetch(fetch, link, startedAt, answer);
    } finally {
      this.runs.end(fetch.key, fetch.run);
    }
  }

  /** @param entry what the server gave, and that won't do */
  async #fetch(
    fetch: Fetch,
    link: TierLink,
    startedAt: number,
    entry: SharedEntry | undefined | typeof unreachable,
  ): Promise<HeldValue> {
    const { key, options } = fetch;
    const { leaseMs, maxWaitMs } = this.#options;
    const waitUntil = startedAt + maxWaitMs;
    let answer: SharedEntry | Lease | undefined | typeof unreachable = entry;
    let isAnew = entry !== undefined;
    for (let round = 0; round < mostRounds && answer !== unreachable; round++) {
      answer = await link.acquire(key, options.tags ?? noTags, leaseMs, isAnew);
      if (answer === unreachable) break;
      if (answer === undefined) {
        if (!(await this.#waited(fetch, waitUntil, round))) break;
        answer = await link.ask((tier) => tier.get(key));
        if (answer === undefined || answer === unreachable) continue;
      }
      if ("token" in answer) return this.#underLease(fetch, answer, isAnew);
      const found = this.#found(fetch, answer.stamp, await this.#unpack(answer));
      if (found !== undefined) return found;
      isAnew = true;
    }
    return this.#fromSource(fetch);
  }

  /** @returns what the server holds, if it will do */
  #found(fetch: Fetch, stamp: Stamp, held: HeldValue | undefined): HeldValue | undefined {
    const { key, run, previous, options } = fetch;
    const now = this.#options.clock.now();
    // It may have been forgotten while it was on its way.
    if (held === undefined || this.#link!.isCurrent(stamp, now) === false) return undefined;
    const isOld = previous !== undefined && held.createdAt <= previous.createdAt;
    const staleMs = options.staleMs ?? Number.POSITIVE_INFINITY;
    const until =
      previous === undefined ? Math.min(held.staleUntil, held.freshUntil + staleMs) : held.freshUntil;
    if (isOld || now >= until) {
      fetch.old = held;
      return undefined;
    }
    run.stamp = stamp;
    if (now < held.freshUntil) this.#counts.sharedHits++;
    else this.#counts.staleHits++;
    if (run.isCurrent) this.#values.keep(key, held, run.tags, now);
    return held;
  }

  async #waited({ key, signal }: Fetch, waitUntil: number, round: number): Promise<boolean> {
    const { clock, tier } = this.#options;
    const leftMs = waitUntil - clock.now();
    if (leftMs <= 0) return false;
    this.#counts.leaseWaits++;
    await tier!.leaseEnded(key, leftMs, signal);
    if (round >= patientRounds) {
      const pauseMs = Math.min(longestPauseMs, 2 ** (round - patientRounds), leftMs);
      await new Promise<void>((resolve) => awaitedTimer(clock, resolve, pauseMs));
    }
    signal?.throwIfAborted();
    return true;
  }

  async #underLease(fetch: Fetch, lease: Lease, isAnew: boolean): Promise<HeldValue> {
    const { key, run } = fetch;
    const { clock, leaseMs, tier } = this.#options;
    const link = this.#link!;
    run.stamp = lease.stamp;
    const keeper = new LeaseKeeper(link, lease, leaseMs, clock, fetch.signal);
    try {
      if (isAnew) {
        // Another may have loaded it between the look at what is old and the lease.
        const entry = await link.ask((each) => each.get(key));
        const found =
          entry && entry !== unreachable && this.#found(fetch, entry.stamp, await this.#unpack(entry));
        if (found) {
          this.#inBackground(link.ask((each) => each.release(lease)));
          return found;
        }
        run.stamp = lease.stamp;
      }
      const loaded = await this.#call(fetch);
      if ("error" in loaded) {
        this.#inBackground(link.ask((each) => each.release(lease)));
        return await this.#failed(fetch, loaded.error);
      }
      const { held, isStorable } = loaded;
      const isCurrent = run.isCurrent && !keeper.isLost && link.isCurrent(lease.stamp) !== false;
      if (isStorable && !isCurrent) this.#counts.discardedLoads++;
      if (!isStorable || !isCurrent) {
        this.#inBackground(link.ask((each) => each.release(lease)));
        return held;
      }
      held.stamp = lease.stamp;
      this.#values.keep(key, held, run.tags);
      this.#inBackground(this.#fill(fetch, lease, held, tier!.now()));
      return held;
    } finally {
      keeper.stop();
    }
  }

  /** Callers don't wait for this: what vouches for the lease vouches for the value. */
  async #fill({ key }: Fetch, lease: Lease, held: HeldValue, fleetNow: number): Promise<void> {
    const link = this.#link!;
    let packed: Awaited<ReturnType<ValueBox["pack"]>>;
    try {
      packed = await this.#box.pack(held, fleetNow);
    } catch {
      this.#counts.uncacheable++;
      this.#values.drop(key, held);
      await link.ask((tier) => tier.release(lease));
      return;
    }
    const stamp = await link.ask((tier) => tier.fill(lease, packed.bytes, packed.ttlMs));
    if (stamp === undefined) {
      this.#counts.discardedLoads++;
      this.#values.drop(key, held);
    } else if (stamp !== unreachable) held.stamp = stamp;
  }

  /** Loads without the server: for this process alone, and while the server can't be asked, for a short time. */
  async #fromSource(fetch: Fetch): Promise<HeldValue> {
    const { key, run, options } = fetch;
    const link = this.#link;
    const outage = link === undefined || link.isUsable ? -1 : link.recoveries;
    run.stamp = undefined;
    if (link !== undefined) run.outage = outage;
    const loaded = await this.#call(fetch);
    if ("error" in loaded) return this.#failed(fetch, loaded.error);
    const { held, isStorable } = loaded;
    if (!isStorable) return held;
    if (!run.isCurrent) this.#counts.discardedLoads++;
    else if (link === undefined) this.#values.keep(key, held, run.tags);
    else this.keepInOutage(key, held, options, outage);
    return held;
  }

  /** Keeps a value that nobody vouches for, as long as the outage in which it was loaded goes on, and not for long. */
  keepInOutage(
    key: string,
    { content, createdAt }: HeldValue,
    options: TieredEntryOptions,
    outage: number,
  ): void {
    const link = this.#link!;
    if (link.isUsable || link.recoveries !== outage) return;
    const ttlMs = Math.min(options.ttlMs ?? this.#options.ttlMs, this.#options.degradedTtlMs);
    const held = this.#box.hold(content, { ttlMs, staleMs: 0, staleIfErrorMs: 0 }, 0, createdAt);
    held.outage = outage;
    this.#values.keep(key, held, options.tags ?? noTags);
  }

  async #call({
    key,
    loader,
    options,
    signal,
  }: Fetch): Promise<{ held: HeldValue; isStorable: boolean } | { error: unknown }> {
    const { clock, tier } = this.#options;
    const startedAt = clock.now();
    this.#counts.loads++;
    let value: unknown;
    try {
      value = await loader(key, signal);
    } catch (error) {
      if (!signal?.aborted) this.#pauses.failed(key, clock.now());
      this.#counts.loadFailures++;
      return { error };
    }
    this.#pauses.succeeded(key);
    const loadMs = clock.now() - startedAt;
    const createdAt = tier?.now() ?? clock.now();
    const life = this.lifeOf(options, value);
    let content = absent;
    let isStorable = value !== undefined || (options.negativeTtlMs ?? this.#options.negativeTtlMs) > 0;
    try {
      content = this.#box.seal(value);
    } catch {
      this.#counts.uncacheable++;
      content = { value, bytes: undefined, sizeBytes: 0 };
      isStorable = false;
    }
    return { held: this.#box.hold(content, life, loadMs, createdAt), isStorable };
  }

  /** @returns what is old and may be served instead @throws the loader's error */
  async #failed({ old, previous, run }: Fetch, error: unknown): Promise<HeldValue> {
    const now = this.#options.clock.now();
    for (const held of [old, previous])
      if (held !== undefined && run.isCurrent && now < held.errorUntil && (await this.#isVouched(held))) {
        this.#counts.staleErrors++;
        return held;
      }
    throw error;
  }

  #isVouched({ stamp }: HeldValue): boolean | Promise<boolean> {
    return this.#link === undefined || (stamp !== undefined && this.#link.isCurrent(stamp));
  }

  #unpack(entry: SharedEntry): HeldValue | undefined | Promise<HeldValue | undefined> {
    return this.#box.unpack(entry, this.#options.tier!.now(), this.#options.clock.now());
  }

  #inBackground(work: Promise<unknown>): void {
    const over = work.finally(() => this.#background.delete(over));
    this.#background.add(over);
  }
}
