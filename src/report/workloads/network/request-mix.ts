import { seededRandom } from "../../../measure/random.ts";
import { zipfKeys } from "../key-distribution.ts";
import type { OriginFaults } from "./origin-faults.ts";
import type { OriginOptions } from "./origin-server.ts";

/** What the network rows ask for. */
export interface RequestMix {
  readonly requests: number;
  /** Different resources, wanted by Zipf's law. */
  readonly resources: number;
  /** Kept or not as on the Web, or never. */
  readonly kind: "mixed" | "private";
  readonly seed: number;
}

/** Zipf's exponent; in traces of Web proxies it is from 0.64 to 0.83. @see https://doi.org/10.1109/INFCOM.1999.749260 */
export const exponent = 0.75;

/** Of the requests to an unreliable origin. */
export const failureRate = 0.22;

/** An origin as the network rows have it: HTTP/2 or 1.1 over TLS, far away, now and then slow, and unreliable where that is asked. */
export function distantOrigin(seed: number, isUnreliable: boolean): OriginOptions {
  const slow: OriginFaults = { seed, slowRate: 0.02, slowMs: 300 };
  return {
    protocol: "h2",
    delayMs: 20,
    faults: isUnreliable ? { ...slow, failureRate, failures } : slow,
  };
}

/** Each concerns one request, also over HTTP/2, where a connection's end would be that of others' requests too. */
const failures = [
  { status: 502, body: "bad gateway" },
  { status: 503, body: "unavailable" },
  { cut: "start", cutBy: "stream" },
  { cut: "start", cutBy: "stream" },
  { cut: "body", cutBy: "stream" },
  { cut: "body", cutBy: "stream" },
] as const;

/** @returns numbers of resources in the order in which they are asked for */
export function requestedIds({ requests, resources, seed }: RequestMix): number[] {
  const next = zipfKeys(resources, exponent, seed, seededRandom(seed));
  return Array.from({ length: requests }, next);
}
