import { none } from "../snapshot/dominators.ts";
import { essentialEdges } from "../snapshot/essential-edges.ts";
import type { HeapGraph } from "../snapshot/heap-graph.ts";
import { SnapshotIds } from "../snapshot/snapshot-ids.ts";

/** Of each object that something keeps alive, by which other one it is reached first, and what is needed to compare heaps. */
export interface HeapTree {
  readonly ids: Uint32Array;
  readonly selfSizes: Uint32Array;
  /** Reachable nodes, each after its parent; the root first. */
  readonly order: Uint32Array;
  /** Of each node, by ordinal; `none` where it isn't reached. */
  readonly parents: Uint32Array;
  /** The edge that leads from the parent, by ordinal of the node. */
  readonly parentEdges: Uint32Array;
  /**
   * 0 for what is reached by way of what V8 keeps of functions and of the shapes of objects, 1 for all else: that grows while code
   * gets warm, and no program holds anything by it.
   */
  readonly isProgram: Uint8Array;
  /** Ids of reachable nodes. */
  readonly reached: SnapshotIds;
}

/**
 * The shortest ways from the root. Ways through what a programmer knows come first: what only handles of the engine, of the stack
 * or of a debugger lead to is reached last.
 */
export function heapTreeOf(graph: HeapGraph): HeapTree {
  const { nodeCount, firstEdges, edgeTargets, nodeIds, selfSizes } = graph;
  const essential = essentialEdges(graph);
  const parents = new Uint32Array(nodeCount).fill(none);
  const parentEdges = new Uint32Array(nodeCount).fill(none);
  const order = new Uint32Array(nodeCount);
  let count = 0;
  const late: number[][] = lateRoots.map(() => []);
  const tiers = tiersOf(graph);
  const visit = (node: number): void => {
    for (let edge = firstEdges[node]!; edge < firstEdges[node + 1]!; edge++) {
      const target = edgeTargets[edge]!;
      if (essential[edge] === 0 || parents[target] !== none) continue;
      parents[target] = node;
      parentEdges[target] = edge;
      const tier = tiers.get(target);
      if (tier === undefined) order[count++] = target;
      else late[tier]!.push(target);
    }
  };
  parents[0] = 0;
  order[count++] = 0;
  for (let at = 0; at < count; ) {
    while (at < count) visit(order[at++]!);
    const next = late.find((tier) => tier.length > 0)?.shift();
    if (next !== undefined) order[count++] = next;
  }
  const reachable = order.subarray(0, count);
  const reached = new SnapshotIds(Uint32Array.from(reachable, (node) => nodeIds[node]!));
  const isProgram = programNodes(graph, reachable, parents);
  return { ids: nodeIds, selfSizes, order: reachable, parents, parentEdges, isProgram, reached };
}

const engineTypes = ["code", "object shape"];

function programNodes(
  { header, nodeTypes }: HeapGraph,
  order: Uint32Array,
  parents: Uint32Array,
): Uint8Array {
  const engines = new Set(engineTypes.map((name) => header.nodes.typeNames.indexOf(name)));
  const isProgram = new Uint8Array(nodeTypes.length);
  for (const node of order)
    isProgram[node] = Number(
      !engines.has(nodeTypes[node]!) && (node === 0 || isProgram[parents[node]!] === 1),
    );
  return isProgram;
}

/** Roots after the global object and Node's environment: first what programs hang on handles, then what hangs on the engine. */
const lateRoots: readonly (readonly string[])[] = [
  ["(Global handles)", "(Traced handles)", "(Eternal handles)", "(Strong root list)", "(Builtins)"],
  ["(Handle scope)", "(Stack roots)", "(Micro tasks)"],
  [
    "(Compilation cache)",
    "(External strings)",
    "(Internalized strings)",
    "(Shareable object cache)",
    "(Startup object cache)",
    "(Code flusher)",
    "(Debugger)",
  ],
];

function tiersOf({ header, strings, nodeTypes, nodeNames, nodeCount }: HeapGraph): Map<number, number> {
  const synthetic = header.nodes.typeNames.indexOf("synthetic");
  const tiers = new Map<number, number>();
  for (let node = 0; node < nodeCount; node++) {
    if (nodeTypes[node] !== synthetic) continue;
    const name = strings.at(nodeNames[node]!);
    const tier = lateRoots.findIndex((names) => names.includes(name));
    if (tier !== -1) tiers.set(node, tier);
  }
  return tiers;
}
