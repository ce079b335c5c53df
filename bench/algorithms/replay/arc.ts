import { KeyList } from "./key-list.ts";
import type { Trace } from "./traces.ts";

/**
 * Adaptive replacement cache. @returns hits
 * @see Megiddo & Modha, ARC: A Self-Tuning, Low Overhead Replacement Cache, FAST 2003, figure 4
 */
export function arc({ requests, keys }: Trace, capacity: number): number {
  const [once, often, onceGone, oftenGone] = [1, 2, 3, 4].map(() => new KeyList(keys)) as [
    KeyList,
    KeyList,
    KeyList,
    KeyList,
  ];
  let target = 0;
  let hits = 0;
  for (const key of requests) {
    if (once.has(key) || often.has(key)) {
      hits++;
      (once.has(key) ? once : often).remove(key);
      often.add(key);
    } else if (onceGone.has(key)) {
      target = Math.min(capacity, target + Math.max(1, oftenGone.size / onceGone.size));
      replace(false);
      onceGone.remove(key);
      often.add(key);
    } else if (oftenGone.has(key)) {
      target = Math.max(0, target - Math.max(1, onceGone.size / oftenGone.size));
      replace(true);
      oftenGone.remove(key);
      often.add(key);
    } else {
      const recent = once.size + onceGone.size;
      const all = recent + often.size + oftenGone.size;
      if (recent === capacity) {
        if (once.size < capacity) {
          onceGone.shift();
          replace(false);
        } else once.shift();
      } else if (all >= capacity) {
        if (all === 2 * capacity) oftenGone.shift();
        replace(false);
      }
      once.add(key);
    }
  }
  return hits;

  function replace(wasOften: boolean): void {
    if (once.size > 0 && (once.size > target || (wasOften && once.size === target) || often.size === 0))
      onceGone.add(once.shift());
    else oftenGone.add(often.shift());
  }
}
