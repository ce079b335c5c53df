import type { HeapGraph } from "./heap-graph.ts";
import type { Retainers } from "./retainers.ts";

/** Stands for no node, and for a node that nothing keeps alive. */
export const none = 0xffff_ffff;

/**
 * Of each node, the last other one that is on every way from the root to it: were that one gone, so would it be. The root's is
 * the root; where no way leads it is {@link none}.
 *
 * Semi-NCA: O(n log n) in practice, without recursion, so that a list of millions of nodes is no problem.
 * @see L. Georgiadis, Linear-Time Algorithms for Dominators and Related Problems, Princeton 2005, 2.2
 */
export function dominatorsOf(graph: HeapGraph, essential: Uint8Array, retainers: Retainers): Uint32Array {
  const { order, number, parent } = depthFirst(graph, essential);
  const count = order.length;
  // From here on nodes are known by their number in that order, in which a dominator comes before what it dominates.
  const semi = new Uint32Array(count);
  const label = new Uint32Array(count);
  const ancestor = parent.slice();
  const dominator = parent.slice();
  for (let v = 0; v < count; v++) {
    semi[v] = v;
    label[v] = v;
  }
  const stack: number[] = [];
  /** Of v's ancestors numbered above `last`, and v: the least semidominator. */
  const least = (v: number, last: number): number => {
    if (v <= last) return v;
    let u = v;
    while ((ancestor[u] as number) > last) {
      stack.push(u);
      u = ancestor[u] as number;
    }
    for (let below = stack.pop(); below !== undefined; below = stack.pop()) {
      if ((semi[label[u] as number] as number) < (semi[label[below] as number] as number))
        label[below] = label[u] as number;
      ancestor[below] = ancestor[u] as number;
      u = below;
    }
    return semi[label[v] as number] as number;
  };
  for (let v = count - 1; v > 0; v--) {
    const node = order[v] as number;
    let lowest = parent[v] as number;
    const end = retainers.first[node + 1] as number;
    for (let place = retainers.first[node] as number; place < end; place++) {
      const from = number[retainers.sources[place] as number] as number;
      if (from === none) continue;
      const reached = least(from, v);
      if (reached < lowest) lowest = reached;
    }
    semi[v] = lowest;
  }
  for (let v = 1; v < count; v++) {
    let above = parent[v] as number;
    while (above > (semi[v] as number)) above = dominator[above] as number;
    dominator[v] = above;
  }
  const dominators = new Uint32Array(graph.nodeCount).fill(none);
  for (let v = 0; v < count; v++) dominators[order[v] as number] = order[dominator[v] as number] as number;
  return dominators;
}

interface DepthFirst {
  /** Nodes in the order in which they are reached. */
  readonly order: Uint32Array;
  /** Of each node, its place in `order`, or `none`. */
  readonly number: Uint32Array;
  /** By place in the order: the place of the node from which it was reached. */
  readonly parent: Uint32Array;
}

function depthFirst({ nodeCount, firstEdges, edgeTargets }: HeapGraph, essential: Uint8Array): DepthFirst {
  const order = new Uint32Array(nodeCount);
  const number = new Uint32Array(nodeCount).fill(none);
  const parent = new Uint32Array(nodeCount);
  const nextEdge = firstEdges.slice();
  let count = 0;
  number[0] = count++;
  let node = 0;
  for (;;) {
    const edge = nextEdge[node] as number;
    if (edge < (firstEdges[node + 1] as number)) {
      nextEdge[node] = edge + 1;
      const target = edgeTargets[edge] as number;
      if (essential[edge] === 0 || number[target] !== none) continue;
      parent[count] = number[node] as number;
      order[count] = target;
      number[target] = count++;
      node = target;
    } else if (node === 0) break;
    else node = order[parent[number[node] as number] as number] as number;
  }
  return { order: order.subarray(0, count), number, parent: parent.subarray(0, count) };
}

/**
 * Bytes that would be freed with each node: its own, and those of all that it dominates.
 * @param dominators as {@link dominatorsOf} gives them
 */
export function retainedSizesOf({ nodeCount, selfSizes }: HeapGraph, dominators: Uint32Array): Float64Array {
  const retained = Float64Array.from(selfSizes);
  // Leaves first, as a node may be counted upwards only when all that it dominates has been counted to it.
  const pending = new Uint32Array(nodeCount);
  for (let node = 1; node < nodeCount; node++)
    if (dominators[node] !== none) pending[dominators[node] as number]! += 1;
  for (let leaf = 1; leaf < nodeCount; leaf++) {
    if (pending[leaf] !== 0 || dominators[leaf] === none) continue;
    for (let node = leaf; node !== 0; ) {
      const above = dominators[node] as number;
      retained[above]! += retained[node] as number;
      pending[node] = none;
      if (--pending[above]! > 0) break;
      node = above;
    }
  }
  return retained;
}
