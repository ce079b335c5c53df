import type { LookupAddress, LookupAllOptions } from "node:dns";
import { lookup } from "node:dns";
import { Resolver } from "node:dns/promises";
import { type Clock, systemClock } from "../../clock.ts";
import { callable, durationMs, integer, knownKeys, oneOf } from "../../options.ts";

/** `dns.lookup` as the cache calls it: always for all addresses. */
export type SystemLookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** An address as the name's server gives it, with the seconds for which it may be kept. */
export interface TimedAddress {
  readonly address: string;
  readonly ttl: number;
}

/** Asks the name servers, past the hosts file. */
export type TimedResolve = (hostname: string, family: 4 | 6) => Promise<readonly TimedAddress[]>;

export interface DnsCacheOptions {
  /** How long an answer is used, milliseconds ≥ 0. `dns.lookup` tells no TTL. @default 5_000 */
  readonly ttlMs?: number;
  /**
   * `"resolve"` asks the name servers too, behind the caller's back, and takes their TTL where they give the very addresses
   * that `lookup` gave; where they don't (hosts file, search domains, mDNS), `ttlMs` holds. Costs one or two queries
   * per answer. @default "fixed"
   */
  readonly ttl?: "fixed" | "resolve";
  /** Bounds a TTL from the name servers, milliseconds ≥ 0. No effect with `ttl: "fixed"`. @default 300_000 */
  readonly maxTtlMs?: number;
  /** How long "no such name" is remembered, milliseconds ≥ 0. @default 1_000 */
  readonly negativeTtlMs?: number;
  /** How long after its end an answer may be used while the resolver fails, milliseconds ≥ 0. @default 60_000 */
  readonly staleIfErrorMs?: number;
  /** How long an address that failed to connect comes last, milliseconds ≥ 0. @default 10_000 */
  readonly asideMs?: number;
  /** Names with an answer, integer ≥ 1; the least recently used gives way. @default 1_000 */
  readonly maxEntries?: number;
  /** @default dns.lookup */
  readonly lookup?: SystemLookup;
  /** No effect with `ttl: "fixed"`. @default a `dns.promises.Resolver` */
  readonly resolve?: TimedResolve;
  /** @default the system's */
  readonly clock?: Clock;
}

export type DnsSettings = Required<DnsCacheOptions>;

const systemResolve: TimedResolve = (hostname, family) => {
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  return family === 4
    ? resolver.resolve4(hostname, { ttl: true })
    : resolver.resolve6(hostname, { ttl: true });
};

export const dnsCacheDefaults: DnsSettings = Object.freeze({
  ttlMs: 5_000,
  ttl: "fixed",
  maxTtlMs: 300_000,
  negativeTtlMs: 1_000,
  staleIfErrorMs: 60_000,
  asideMs: 10_000,
  maxEntries: 1_000,
  lookup: lookup as SystemLookup,
  resolve: systemResolve,
  clock: systemClock,
});

/** @throws {TypeError|RangeError} with `name: expected …, got …` */
export function dnsSettings(options: DnsCacheOptions): DnsSettings {
  knownKeys("DnsCache", options, Object.keys(dnsCacheDefaults));
  const settings = { ...dnsCacheDefaults, ...options };
  durationMs("ttlMs", settings.ttlMs);
  oneOf("ttl", settings.ttl, ["fixed", "resolve"]);
  durationMs("maxTtlMs", settings.maxTtlMs);
  durationMs("negativeTtlMs", settings.negativeTtlMs);
  durationMs("staleIfErrorMs", settings.staleIfErrorMs);
  durationMs("asideMs", settings.asideMs);
  integer("maxEntries", settings.maxEntries, 1);
  callable("lookup", settings.lookup);
  callable("resolve", settings.resolve);
  return settings;
}
