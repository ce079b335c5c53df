import { observeGc } from "../../metrics/runtime/gc-observer.ts";
import { oldBytes } from "./forced-collection.ts";
import type { HeapProbe } from "./heap-probe.ts";
import { emptyProfile } from "./sampling-profiler.ts";

/** Knows the heap by the major collections that happen anyhow. Reading gives the size after the last of them. */
export function passiveProbe(): HeapProbe {
  let bytes = oldBytes();
  const end = observeGc(({ kind }) => {
    if (kind === "major") bytes = oldBytes();
  });
  return {
    current: () => bytes.heap + bytes.external,
    read: () => ({
      profile: emptyProfile,
      heapBytes: bytes.heap,
      externalBytes: bytes.external,
      cpuMs: 0,
      restarted: false,
    }),
    close: end,
  };
}
