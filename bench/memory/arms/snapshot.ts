import type { Arm } from "../../../src/measure/index.ts";
import { HeapSnapshot } from "../../../src/memory/snapshot/heap-snapshot.ts";

export interface SnapshotWork {
  readonly file: string;
}

/** Of the objects that retain most: id to bytes. */
type Sizes = readonly (readonly [id: number, bytes: number])[];

const compared = 50;
const rootId = 1;

/** Reads the file once, as a process that was started for it does. */
function snapshotArm(read: () => Promise<Sizes>): Arm {
  let sizes: Sizes = [];
  let rssBytes = 0;
  return {
    run: async () => {
      sizes = await read();
      rssBytes = process.resourceUsage().maxRSS * 1024;
    },
    answer: () => sizes,
    counters: () => ({ rssBytes }),
  };
}

export function ours({ file }: SnapshotWork): Arm {
  return snapshotArm(async () => {
    const { graph, retainedSizes } = await HeapSnapshot.read(file);
    return largest((visit) => {
      for (let node = 0; node < graph.nodeCount; node++)
        visit(graph.nodeIds[node] as number, retainedSizes[node] as number);
    });
  });
}

/** The whole of `victor heap analyse`: names, paths, constructors, duplicated strings. */
export function oursWhole({ file }: SnapshotWork): Arm {
  return snapshotArm(async () => {
    const { analyseHeapSnapshot } = await import("../../../src/memory/index.ts");
    await analyseHeapSnapshot(file);
    return [];
  });
}

interface MemlabHeap {
  readonly nodes: {
    forEach(visit: (node: { readonly id: number; readonly retainedSize: number }) => void): void;
  };
}

export function memlab({ file }: SnapshotWork): Arm {
  return snapshotArm(async () => {
    const { default: analysis } = (await import("@memlab/heap-analysis" as string)) as {
      default: { getFullHeapFromFile(file: string): Promise<MemlabHeap> };
    };
    const heap = await analysis.getFullHeapFromFile(file);
    return largest((visit) =>
      heap.nodes.forEach(({ id, retainedSize }) => {
        visit(id, retainedSize);
      }),
    );
  });
}

function largest(forEach: (visit: (id: number, bytes: number) => void) => void): Sizes {
  const sizes: [id: number, bytes: number][] = [];
  forEach((id, bytes) => {
    // The first node is the root, which has no size of its own.
    if (id === rootId || (sizes.length === compared && bytes <= (sizes.at(-1)?.[1] ?? 0))) return;
    const place = sizes.findIndex(([, other]) => other < bytes);
    sizes.splice(place === -1 ? sizes.length : place, 0, [id, bytes]);
    if (sizes.length > compared) sizes.pop();
  });
  return sizes;
}
