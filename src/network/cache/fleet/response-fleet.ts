import { randomUUID } from "node:crypto";
import { LruCache } from "../../../algorithms/lru-cache.ts";
import type { Lease, SharedEntry, SharedTier } from "../../../cache/shared-tier.ts";
import type { SharedChange } from "../../../cache/tiered/pending-changes.ts";
import { TierLink, type Unreachable, unreachable } from "../../../cache/tiered/tier-link.ts";
import { resolveTieredOptions } from "../../../cache/tiered/tiered-options.ts";
import type { MetricSample } from "../../../metrics/metric.ts";
import type { ResolvedCacheOptions } from "../cache-options.ts";
import type { CacheRequest } from "../cache-request.ts";
import { type ResponseRecord, StoredResponse } from "../stored-response.ts";
import { sharedKey, urlTag } from "./fleet-keys.ts";
import type { FleetMark } from "./fleet-mark.ts";
import { FleetCounts, type FleetStats, fleetSamples } from "./fleet-stats.ts";
import { FleetTicket } from "./fleet-ticket.ts";
import { packResponses, unpackResponses } from "./response-bundle.ts";
import { isShareable } from "./shareable.ts";

/** What a node is to do for one request. */
export interface FleetAnswer {
  /** All that may be served of the URL. */
  readonly responses: readonly StoredResponse[];
  /** Under which the origin may be asked, where that is to be done and its response may be kept. */
  readonly ticket: FleetTicket | undefined;
}

/** How a request may be answered. */
export interface FleetWish {
  /** Will one of these do, so that the origin needn't be asked? */
  isEnough(responses: readonly StoredResponse[]): boolean;
  /** Whether another request for the same, here or on another node, may be waited for. */
  readonly mayWait: boolean;
  /** Whether the origin isn't to be asked in any case. */
  readonly isReadOnly?: boolean;
}

type Answer = SharedEntry | Lease | undefined | Unreachable;

/** Keys of which it is remembered that their responses weren't for all. */
const maxUnshared = 4096;
/** Rounds of asking and waiting. */
const mostRounds = 50;
/** For how long the server knows of a response that only this node has; then it is validated. */
const longestMarkMs = 600_000;
/** For how long a response stays that can only be validated any more. */
const validatorMs = 3_600_000;
const longestTtlMs = 2 ** 31 - 1;
/** Bytes of all that lies under one key. */
const maxBundleBytes = 16 * 2 ** 20;
const marker = new Uint8Array([1]);

