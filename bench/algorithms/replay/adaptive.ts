import { AdaptivePolicy } from "../../../src/algorithms/adaptive-policy.ts";
import { firstSlot } from "../../../src/algorithms/window-tiny-lfu.ts";
import type { Trace } from "./traces.ts";

/** The policy of `AdaptiveCache`. @returns hits */
export function adaptive({ requests, keys }: Trace, capacity: number, seed = 1): number {
  const lastSlot = firstSlot + capacity;
  const table = { links: new Int32Array((lastSlot + 1) * 4) };
  const policy = new AdaptivePolicy(table, lastSlot, seed);
  const slotOf = new Int32Array(keys);
  const keyOf = new Int32Array(lastSlot + 1);
  const free = Array.from({ length: capacity + 1 }, (_, i) => lastSlot - i);
  let hits = 0;
  for (const key of requests) {
    if (slotOf[key] !== 0) {
      hits++;
      policy.used(slotOf[key]!);
      continue;
    }
    const slot = free.pop()!;
    slotOf[key] = slot;
    keyOf[slot] = key;
    table.links[slot << 2] = Math.imul(key + 1, 0x9e3779b1);
    policy.added(slot);
    if (free.length > 0) continue;
    const victim = policy.victim();
    policy.removed(victim);
    slotOf[keyOf[victim]!] = 0;
    free.push(victim);
  }
  return hits;
}
