/** What should be set of the heap before Node starts; absent where Node's own choice stays. MiB. */
export interface MemoryPlan {
  readonly oldSpaceMib?: number;
  readonly semiSpaceMib?: number;
}

const mib = 2 ** 20;

/**
 * What Node takes by itself, by the memory that it sees, MiB. Measured with Node 24.21; below the first row its values hold.
 * `docs/decisions/gc-tuning.md`
 */
const nodeDefaults = [
  { memory: 0, old: 256, semi: 1 },
  { memory: 768, old: 384, semi: 16 },
  { memory: 1024, old: 512, semi: 16 },
  { memory: 2048, old: 1024, semi: 32 },
  { memory: 3072, old: 1536, semi: 64 },
  { memory: 4096, old: 2048, semi: 64 },
  { memory: 16_384, old: 4096, semi: 64 },
] as const;

/** Share of the container's memory for the heap; the rest is Node itself, buffers, threads and the kernel's pages. */
const heapShare = 0.75;
/** Share of the container's memory for new space, which is three semi-spaces. */
const newSpaceShare = 0.1;
/** Above, more semi-space took more CPU time (`docs/decisions/gc-tuning.md`). */
const maxSemiSpaceMib = 32;
/** V8's own largest: beyond, a full collection takes seconds, which somebody has to want. */
const maxOldSpaceMib = 4096;

/** Limits of the heap that Node takes by itself where the container has so much memory. @param memoryBytes > 0 */
export function defaultHeap(memoryBytes: number): {
  readonly oldSpaceMib: number;
  readonly semiSpaceMib: number;
} {
  const row = nodeDefaults.findLast(({ memory }) => memoryBytes / mib >= memory) ?? nodeDefaults[0];
  return { oldSpaceMib: row.old, semiSpaceMib: row.semi };
}

/**
 * Limits of the heap that suit a container of which nothing but its size is known. Semi-space: the largest power of two of
 * which three take a tenth of the memory. Old space: what three quarters leave beside it, so that V8 collects before
 * the container is killed, and doesn't give up while half of it is free.
 * @param memoryBytes limit of the container, > 0; `undefined` where there is none, and nothing is set
 */
export function planMemory(memoryBytes: number | undefined): MemoryPlan {
  if (memoryBytes === undefined) return {};
  const memory = memoryBytes / mib;
  const own = defaultHeap(memoryBytes);
  const fitting = 2 ** Math.floor(Math.log2(Math.max(1, (memory * newSpaceShare) / 3)));
  const semi = Math.max(own.semiSpaceMib, Math.min(maxSemiSpaceMib, fitting));
  const old = Math.min(maxOldSpaceMib, Math.floor(memory * heapShare - 3 * semi));
  return {
    // Less than this no program of any size starts in; the container is too small whatever is set.
    ...(old >= 32 && old !== own.oldSpaceMib && { oldSpaceMib: old }),
    ...(semi !== own.semiSpaceMib && { semiSpaceMib: semi }),
  };
}
