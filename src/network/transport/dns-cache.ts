import type { LookupAddress, LookupAllOptions, LookupOptions } from "node:dns";
import { isIP } from "node:net";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import { callable, rejectType } from "../../options.ts";
import { orderAddresses } from "./address-order.ts";
import { AsideAddresses } from "./aside-addresses.ts";
import { authoritativeTtlMs } from "./authoritative-ttl.ts";
import { type DnsCacheOptions, type DnsSettings, dnsSettings } from "./dns-cache-options.ts";

/** What `dns.lookup` calls with: a list with `all: true`, else one address and its family. */
export type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

export interface DnsStats {
  /** Answered without asking the resolver, negative answers included. */
  readonly hits: number;
  /** Asked the resolver. */
  readonly misses: number;
  /** Joined a question that was already under way. */
  readonly coalesced: number;
  /** "No such name" from memory; counted in `hits` too. */
  readonly negativeHits: number;
  /** Answers used beyond their time because the resolver failed. */
  readonly stale: number;
  /** The resolver failed otherwise than by "no such name". */
  readonly failures: number;
  readonly entries: number;
  /** Addresses that come last for now. */
  readonly addressesAside: number;
}

interface Entry {
  readonly addresses: readonly LookupAddress[];
  /** "No such name". */
  readonly error: NodeJS.ErrnoException | undefined;
  expiresAt: number;
  /** Until then it is used if the resolver fails. */
  staleUntil: number;
  turn: number;
}

interface Waiter {
  readonly all: boolean;
  readonly callback: LookupCallback;
}

const noSuchName = new Set(["ENOTFOUND", "ENODATA"]);

/**
 * A short memory in front of `dns.lookup`, which remains the source of truth, so that the hosts file, search domains and
 * mDNS work as ever. Its `lookup` has the signature of Node's, and can be given to `net.connect`, `tls.connect`,
 * `http.Agent` and undici.
 *
 * - Questions alike, asked at once, are one question.
 * - Addresses of a name take turns; one that failed to connect (`setAside`) comes last for a while.
 * - When the resolver fails, an answer is used beyond its time, up to a bound. "No such name" is an answer, and isn't hidden.
 */
export class DnsCache implements MetricSource {
  readonly name = "dns";
  readonly #options: DnsSettings;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #asking = new Map<string, Waiter[]>();
  readonly #aside: AsideAddresses;
  #generation = 0;
  #hits = 0;
  #misses = 0;
  #coalesced = 0;
  #negativeHits = 0;
  #stale = 0;
  #failures = 0;

  /** @throws {TypeError|RangeError} for a bad option */
  constructor(options: DnsCacheOptions = {}) {
    this.#options = dnsSettings(options);
    const { asideMs, maxEntries, clock } = this.#options;
    this.#aside = new AsideAddresses(asideMs, maxEntries, clock);
  }

  /**
   * As `dns.lookup`; bound to this cache.
   * @throws {TypeError} for arguments that `dns.lookup` refuses
   */
  readonly lookup = (
    hostname: string,
    options: LookupOptions | number | LookupCallback | null | undefined,
    callback?: LookupCallback,
  ): void => {
    const settle = (typeof options === "function" ? options : callback) as LookupCallback;
    callable("callback", settle);
    const asked: LookupOptions =
      typeof options === "number"
        ? { family: options }
        : typeof options === "object" && options
          ? options
          : {};
    const { all = false, ...rest } = asked;
    if (typeof hostname !== "string" && hostname) rejectType("hostname", "a string", hostname);
    const waiter: Waiter = { all, callback: settle };
    // An address is its own answer, and Node gives it without asking anybody.
    if (!hostname || isIP(hostname) !== 0) this.#pass(hostname, rest, waiter);
    else this.#find(hostname, rest, waiter);
  };

  /** Notes that no connection came about to `address`: it comes last for `asideMs`. */
  setAside(address: string): void {
    this.#aside.add(address);
  }

