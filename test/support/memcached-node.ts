/** One node of a fleet: does to its tier what it is told by messages. Its argument is the tier's options. */
import { MemcachedTier } from "../../src/cache/memcached/memcached-tier.ts";
import type { Lease, Stamp } from "../../src/cache/shared-tier.ts";

/** What a node is told to do; `space` is a namespace. */
export interface NodeOrder {
  readonly id: number;
  readonly space: string;
  readonly op: "get" | "acquire" | "fill" | "release" | "delete" | "deleteByTag" | "clear" | "isCurrent";
  readonly key: string;
  readonly text: string;
  readonly tags: readonly string[];
  /** The order that acquired the lease which is to be filled or released. */
  readonly lease: number;
}

/** What came of it. */
export interface NodeAnswer {
  readonly id: number;
  /** Of a value that was read. */
  readonly text?: string | undefined;
  /** Whether there is a lease, it stored something, or what was read last is current. */
  readonly done?: boolean | undefined;
  readonly error?: string | undefined;
}

const options = JSON.parse(process.argv[2] as string);
const ttlMs = 600_000;
let space = "";
let tier: MemcachedTier | undefined;
const leases = new Map<number, Lease>();
/** Of what was read last, as a memory tier would keep it. */
const memory = new Map<string, { readonly stamp: Stamp; readonly text: string }>();

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

process.on("message", (order: NodeOrder) => {
  run(order).then(
    (answer) => process.send?.({ ...answer, id: order.id }),
    (error) => process.send?.({ id: order.id, error: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));

async function run(order: NodeOrder): Promise<Omit<NodeAnswer, "id">> {
  const { op, key, text, tags } = order;
  if (space !== order.space || tier === undefined) {
    await tier?.close();
    leases.clear();
    memory.clear();
    space = order.space;
    tier = new MemcachedTier({ ...options, namespace: space });
  }
  switch (op) {
    case "get": {
      const entry = await tier.get(key);
      if (entry !== undefined) memory.set(key, { stamp: entry.stamp, text: textOf(entry.bytes) });
      return { text: entry && textOf(entry.bytes) };
    }
    case "acquire": {
      const answer = await tier.acquire(key, tags, ttlMs);
      if (answer === undefined) return { done: false };
      if (!("token" in answer)) return { text: textOf(answer.bytes) };
      leases.set(order.id, answer);
      return { done: true };
    }
    case "fill": {
      const lease = leases.get(order.lease);
      leases.delete(order.lease);
      const stamp = lease && (await tier.fill(lease, Buffer.from(text), ttlMs));
      if (stamp !== undefined) memory.set(key, { stamp, text });
      return { done: stamp !== undefined };
    }
    case "release": {
      const lease = leases.get(order.lease);
      leases.delete(order.lease);
      if (lease !== undefined) await tier.release(lease);
      return {};
    }
    case "isCurrent": {
      const held = memory.get(key);
      return held !== undefined && (await tier.isCurrent(held.stamp)) ? { text: held.text } : {};
    }
    case "delete":
      await tier.delete([key]);
      return {};
    case "deleteByTag":
      await tier.deleteByTag(tags);
      return {};
    case "clear":
      await tier.clear();
      return {};
  }
}
