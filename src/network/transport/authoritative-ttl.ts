import type { LookupAddress } from "node:dns";
import type { TimedAddress, TimedResolve } from "./dns-cache-options.ts";

/**
 * The TTL that the name servers give, where they give the very addresses that `lookup` gave.
 * @returns milliseconds, the shortest of all; `undefined` when they answer differently, or not at all; never rejects
 */
export async function authoritativeTtlMs(
  hostname: string,
  addresses: readonly LookupAddress[],
  resolve: TimedResolve,
): Promise<number | undefined> {
  const families = [4, 6] as const;
  const known = new Set(addresses.map(({ address }) => address));
  const asked = families.filter((family) => addresses.some((address) => address.family === family));
  const answers = await Promise.allSettled(asked.map(async (family) => await resolve(hostname, family)));
  const found: TimedAddress[] = [];
  for (const answer of answers) {
    // Somebody else's function: what it throws or gives instead of a list only means that the TTL isn't known.
    if (answer.status === "rejected" || !Array.isArray(answer.value)) return undefined;
    found.push(...answer.value);
  }
  const isAlike = found.length === known.size && found.every(({ address }) => known.has(address));
  return isAlike && found.length > 0 ? Math.min(...found.map(({ ttl }) => ttl)) * 1_000 : undefined;
}