  /** Notes that a connection came about to `address`: it takes turns again. */
  restore(address: string): void {
    if (this.#aside.size > 0) this.#aside.delete(address);
  }

  /** Forgets all answers; those under way go to their callers, and are not kept. */
  clear(): void {
    this.#generation++;
    this.#entries.clear();
    this.#asking.clear();
    this.#aside.clear();
  }

  stats(): DnsStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      coalesced: this.#coalesced,
      negativeHits: this.#negativeHits,
      stale: this.#stale,
      failures: this.#failures,
      entries: this.#entries.size,
      addressesAside: this.#aside.size,
    };
  }

  *collect(): Iterable<MetricSample> {
    const results = [
      ["hit", this.#hits],
      ["miss", this.#misses],
      ["coalesced", this.#coalesced],
      ["stale", this.#stale],
    ] as const;
    for (const [result, value] of results)
      yield {
        type: "counter",
        name: "dns.lookups",
        help: "Lookups of names, by how they were answered",
        labels: { result },
        value,
      };
  }

  #pass(hostname: string, options: LookupOptions, waiter: Waiter): void {
    this.#options.lookup(hostname, { ...options, all: true } as LookupAllOptions, (error, addresses) =>
      error ? waiter.callback(error, "", 0) : answer(waiter, addresses),
    );
  }

  #find(hostname: string, options: LookupOptions, waiter: Waiter): void {
    const { family = 0, hints = 0, order, verbatim } = options;
    const key = `${family}|${hints}|${order ?? ""}|${verbatim ?? ""}|${hostname}`;
    const entry = this.#entries.get(key);
    if (entry !== undefined && this.#options.clock.now() < entry.expiresAt) {
      this.#hits++;
      if (entry.error !== undefined) this.#negativeHits++;
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      // Never before `lookup` has returned: its callers rely on that.
      process.nextTick(() => this.#give(entry, waiter));
      return;
    }
    const waiters = this.#asking.get(key);
    if (waiters !== undefined) {
      this.#coalesced++;
      waiters.push(waiter);
    } else this.#ask(key, hostname, options, waiter);
  }

  #ask(key: string, hostname: string, options: LookupOptions, first: Waiter): void {
    const generation = this.#generation;
    const waiters = [first];
    let isSettled = false;
    const settle = (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => {
      // A resolver of the caller's own may answer twice; the sockets that wait take one answer.
      if (isSettled) return;
      isSettled = true;
      if (this.#asking.get(key) === waiters) this.#asking.delete(key);
      const entry = this.#settled(key, generation, error, addresses);
      if (entry.error === undefined && error === null && this.#options.ttl === "resolve")
        void authoritativeTtlMs(hostname, addresses, this.#options.resolve).then((ttlMs) => {
          if (ttlMs !== undefined) this.#expire(entry, Math.min(ttlMs, this.#options.maxTtlMs));
        });
      // Each on its own: what one callback throws doesn't cost the others their answer.
      for (const waiter of waiters) process.nextTick(() => this.#give(entry, waiter));
    };
    this.#misses++;
    this.#asking.set(key, waiters);
    try {
      this.#options.lookup(hostname, { ...options, all: true } as LookupAllOptions, settle);
    } catch (error) {
      // Arguments that Node refuses: nobody can have joined meanwhile.
      this.#asking.delete(key);
      throw error;
    }
  }

  /** What the callers get, and, unless all was forgotten meanwhile, what is kept. */
  #settled(
    key: string,
    generation: number,
    error: NodeJS.ErrnoException | null,
    addresses: readonly LookupAddress[],
  ): Entry {
    const now = this.#options.clock.now();
    const isNegative = error !== null && noSuchName.has(error.code ?? "");
    if (error !== null && !isNegative) {
      this.#failures++;
      const old = this.#entries.get(key);
      if (old !== undefined && old.error === undefined && now < old.staleUntil) {
        this.#stale++;
        // Not asked again at once: a resolver that fails often takes seconds to do so.
        old.expiresAt = Math.min(now + this.#options.negativeTtlMs, old.staleUntil);
        return old;
      }
    }
    const turn = this.#entries.get(key)?.turn ?? 0;
    const entry: Entry = {
      addresses: addresses ?? [],
      error: error ?? undefined,
      expiresAt: now,
      staleUntil: now,
      turn,
    };
    if (error === null || isNegative) {
      this.#expire(entry, isNegative ? this.#options.negativeTtlMs : this.#options.ttlMs);
      if (generation === this.#generation) this.#keep(key, entry);
    }
    return entry;
  }

  #expire(entry: Entry, ttlMs: number): void {
    entry.expiresAt = this.#options.clock.now() + ttlMs;
    entry.staleUntil = entry.expiresAt + this.#options.staleIfErrorMs;
  }

  #keep(key: string, entry: Entry): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#options.maxEntries)
      this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(key, entry);
  }

  #give(entry: Entry, waiter: Waiter): void {
    if (entry.error !== undefined) waiter.callback(entry.error, "", 0);
    else answer(waiter, orderAddresses(entry.addresses, entry.turn++, this.#aside.has));
  }
}

function answer({ all, callback }: Waiter, addresses: LookupAddress[]): void {
  const [first] = addresses;
  if (all || first === undefined) callback(null, addresses);
  else callback(null, first.address, first.family);
}
