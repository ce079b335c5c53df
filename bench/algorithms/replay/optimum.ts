import type { Trace } from "./traces.ts";

/**
 * Belady's optimum, which knows the future: makes room by dropping what is needed last. @returns hits
 * @see Belady, A study of replacement algorithms for a virtual-storage computer, IBM Systems Journal 1966
 */
export function optimum({ requests, keys }: Trace, capacity: number): number {
  const never = requests.length;
  const nextUse = new Int32Array(requests.length);
  const upcoming = new Int32Array(keys).fill(never);
  for (let i = requests.length - 1; i >= 0; i--) {
    nextUse[i] = upcoming[requests[i]!]!;
    upcoming[requests[i]!] = i;
  }
  // Next uses of what is kept, the last on top. A hit's own leaves only then, by its turn: it is never on top before.
  const heap: number[] = [];
  const kept = new Uint8Array(requests.length);
  let size = 0;
  let unneeded = 0;
  let hits = 0;
  for (let i = 0; i < requests.length; i++) {
    if (kept[i] === 1) hits++;
    else if (size + unneeded < capacity) size++;
    else if (unneeded > 0) {
      unneeded--;
      size++;
    } else kept[pop(heap)] = 0;
    const use = nextUse[i]!;
    if (use === never) {
      size--;
      unneeded++;
    } else {
      kept[use] = 1;
      push(heap, use);
    }
  }
  return hits;
}

function push(heap: number[], value: number): void {
  let i = heap.push(value) - 1;
  for (; i > 0; ) {
    const parent = (i - 1) >> 1;
    if (heap[parent]! >= value) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = value;
}

function pop(heap: number[]): number {
  const top = heap[0]!;
  const last = heap.pop()!;
  let i = 0;
  for (let child = 1; child < heap.length; child = 2 * i + 1) {
    if (child + 1 < heap.length && heap[child + 1]! > heap[child]!) child++;
    if (heap[child]! <= last) break;
    heap[i] = heap[child]!;
    i = child;
  }
  if (heap.length > 0) heap[i] = last;
  return top;
}
