import { LruCache } from "../../algorithms/lru-cache.ts";
import type { RecordingBudget } from "./body-recorder.ts";
import type { ResolvedCacheOptions } from "./cache-options.ts";
import type { CacheRequest } from "./cache-request.ts";
import { CacheCounts } from "./cache-stats.ts";
import type { FleetTicket } from "./fleet/fleet-ticket.ts";
import { ResponseFleet } from "./fleet/response-fleet.ts";
import { isShareable } from "./fleet/shareable.ts";
import { combined, concernsByHead, freshened, isStillStorable } from "./freshening.ts";
import type { ExchangeTimes } from "./freshness.ts";
import type { HeaderFields } from "./header-fields.ts";
import { MemoryStore } from "./memory-store.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { type ResponseRecord, StoredResponse } from "./stored-response.ts";
import { withResponse } from "./variants.ts";

/** Something that is under way, and whose outcome an invalidation makes old. */
export interface Supersedable {
  isSuperseded: boolean;
}

const none: readonly StoredResponse[] = [];
const maxBackOffs = 1024;
const maxBackOffMs = 60_000;
const maxIdleKeys = 256;

/** All that is stored, and what is on its way to be: who asks the origin for a URL is told when it is invalidated. */
export class ResponseShelf<Exchange extends Supersedable> {
  readonly options: ResolvedCacheOptions;
  readonly counts = new CacheCounts();
  readonly memory: MemoryStore;
  readonly sqlite: SqliteStore | undefined;
  /** What is shared with other nodes. */
  readonly fleet: ResponseFleet | undefined;
  readonly budget: RecordingBudget;
  /**
   * By key, one alone without a set of its own: nearly always there is no other. A key that comes and goes with each request
   * would make the map renew its table all the time, and each old table keeps what the next one holds from being collected
   * young: so keys stay for a while.
   */
  readonly #underWay = new Map<string, Exchange | Set<Exchange> | undefined>();
  /** Keys of which nothing is under way. */
  #idleKeys = 0;
  readonly #backOffs = new LruCache<string, { readonly failures: number; readonly until: number }>({
    maxSize: maxBackOffs,
  });

  constructor(options: ResolvedCacheOptions) {
    const { maxBytes, sqlite, now } = options;
    this.options = options;
    this.memory = new MemoryStore(maxBytes, options.maxUrls);
    this.budget = { used: 0, max: maxBytes };
    this.sqlite = sqlite && new SqliteStore(sqlite.path, sqlite.maxBytes, (record) => this.made(record), now);
    this.fleet = options.openTier && new ResponseFleet(options.openTier(), options);
  }

  made(record: ResponseRecord): StoredResponse {
    return new StoredResponse(record, this.options);
  }

  /** @returns all that is stored for a URL, from memory or from the file */
  find(key: string): readonly StoredResponse[] {
    const held = this.memory.get(key);
    if (held !== undefined) return this.fleet === undefined ? held : this.fleet.present(held);
    const kept = this.sqlite?.get(key);
    if (kept === undefined) return none;
    this.memory.set(key, kept);
    return kept;
  }

  /** @returns what is stored now of that response: it may have been put together with others */
  put(key: string, record: ResponseRecord, request: CacheRequest, ticket?: FleetTicket): StoredResponse {
    const former = this.find(key);
    for (const stored of record.range === undefined ? none : former) {
      const whole = combined(stored, record);
      if (whole === undefined) continue;
      const added = this.made(whole);
      this.#keep(key, former, withResponse(without(former, stored), added, request), added, request, ticket);
      return added;
    }
    const added = this.made(record);
    const next = withResponse(former, added, request);
    // A response that was asked for earlier, and came late, is no news.
    const isLate = former.some(
      (stored) => !next.includes(stored) && stored.record.requestTime > record.requestTime,
    );
    if (!isLate) this.#keep(key, former, next, added, request, ticket);
    return added;
  }

  /** Updates what a 304 has confirmed. @returns it, also when it may no longer be stored */
  freshen(
    key: string,
    stored: StoredResponse,
    request: CacheRequest,
    received: HeaderFields,
    times: ExchangeTimes,
    isSuperseded: boolean,
    ticket?: FleetTicket,
  ): StoredResponse {
    const updated = this.made(freshened(stored, request, received, times, this.options.isShared));
    updated.memo = stored.memo;
    updated.memoWeight = stored.memoWeight;
    updated.mark = stored.mark;
    if (isSuperseded) return updated;
    const former = this.find(key);
    const rest = without(former, stored);
    const isKept = isStillStorable(updated, request, this.options.isShared);
    const next = isKept ? withResponse(rest, updated) : rest;
    if (isKept) this.fleet?.keep(ticket, updated, next, request);
    // What was for all isn't any longer.
    const shared = stored.mark?.sharedKey;
    if (shared !== undefined && !(isKept && isShareable(updated, request))) this.fleet?.forgetShared(shared);
    this.#save(key, former, next);
    return updated;
  }

  /** Updates, or drops, what is stored for GET by what a HEAD says. @see https://www.rfc-editor.org/rfc/rfc9111#section-4.3.5 */
  freshenByHead(key: string, request: CacheRequest, received: HeaderFields, times: ExchangeTimes): void {
    for (const stored of this.find(key)) {
      if (stored.record.isHead || stored.record.status !== 200 || !stored.isFor(request)) continue;
      if (concernsByHead(stored, received)) this.freshen(key, stored, request, received, times, false);
      else this.drop(key, stored);
    }
  }

  /** Takes over what the fleet says of a URL. @param asked what was here when it was asked */
  learn(key: string, asked: readonly StoredResponse[], responses: readonly StoredResponse[]): void {
    const added = this.find(key).filter((stored) => !asked.includes(stored) && !responses.includes(stored));
    const isOther = ({ mark }: StoredResponse): boolean =>
      mark?.sharedKey === undefined || !responses.some((stored) => stored.mark?.sharedKey === mark.sharedKey);
    this.memory.set(key, [...responses, ...added.filter(isOther)]);
  }

  drop(key: string, stored: StoredResponse): void {
    const former = this.find(key);
    if (!former.includes(stored)) return;
    if (stored.mark?.sharedKey !== undefined) this.fleet?.forgetShared(stored.mark.sharedKey);
    this.#save(key, former, without(former, stored));
  }

  /** Keeps beside a response what was made of it, unless that is too heavy. */
  keepMemo(key: string, stored: StoredResponse, memo: unknown, weight: number): void {
    const held = this.memory.get(key);
    if (weight > this.options.maxBytes / 8 || !held?.includes(stored)) return;
    stored.memo = memo;
    stored.memoWeight = weight;
    this.memory.set(key, held);
  }

  enter(key: string, exchange: Exchange): void {
    const others = this.#underWay.get(key);
    if (others === undefined) {
      if (this.#idleKeys > 0 && this.#underWay.has(key)) this.#idleKeys--;
      this.#underWay.set(key, exchange);
    } else if (others instanceof Set) others.add(exchange);
    else this.#underWay.set(key, new Set([others, exchange]));
  }

  leave(key: string, exchange: Exchange): void {
    const others = this.#underWay.get(key);
    const isLast = others instanceof Set ? others.delete(exchange) && others.size === 0 : others === exchange;
    if (!isLast || others === undefined) return;
    this.#underWay.set(key, undefined);
    if (++this.#idleKeys > maxIdleKeys) this.#forgetIdleKeys();
  }

  underWay(key: string): Iterable<Exchange> | undefined {
    const found = this.#underWay.get(key);
    return found === undefined || found instanceof Set ? found : [found];
  }

  /** Removes all of a URL; what was asked for before isn't stored any longer. */
  invalidate(key: string): void {
    this.counts.invalidations++;
    for (const exchange of this.underWay(key) ?? []) exchange.isSuperseded = true;
    this.memory.delete(key);
    this.sqlite?.delete(key);
    this.fleet?.forget(key);
  }

  clear(): void {
    for (const exchange of this.allUnderWay()) exchange.isSuperseded = true;
    this.memory.clear();
    this.sqlite?.clear();
    this.fleet?.forgetAll();
    this.#backOffs.clear();
  }

  /** Whether validations of a URL in the background have failed lately. */
  isBackingOff(key: string): boolean {
    const backOff = this.#backOffs.get(key);
    return backOff !== undefined && this.options.now() < backOff.until;
  }

  backgroundDone(key: string, hasFailed: boolean): void {
    if (!hasFailed) {
      this.#backOffs.delete(key);
      return;
    }
    this.counts.backgroundFailures++;
    const failures = (this.#backOffs.get(key)?.failures ?? 0) + 1;
    const waitMs = Math.min(maxBackOffMs, 1000 * 2 ** Math.min(failures - 1, 10));
    this.#backOffs.set(key, { failures, until: this.options.now() + waitMs });
  }

  *allUnderWay(): Iterable<Exchange> {
    for (const found of this.#underWay.values())
      if (found instanceof Set) yield* found;
      else if (found !== undefined) yield found;
  }

  #forgetIdleKeys(): void {
    for (const [key, found] of this.#underWay) if (found === undefined) this.#underWay.delete(key);
    this.#idleKeys = 0;
  }

  /** As `#save`, where nobody vouches for what was added without it. */
  #keep(
    key: string,
    former: readonly StoredResponse[],
    next: readonly StoredResponse[],
    added: StoredResponse,
    request: CacheRequest,
    ticket: FleetTicket | undefined,
  ): void {
    const isKept = this.fleet === undefined || this.fleet.keep(ticket, added, next, request);
    this.#save(key, former, isKept ? next : without(next, added));
  }

  #save(key: string, former: readonly StoredResponse[], next: readonly StoredResponse[]): void {
    this.memory.set(key, next);
    this.sqlite?.set(key, former, next);
  }
}

function without(responses: readonly StoredResponse[], one: StoredResponse): readonly StoredResponse[] {
  return responses.filter((stored) => stored !== one);
}
