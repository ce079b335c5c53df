import { KeyList } from "./key-list.ts";
import type { Trace } from "./traces.ts";

/**
 * A queue whose hand spares what was used since it last passed. @returns hits
 * @see Zhang et al., SIEVE is Simpler than LRU, NSDI 2024
 */
export function sieve({ requests, keys }: Trace, capacity: number): number {
  const queue = new KeyList(keys);
  const used = new Uint8Array(keys);
  let hand = -1;
  let hits = 0;
  for (const key of requests) {
    if (queue.has(key)) {
      hits++;
      used[key] = 1;
      continue;
    }
    if (queue.size === capacity) {
      if (hand === -1) hand = queue.oldest;
      while (used[hand] === 1) {
        used[hand] = 0;
        hand = queue.newer(hand);
        if (hand === -1) hand = queue.oldest;
      }
      const gone = hand;
      hand = queue.newer(gone);
      queue.remove(gone);
    }
    queue.add(key);
    used[key] = 0;
  }
  return hits;
}
