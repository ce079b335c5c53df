import { KeyList } from "./key-list.ts";
import type { Trace } from "./traces.ts";

/** Drops what was not used for longest. @returns hits */
export function lru({ requests, keys }: Trace, capacity: number): number {
  const list = new KeyList(keys);
  let hits = 0;
  for (const key of requests) {
    if (list.has(key)) {
      hits++;
      list.touch(key);
      continue;
    }
    if (list.size === capacity) list.shift();
    list.add(key);
  }
  return hits;
}
