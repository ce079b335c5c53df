import { setImmediate as nextTurn } from "node:timers/promises";

/** More collections than this have never been needed. */
const mostCollections = 20;

/** The heap is at rest when two collections leave it within so many bytes. */
const restBytes = 256;

/**
 * What `make` retains: bytes of JavaScript's heap and of array buffers outside of it that stay while its result is
 * held and everything that it dropped has been collected. Needs a process of its own, run with `--expose-gc`, in which
 * nothing else is going on.
 * @throws {Error} without `--expose-gc`
 */
export async function retainedBytes<T>(make: () => T): Promise<{ readonly made: T; readonly bytes: number }> {
  const before = await bytesAtRest();
  const made = make();
  return { made, bytes: (await bytesAtRest()) - before };
}

async function bytesAtRest(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("retained bytes can't be measured: run node with --expose-gc");
  let last = Number.POSITIVE_INFINITY;
  for (let i = 0; i < mostCollections; i++) {
    gc();
    // Buffers that are found to be unused are freed by another thread.
    await nextTurn();
    const { heapUsed, external } = process.memoryUsage();
    const bytes = heapUsed + external;
    if (Math.abs(bytes - last) <= restBytes) return bytes;
    last = bytes;
  }
  return last;
}
