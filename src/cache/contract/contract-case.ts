import assert from "node:assert/strict";
import type { Lease, SharedEntry, SharedTier, Stamp } from "../shared-tier.ts";

/** What the cases work with. */
export interface ContractGround {
  readonly advance: (ms: number) => Promise<void>;
  /** Milliseconds within which a change should be known to other nodes by itself. */
  readonly toldWithinMs: number;
  /** Does to the server what the case needs. */
  readonly fault: () => Promise<void>;
}

/** A case before it has its tiers: three nodes of one namespace. */
export interface ContractCase {
  readonly name: string;
  /** Which part of the setup it can't do without. */
  readonly needs?: "evictGenerations" | "restart";
  check(nodes: ContractNodes, ground: ContractGround): Promise<void>;
}

export type ContractNodes = readonly [SharedTier, SharedTier, SharedTier];

/** Long enough for every case, short enough for a server. */
export const leaseMs = 60_000;
export const ttlMs = 600_000;

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (entry: SharedEntry | undefined): string | undefined =>
  entry && new TextDecoder().decode(entry.bytes);

export const isLease = (answer: Lease | SharedEntry | undefined): answer is Lease =>
  answer !== undefined && "token" in answer;

export async function leaseOf(tier: SharedTier, key: string, tags: readonly string[] = []): Promise<Lease> {
  const lease = await tier.acquire(key, tags, leaseMs);
  assert.ok(isLease(lease), `${JSON.stringify(key)}: expected a lease`);
  return lease;
}

/** Loads a key as a cache does. */
export async function load(
  tier: SharedTier,
  key: string,
  text: string,
  tags: readonly string[] = [],
): Promise<Stamp> {
  const stamp = await tier.fill(await leaseOf(tier, key, tags), bytesOf(text), ttlMs);
  assert.ok(stamp, `${JSON.stringify(key)}: expected it to be stored`);
  return stamp;
}

/** Has `reader` know all that `writer` made the server forget. */
export const tell = (writer: SharedTier, reader: SharedTier): Promise<void> => reader.catchUp(writer.token());

/** Waits until `holds`, as long as changes may take to be told. */
export async function eventually(
  { advance, toldWithinMs }: ContractGround,
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const stepMs = Math.max(1, toldWithinMs / 100);
  for (let passedMs = 0; passedMs <= toldWithinMs; passedMs += stepMs) {
    if (await holds()) return;
    await advance(stepMs);
  }
  assert.fail(what);
}
