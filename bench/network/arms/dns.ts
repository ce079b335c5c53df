import { type LookupAddress, lookup } from "node:dns";
import CacheableLookup from "cacheable-lookup";
import type { Arm } from "../../../src/measure/index.ts";
import { DnsCache } from "../../../src/network/transport/dns-cache.ts";

export type LookupId = "map" | "victor" | "cacheable" | "system";
type Ask = (callback: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;

const hostname = "localhost";

function asks(id: LookupId): Ask {
  const options = { all: true } as const;
  if (id === "system") return (callback) => lookup(hostname, options, callback);
  if (id === "victor") {
    const cache = new DnsCache({ ttlMs: 600_000 });
    return (callback) => cache.lookup(hostname, options, callback as never);
  }
  if (id === "cacheable") {
    const cache = new CacheableLookup();
    return (callback) => cache.lookup(hostname, options, callback as never);
  }
  const answers = new Map<string, readonly LookupAddress[]>();
  return (callback) => {
    const known = answers.get(hostname);
    if (known !== undefined) process.nextTick(callback, null, known);
    else
      lookup(hostname, options, (error, addresses) => {
        answers.set(hostname, addresses);
        callback(error, addresses);
      });
  };
}

/** Each operation is a question, asked when the one before is answered. */
export function setup(args: unknown): Arm {
  const ask = asks((args as { readonly id: LookupId }).id);
  let found = 0;
  return {
    run: (count) =>
      new Promise((resolve, reject) => {
        let left = count;
        const next = (error: Error | null, addresses: readonly LookupAddress[]) => {
          if (error) return reject(error);
          found = addresses.length;
          if (--left === 0) resolve();
          else ask(next);
        };
        ask(next);
      }),
    answer: () => found > 0,
  };
}
