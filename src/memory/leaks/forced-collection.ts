import { setImmediate as nextTurn } from "node:timers/promises";
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import { runInNewContext } from "node:vm";
import { switchFlag } from "./v8-flag.ts";

/** @returns collects all garbage at once; the program sees no `gc` that it didn't have */
export function forcedCollector(): () => void {
  const own = (globalThis as { readonly gc?: () => void }).gc;
  if (typeof own === "function") return () => own();
  const putBack = switchFlag("expose-gc", true);
  try {
    const gc = runInNewContext("gc") as () => void;
    return () => gc();
  } finally {
    putBack();
  }
}

/** Collects what nothing holds: weak references are cleared, and finalizers run, between turns of the event loop. */
export async function collectAll(collect: () => void): Promise<void> {
  await nextTurn();
  collect();
}

/**
 * Keeps V8 from inlining functions that are optimised from now on: its heap profiler knows a frame's function only, so that
 * what an inlined one allocates would be another's.
 * @returns lets it inline again, if it did before
 */
export function withoutInlining(): () => void {
  const putBack = ["turbo-inlining", "maglev-inlining"].map((flag) => switchFlag(flag, false));
  return () => {
    for (const one of putBack) one();
  };
}

/** Bytes of live objects, those outside V8's heap (buffers) included, when read right after a collection. */
export function liveBytes(): { readonly heap: number; readonly external: number } {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return { heap: used_heap_size, external: external_memory };
}

/**
 * The same of the old generation alone, into which a full collection moves all that is alive: what was allocated since doesn't
 * count until a minor collection has spared it.
 */
export function oldBytes(): { readonly heap: number; readonly external: number } {
  let heap = 0;
  for (const { space_name, space_used_size } of getHeapSpaceStatistics())
    if (!space_name.startsWith("new_") && space_name !== "read_only_space") heap += space_used_size;
  return { heap, external: getHeapStatistics().external_memory };
}
