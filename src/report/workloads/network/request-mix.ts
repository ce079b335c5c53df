import { seededRandom } from "../../../measure/random.ts";
import { zipfKeys } from "../key-distribution.ts";
import { withReply } from "./origin-reply.ts";
import type { OriginOptions } from "./origin-server.ts";

/** What the network rows ask for. */
export interface RequestMix {
  readonly requests: number;
  /** Different resources, wanted by Zipf's law. */
  readonly resources: number;
  readonly exponent: number;
  /** Of the resources, 0 to 1: those that may be kept, for a minute. */
  readonly cacheableShare: number;
  readonly seed: number;
}

/** An origin as the network rows have it: HTTP/2 or 1.1 over TLS, far away, and unreliable. */
export function distantOrigin(seed: number): OriginOptions {
  return {
    protocol: "h2",
    delayMs: 20,
    faults: { seed, failureRate: 0.22, slowRate: 0.02, slowMs: 300 },
  };
}

/** What a resource holds: JSON of about 1 kB, with its number as `id`. */
export const resourceText = (id: number): string =>
  JSON.stringify({ id, lines: Array.from({ length: 20 }, (_, i) => `line ${i} of resource ${id}, as ever`) });

/** @returns paths and queries in the order in which they are asked; each says what the origin is to give */
export function requestTargets({
  requests,
  resources,
  exponent,
  cacheableShare,
  seed,
}: RequestMix): string[] {
  const next = zipfKeys(resources, exponent, seed, seededRandom(seed));
  const base = "http://origin";
  const targetOf = (id: number): string => {
    // Spreads those that may be kept over all ranks.
    const isCacheable = (id * 0.618033988749895) % 1 < cacheableShare;
    const headers = { "cache-control": isCacheable ? "max-age=60" : "no-store" };
    return withReply(`${base}/resource/${id}`, { headers, body: resourceText(id) }).slice(base.length);
  };
  return Array.from({ length: requests }, () => targetOf(next()));
}
