import assert from "node:assert/strict";
import type { SharedTier, Stamp } from "../../src/cache/shared-tier.ts";

/** Stores a value in place of what there is, as a cache does: forgets the key, takes its lease, fills. */
export async function storeValue(
  tier: SharedTier,
  key: string,
  bytes: Uint8Array,
  tags: readonly string[] = [],
  ttlMs = 600_000,
): Promise<Stamp> {
  await tier.delete([key]);
  const lease = await tier.acquire(key, tags, 60_000);
  assert.ok(lease !== undefined && "token" in lease, `${JSON.stringify(key)}: expected a lease`);
  const stamp = await tier.fill(lease, bytes, ttlMs);
  assert.ok(stamp, `${JSON.stringify(key)}: expected it to be stored`);
  return stamp;
}
