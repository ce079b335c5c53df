import { none } from "./dominators.ts";
import type { HeapSnapshot } from "./heap-snapshot.ts";
import { shortened } from "./retaining-path.ts";

/** All objects of one constructor. */
export interface ConstructorSize {
  readonly name: string;
  readonly count: number;
  readonly selfBytes: number;
  /** What would be freed with all of them; what one of them retains of another's counts once. */
  readonly retainedBytes: number;
}

/**
 * @param counts whether a node counts; all do by default
 * @returns by retained bytes, descending
 */
export function constructorSizes(
  snapshot: HeapSnapshot,
  counts: (node: number) => boolean = () => true,
): ConstructorSize[] {
  const { graph, dominators, retainedSizes } = snapshot;
  const { nodeCount, nodeNames, nodeTypes, selfSizes, header } = graph;
  const isObject = Uint8Array.from(header.nodes.typeNames, (type) => (type === "object" ? 1 : 0));
  const isOf = (node: number): boolean =>
    isObject[nodeTypes[node] as number] === 1 && counts(node) && dominators[node] !== none;
  const { first, dominated } = dominatedBy(dominators, nodeCount);
  const sizes = new Map<number, { count: number; selfBytes: number; retainedBytes: number; depth: number }>();
  const enter = (node: number): void => {
    if (!isOf(node)) return;
    const name = nodeNames[node] as number;
    let size = sizes.get(name);
    if (size === undefined) {
      size = { count: 0, selfBytes: 0, retainedBytes: 0, depth: 0 };
      sizes.set(name, size);
    }
    size.count++;
    size.selfBytes += selfSizes[node] as number;
    if (size.depth++ === 0) size.retainedBytes += retainedSizes[node] as number;
  };
  const leave = (node: number): void => {
    if (isOf(node)) sizes.get(nodeNames[node] as number)!.depth--;
  };
  const next = first.slice();
  const stack = [0];
  enter(0);
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const place = next[node] as number;
    if (place < (first[node + 1] as number)) {
      next[node] = place + 1;
      const below = dominated[place] as number;
      enter(below);
      stack.push(below);
    } else {
      leave(node);
      stack.pop();
    }
  }
  return Array.from(sizes, ([name, { count, selfBytes, retainedBytes }]) => ({
    name: shortened(graph.strings.at(name)),
    count,
    selfBytes,
    retainedBytes,
  })).sort((a, b) => b.retainedBytes - a.retainedBytes || (a.name < b.name ? -1 : 1));
}

/** The dominator tree downwards: those below node n are from `first[n]` to before `first[n + 1]` of `dominated`. */
function dominatedBy(dominators: Uint32Array, nodeCount: number) {
  const first = new Uint32Array(nodeCount + 1);
  for (let node = 1; node < nodeCount; node++)
    if (dominators[node] !== none) first[dominators[node] as number]! += 1;
  let total = 0;
  for (let node = 0; node <= nodeCount; node++) {
    total += first[node] as number;
    first[node] = total;
  }
  const dominated = new Uint32Array(total);
  for (let node = nodeCount - 1; node > 0; node--)
    if (dominators[node] !== none) dominated[--first[dominators[node] as number]!] = node;
  return { first, dominated };
}
