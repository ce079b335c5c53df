import type { RedisTierOptions } from "../../src/cache/redis/options.ts";
import { openRedisTier, type RedisTier } from "../../src/cache/redis/tier.ts";
import type { SharedTier } from "../../src/cache/shared-tier.ts";

/** So long that a busy machine doesn't run into them; a test that is about one of them sets it. */
export const patient = Object.freeze({
  timeoutMs: 30_000,
  connectTimeoutMs: 30_000,
  trustMs: 60_000,
  heartbeatMs: 100,
  maxReconnectMs: 100,
});

let namespaces = 0;
/** One that no other test uses. */
export const freshNamespace = (): string => `test-${process.pid}-${namespaces++}`;

/** Three tiers of one namespace, as of three processes. */
export async function threeTiers(
  options: RedisTierOptions,
): Promise<readonly [RedisTier, RedisTier, RedisTier]> {
  const all = { ...patient, namespace: freshNamespace(), ...options };
  return Promise.all([openRedisTier(all), openRedisTier(all), openRedisTier(all)]);
}

/** Asks until it holds; a test that waits for ever fails by its own time limit. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Resolves when all can be asked, and stay so for two heartbeats. */
export async function connected(tiers: readonly SharedTier[]): Promise<void> {
  await until(() => tiers.every((tier) => tier.isConnected));
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (entry: { readonly bytes: Uint8Array } | undefined): string | undefined =>
  entry && new TextDecoder().decode(entry.bytes);
