import type { HeapGraph } from "./heap-graph.ts";

/** The graph seen from its other ends: which nodes keep a node alive. */
export interface Retainers {
  /** Those of node n are from `first[n]` to before `first[n + 1]` of `sources`. */
  readonly first: Uint32Array;
  readonly sources: Uint32Array;
}

/** @param essential 1 for each edge that counts */
export function retainersOf(
  { nodeCount, edgeCount, firstEdges, edgeTargets }: HeapGraph,
  essential: Uint8Array,
): Retainers {
  const first = new Uint32Array(nodeCount + 1);
  for (let edge = 0; edge < edgeCount; edge++)
    if (essential[edge] === 1) first[edgeTargets[edge] as number]! += 1;
  let total = 0;
  for (let node = 0; node <= nodeCount; node++) {
    total += first[node] as number;
    first[node] = total;
  }
  const sources = new Uint32Array(total);
  // From behind: each count is taken down to where its node's retainers begin.
  for (let source = nodeCount - 1; source >= 0; source--)
    for (let edge = (firstEdges[source + 1] as number) - 1; edge >= (firstEdges[source] as number); edge--)
      if (essential[edge] === 1) sources[--first[edgeTargets[edge] as number]!] = source;
  return { first, sources };
}