/** Responses that the nodes of a fleet have in common, on a server, and what vouches for those in this node's memory. */
export class ResponseFleet {
  readonly counts = new FleetCounts();
  readonly #tier: SharedTier;
  readonly #link: TierLink;
  readonly #cache: ResolvedCacheOptions;
  readonly #leaseMs: number;
  readonly #maxWaitMs: number;
  /** By shared key: those who come meanwhile have the same question. */
  readonly #rounds = new Map<string, Promise<FleetAnswer>>();
  readonly #unshared = new LruCache<string, true>({ maxSize: maxUnshared });
  /** Of which the server is being told, by tag; all of it under "". */
  readonly #changes = new Map<string, Promise<unknown>>();
  readonly #background = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(tier: SharedTier, cache: ResolvedCacheOptions) {
    const options = resolveTieredOptions({ name: "responses", tier, ttlMs: 1, clock: cache.clock });
    this.#tier = tier;
    this.#cache = cache;
    this.#leaseMs = options.leaseMs;
    this.#maxWaitMs = options.maxWaitMs;
    this.#link = new TierLink(tier, options);
  }

  /** Whether the server can be asked now. */
  get isUsable(): boolean {
    return this.#link.isUsable;
  }

  /** Whether a response in memory may be served; a promise where the server has to be asked. */
  vouches({ mark }: StoredResponse): boolean | Promise<boolean> {
    if (mark === undefined) return false;
    if (mark.stamp !== undefined) return this.#link.isCurrent(mark.stamp);
    return mark.outage >= 0 && !this.#link.isUsable && this.#link.recoveries === mark.outage;
  }

  /** @returns those of which nobody knows yet that they may not be served */
  present(responses: readonly StoredResponse[]): readonly StoredResponse[] {
    return responses.filter((stored) => this.vouches(stored) !== false);
  }

  /** Looks for what is stored, here or on the server; where that isn't enough, for the right to load. Never rejects. */
  ask(
    url: string,
    request: CacheRequest,
    held: readonly StoredResponse[],
    wish: FleetWish,
  ): Promise<FleetAnswer> {
    const key = sharedKey(url, request);
    const mayWait = wish.mayWait && request.credentials === undefined && !this.#unshared.has(key);
    if (!mayWait) return this.#ask(key, url, request, held, { ...wish, mayWait });
    const running = this.#rounds.get(key);
    // One of them has the ticket; to the others his request is one that they can join.
    if (running !== undefined) return running.then(({ responses }) => ({ responses, ticket: undefined }));
    const round = this.#ask(key, url, request, held, wish).finally(() => this.#rounds.delete(key));
    this.#rounds.set(key, round);
    return round;
  }

  /** @returns the right to keep a response while the server can't be asked; `undefined` when it can */
  outageTicket(): FleetTicket | undefined {
    if (this.#link.isUsable) return undefined;
    return this.#ticket("", "", { outage: this.#link.recoveries });
  }

  /** Told of a response as soon as it begins: nobody is to wait for one that won't be shared. */
  judge(ticket: FleetTicket | undefined, record: ResponseRecord | undefined, request: CacheRequest): void {
    if (ticket?.shared === undefined) return;
    if (record !== undefined && isShareable(new StoredResponse(record, this.#cache), request)) return;
    // What somebody with credentials gets says nothing of what others would.
    if (request.credentials === undefined) this.#unshared.set(ticket.sharedKey, true);
    if (record === undefined || ticket.own !== undefined) {
      const lease = ticket.take("shared")!;
      void this.#link.ask((tier) => tier.release(lease));
    } else ticket.exchange = this.#exchange(ticket);
  }

  /**
   * Marks a response as one that memory may keep, and stores it on the server where it is for all.
   * @param all responses of the URL, with it
   * @returns whether it may be kept
   */
  keep(
    ticket: FleetTicket | undefined,
    added: StoredResponse,
    all: readonly StoredResponse[],
    request: CacheRequest,
  ): boolean {
    if (ticket === undefined) return false;
    if (ticket.outage >= 0) {
      added.mark = { stamp: undefined, outage: ticket.outage, sharedKey: undefined };
      return this.vouches(added) === true;
    }
    const lease = isShareable(added, request) ? ticket.take("shared") : undefined;
    if (lease === undefined) return this.#keepHere(ticket, added);
    ticket.release();
    const mark: FleetMark = { stamp: lease.stamp, outage: -1, sharedKey: ticket.sharedKey };
    added.mark = mark;
    this.#unshared.delete(ticket.sharedKey);
    const bundle = all.filter((stored) => stored === added || stored.mark?.sharedKey === ticket.sharedKey);
    for (const stored of bundle) stored.mark = mark;
    this.#inBackground(this.#share(lease, bundle, mark));
    return true;
  }

  /** Forgets what lies under one shared key. */
  forgetShared(key: string): void {
    this.#change(key, { kind: "keys", keys: [key] });
  }

  /** Forgets all of a URL, on every node. */
  forget(url: string): void {
    const tag = urlTag(url);
    this.#change(tag, { kind: "tags", tags: [tag] });
  }

  forgetAll(): void {
    this.#change("", { kind: "all" });
  }

  /** Resolves when the server has been told all that was forgotten and stored here until now, or couldn't be. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#changes.values(), ...this.#background]);
  }

  /** Waits for what is being stored, and closes the tier. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.settled().then(() => {
      this.#link.close();
      return this.#tier.close();
    });
    return this.#closing;
  }

  stats(): FleetStats {
    const { failures, refusals, pending, isUsable } = this.#link;
    return { ...this.counts, isUsable, failures, refusals, pending };
  }

  *collect(): Iterable<MetricSample> {
    yield* fleetSamples(this.stats());
    yield* this.#tier.collect();
  }

  async #ask(
    key: string,
    url: string,
    request: CacheRequest,
    held: readonly StoredResponse[],
    wish: FleetWish,
  ): Promise<FleetAnswer> {
    const tag = urlTag(url);
    // What is being forgotten is not to be found once more.
    if (this.#changes.size > 0) await Promise.all([key, tag, ""].map((name) => this.#changes.get(name)));
    let responses = await this.#vouched(held);
    const done = (ticket?: FleetTicket): FleetAnswer => ({ responses, ticket });
    if (wish.isEnough(responses)) return done();
    const waitUntil = this.#cache.clock.now() + this.#maxWaitMs;
    const read = async (entry: SharedEntry): Promise<boolean> => {
      const found = await this.#unpacked(key, entry);
      responses = [...responses.filter(({ mark }) => mark?.sharedKey !== key), ...found];
      if (!wish.isEnough(responses)) return false;
      this.counts.sharedHits++;
      return true;
    };
    let { mayWait } = wish;
    let answer: Answer = await this.#link.ask((tier) => tier.get(key));
    let isAnew = false;
    for (let round = 0; round < mostRounds && answer !== unreachable; round++) {
      if (answer !== undefined) {
        if (await read(answer as SharedEntry)) return done();
        isAnew = true;
      }
      if (wish.isReadOnly) return done();
      const { shared, own } = await this.#leases(key, tag, request, isAnew);
      if (shared !== undefined && shared !== unreachable && "token" in shared) {
        const ticket = this.#ticket(key, tag, { shared, own });
        // Another may have loaded it between the look at what is old and the lease.
        const entry = isAnew ? await this.#link.ask((tier) => tier.get(key)) : undefined;
        if (entry === undefined || entry === unreachable || !(await read(entry))) return done(ticket);
        ticket.release();
        return done();
      }
      if (shared === undefined && !mayWait)
        return done(own === undefined ? undefined : this.#ticket(key, tag, { own }));
      if (own !== undefined) this.#inBackground(this.#link.ask((tier) => tier.release(own)));
      answer = shared;
      if (shared !== undefined) continue;
      const leftMs = waitUntil - this.#cache.clock.now();
      if (leftMs <= 0) return done();
      this.counts.leaseWaits++;
      await this.#tier.leaseEnded(key, leftMs);
      answer = await this.#link.ask((tier) => tier.get(key));
      // Whoever loaded it had nothing for others: to queue for more of that would be in vain.
      if (answer === undefined) mayWait = false;
    }
    return done(this.outageTicket());
  }

  /** Side by side, so that they share a round trip. */
  async #leases(
    key: string,
    tag: string,
    request: CacheRequest,
    isAnew: boolean,
  ): Promise<{ shared: Answer; own: Lease | undefined }> {
    if (request.directives.noStore) return { shared: undefined, own: undefined };
    const isPlain = request.method === "GET" && request.isPlain;
    const isOwn = !isPlain || request.credentials !== undefined || this.#unshared.has(key);
    const acquire = (name: string, anew: boolean) => this.#link.acquire(name, [tag], this.#leaseMs, anew);
    const [shared, own] = await Promise.all([
      isPlain ? acquire(key, isAnew) : undefined,
      isOwn ? acquire(randomUUID(), false) : undefined,
    ]);
    return {
      shared,
      own: own !== undefined && own !== unreachable && "token" in own ? own : undefined,
    };
  }

  #ticket(sharedKey: string, tag: string, leases: ConstructorParameters<typeof FleetTicket>[4]): FleetTicket {
    return new FleetTicket(this.#link, this.#cache.clock, this.#leaseMs, { sharedKey, tag }, leases);
  }

  #keepHere(ticket: FleetTicket, added: StoredResponse): boolean {
    const { exchange } = ticket;
    if (ticket.own === undefined && exchange === undefined) return false;
    const mark: FleetMark = { stamp: ticket.own?.stamp, outage: -1, sharedKey: undefined };
    const store = async (): Promise<void> => {
      if (ticket.own === undefined) await exchange;
      const lease = ticket.take("own");
      ticket.isTaken = false;
      ticket.release();
      mark.stamp = lease?.stamp;
      if (lease !== undefined)
        await this.#fill(lease, marker, Math.min(longestMarkMs, this.#ttlMs([added])), mark);
    };
    added.mark = mark;
    this.counts.personal++;
    // What follows gives back all that isn't taken.
    ticket.isTaken = true;
    this.#inBackground(store());
    return true;
  }

  /** Gives back the lease that others wait for, for one of a key of its own. */
  async #exchange(ticket: FleetTicket): Promise<void> {
    const shared = ticket.take("shared")!;
    const own = await this.#link.acquire(randomUUID(), [ticket.tag], this.#leaseMs);
    // If nothing was forgotten between the two, the later is as good as the earlier.
    const isCurrent = await this.#link.isCurrent(shared.stamp);
    void this.#link.ask((tier) => tier.release(shared));
    if (own === undefined || own === unreachable || !("token" in own)) return;
    if (isCurrent) ticket.adopt(own);
    else void this.#link.ask((tier) => tier.release(own));
  }

  async #vouched(held: readonly StoredResponse[]): Promise<readonly StoredResponse[]> {
    const vouched = await Promise.all(held.map((stored) => this.vouches(stored)));
    return held.filter((_, i) => vouched[i]);
  }

  async #unpacked(key: string, { bytes, stamp }: SharedEntry): Promise<readonly StoredResponse[]> {
    try {
      const records = await unpackResponses(bytes, this.#aheadMs(), maxBundleBytes);
      // It may have been forgotten while it was on its way.
      if (this.#link.isCurrent(stamp) === false) return [];
      const mark: FleetMark = { stamp, outage: -1, sharedKey: key };
      return records.map((record) => {
        const stored = new StoredResponse(record, this.#cache);
        stored.mark = mark;
        return stored;
      });
    } catch {
      // Foreign or damaged bytes are a miss, and this count tells of it.
      this.counts.unreadable++;
      return [];
    }
  }

  async #share(lease: Lease, bundle: readonly StoredResponse[], mark: FleetMark): Promise<void> {
    let sizeBytes = 0;
    // The newest is the last; what doesn't fit beside it is left out.
    const kept = bundle.toReversed().filter(({ weight }) => {
      sizeBytes += weight;
      return sizeBytes <= maxBundleBytes;
    });
    let bytes: Uint8Array;
    try {
      bytes = await packResponses(
        kept.toReversed().map(({ record }) => record),
        this.#aheadMs(),
      );
    } catch {
      // There was no memory for it; the caller has his response, and nobody is to wait for the lease.
      this.counts.refused++;
      mark.stamp = undefined;
      await this.#link.ask((tier) => tier.release(lease));
      return;
    }
    await this.#fill(lease, bytes, this.#ttlMs(kept), mark);
    if (mark.stamp !== undefined) this.counts.shared++;
  }

  async #fill(lease: Lease, bytes: Uint8Array, ttlMs: number, mark: FleetMark): Promise<void> {
    const stamp = await this.#link.ask((tier) => tier.fill(lease, bytes, ttlMs));
    if (stamp === undefined) this.counts.refused++;
    mark.stamp = stamp === unreachable ? undefined : stamp;
  }

  #ttlMs(responses: readonly StoredResponse[]): number {
    const now = this.#cache.now();
    let ttlMs = 1;
    for (const { freshUntil, directives, hasValidator } of responses) {
      const staleMs = Math.max(
        1000 * (directives.staleWhileRevalidate ?? 0),
        1000 * (directives.staleIfError ?? 0),
        this.#cache.staleIfErrorMs,
        hasValidator ? validatorMs : 0,
      );
      ttlMs = Math.max(ttlMs, freshUntil - now + staleMs);
    }
    return Math.min(longestTtlMs, ttlMs);
  }

  #aheadMs(): number {
    return this.#cache.now() - this.#tier.now();
  }

  #change(name: string, change: SharedChange): void {
    const told = this.#link.change(change).finally(() => {
      if (this.#changes.get(name) === told) this.#changes.delete(name);
    });
    this.#changes.set(name, told);
  }

  #inBackground(work: Promise<unknown>): void {
    const over = work.finally(() => this.#background.delete(over));
    this.#background.add(over);
  }
}
