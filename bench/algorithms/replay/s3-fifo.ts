import { KeyList } from "./key-list.ts";
import type { Trace } from "./traces.ts";

/**
 * Three queues: a tenth for newcomers, which go on after one use; the rest; and the keys lately dropped. @returns hits
 * @see Yang et al., FIFO Queues are All You Need for Cache Eviction, SOSP 2023
 */
export function s3Fifo({ requests, keys }: Trace, capacity: number): number {
  const small = new KeyList(keys);
  const main = new KeyList(keys);
  const ghost = new KeyList(keys);
  const uses = new Uint8Array(keys);
  const smallBound = Math.max(1, Math.round(capacity / 10));
  const ghostBound = capacity - smallBound;
  let hits = 0;
  for (const key of requests) {
    if (small.has(key) || main.has(key)) {
      hits++;
      if (uses[key]! < 3) uses[key]!++;
      continue;
    }
    while (small.size + main.size >= capacity) evict();
    uses[key] = 0;
    if (ghost.has(key)) {
      ghost.remove(key);
      main.add(key);
    } else small.add(key);
  }
  return hits;

  function evict(): void {
    if (small.size >= smallBound || main.size === 0) {
      while (small.size > 0) {
        const key = small.shift();
        if (uses[key] === 0) {
          ghost.add(key);
          if (ghost.size > ghostBound) ghost.shift();
          return;
        }
        uses[key] = 0;
        main.add(key);
      }
    }
    for (;;) {
      const key = main.shift();
      if (uses[key] === 0) return;
      uses[key]!--;
      main.add(key);
    }
  }
}
