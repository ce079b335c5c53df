/** What of `v8.GCProfiler`'s records is read. */
export interface GcProfileRecord {
  readonly gcType: string;
  readonly beforeGC: GcProfileHeap;
  readonly afterGC: GcProfileHeap;
}

interface GcProfileHeap {
  readonly heapStatistics: { readonly usedHeapSize: number };
  readonly heapSpaceStatistics: readonly GcProfileSpace[];
}

interface GcProfileSpace {
  readonly spaceName: string;
  /** Of new space: both semi-spaces. */
  readonly spaceSize: number;
  readonly spaceUsedSize: number;
}

/** What became of young objects in some scavenges, all in bytes but the first. */
export interface YoungFlow {
  readonly scavenges: number;
  /** Size of one semi-space at these scavenges. */
  readonly semiSpaceBytes: number;
  /** Allocated in new space since the scavenge before. */
  readonly freshBytes: number;
  /** Allocated anywhere on the heap since the scavenge before. */
  readonly allocatedBytes: number;
  /** Survived their first scavenge: still in new space after it. */
  readonly survivedBytes: number;
  /** Survived their second: in old space since. */
  readonly promotedBytes: number;
}

/** Where promoted objects go. */
const oldSpaces = new Set(["old_space", "large_object_space", "trusted_space"]);

/**
 * Sums up the scavenges of a profile by the size of the semi-space that they found.
 * The first scavenge, and the first after each full collection (which empties new space), don't count: their survivors
 * are all young, so nothing could be promoted. What is promoted is the growth of old space during the pause, exact but for pages that another
 * thread sweeps meanwhile.
 * @returns in the order of their first scavenge
 */
export function youngFlows(records: readonly GcProfileRecord[]): YoungFlow[] {
  const flows = new Map<number, YoungFlow>();
  let previous: GcProfileRecord | undefined;
  let isSteady = false;
  for (const record of records) {
    if (record.gcType === "MarkSweepCompact" || record.gcType === "MinorMarkSweep") isSteady = false;
    if (record.gcType === "Scavenge") {
      if (isSteady && previous !== undefined) {
        const flow = flowOf(previous, record);
        flows.set(flow.semiSpaceBytes, addFlows(flows.get(flow.semiSpaceBytes), flow));
      }
      isSteady = true;
    }
    previous = record;
  }
  return [...flows.values()];
}

/** The sum; both are of one size of semi-space. */
export function addFlows(a: YoungFlow | undefined, b: YoungFlow): YoungFlow {
  if (a === undefined) return b;
  return {
    scavenges: a.scavenges + b.scavenges,
    semiSpaceBytes: b.semiSpaceBytes,
    freshBytes: a.freshBytes + b.freshBytes,
    allocatedBytes: a.allocatedBytes + b.allocatedBytes,
    survivedBytes: a.survivedBytes + b.survivedBytes,
    promotedBytes: a.promotedBytes + b.promotedBytes,
  };
}

/**
 * Size of one semi-space, a power of two.
 * @param newSpaceBytes of both, now and then with some pages beside them, which a collection left
 */
export function semiSpaceOf(newSpaceBytes: number): number {
  return newSpaceBytes === 0 ? 0 : 2 ** Math.floor(Math.log2(newSpaceBytes / 2));
}

function flowOf(previous: GcProfileRecord, { beforeGC, afterGC }: GcProfileRecord): YoungFlow {
  const before = newSpace(beforeGC);
  const after = newSpace(afterGC);
  return {
    scavenges: 1,
    semiSpaceBytes: semiSpaceOf(before?.spaceSize ?? 0),
    freshBytes: Math.max(0, (before?.spaceUsedSize ?? 0) - (newSpace(previous.afterGC)?.spaceUsedSize ?? 0)),
    allocatedBytes: Math.max(
      0,
      beforeGC.heapStatistics.usedHeapSize - previous.afterGC.heapStatistics.usedHeapSize,
    ),
    survivedBytes: after?.spaceUsedSize ?? 0,
    promotedBytes: Math.max(0, oldBytes(afterGC) - oldBytes(beforeGC)),
  };
}

function newSpace(heap: GcProfileHeap): GcProfileSpace | undefined {
  return heap.heapSpaceStatistics.find(({ spaceName }) => spaceName === "new_space");
}

function oldBytes({ heapSpaceStatistics }: GcProfileHeap): number {
  let bytes = 0;
  for (const { spaceName, spaceUsedSize } of heapSpaceStatistics)
    if (oldSpaces.has(spaceName)) bytes += spaceUsedSize;
  return bytes;
}
