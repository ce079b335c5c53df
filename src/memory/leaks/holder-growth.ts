import { none } from "../snapshot/dominators.ts";
import type { HeapGraph } from "../snapshot/heap-graph.ts";
import { type PathStep, pathStep, shortened } from "../snapshot/retaining-path.ts";
import type { HeapTree } from "./heap-tree.ts";

/** An object that was there before, and that holds more than it did. */
export interface Holder {
  /** Constructor, or what V8 calls it. */
  readonly name: string;
  /** How it is reached, such as `.sessions`: the last name on the way to it. */
  readonly property: string;
  /** The same in all snapshots of a process. */
  readonly id: number;
  /** What it holds more than it did. */
  readonly bytes: number;
  /** Constructor of what it holds most of. */
  readonly held: string;
  /** How many of these came. */
  readonly heldCount: number;
  /** From the root by way of the holder to one of these. */
  readonly path: readonly PathStep[];
}

/** A holder must have at least this part of all growth to be named. */
const leastShare = 0.15;

/** When no single one has that much: the place below which at least this part of all growth is. */
const commonShare = 0.6;

/**
 * Finds what holds more than before. Each object that came is counted to the nearest older object on the way to it, and each that
 * went is counted off where it was: so what merely changes its content (a full cache, a ring) comes out at nothing.
 * @returns by bytes, descending; empty when nothing grew
 */
export function growingHolders(before: HeapTree, graph: HeapGraph, after: HeapTree): Holder[] {
  const { ids, selfSizes, order, parents } = after;
  const isNew = (node: number): boolean => !before.reached.has(ids[node]!);
  const anchors = new Uint32Array(graph.nodeCount);
  const net = new Float64Array(graph.nodeCount);
  for (const node of order) {
    anchors[node] = node !== 0 && isNew(node) ? anchors[parents[node]!]! : node;
    if (anchors[node] !== node && after.isProgram[node] === 1) net[anchors[node]]! += selfSizes[node]!;
  }
  const lost = lostById(before, after);
  let total = 0;
  for (const node of order) {
    if (anchors[node] === node) net[node]! -= lost.get(ids[node]!) ?? 0;
    total += net[node]!;
  }
  if (total <= 0) return [];
  const holders = Array.from(order.filter((node) => net[node]! >= leastShare * total));
  if (holders.length === 0) {
    const sums = net.slice();
    for (let i = order.length - 1; i > 0; i--) sums[parents[order[i]!]!]! += sums[order[i]!]!;
    const common = commonHolder(after, sums, commonShare * total);
    net[common] = sums[common]!;
    holders.push(common);
  }
  return holders
    .map((holder) => describe(graph, after, anchors, holder, net[holder]!))
    .sort((a, b) => b.bytes - a.bytes);
}

/** Bytes that went, by the id of the nearest object that stayed on the way to them. */
function lostById(
  { ids, selfSizes, order, parents, isProgram }: HeapTree,
  after: HeapTree,
): Map<number, number> {
  const anchors = new Uint32Array(ids.length);
  const lost = new Map<number, number>();
  for (const node of order) {
    anchors[node] = node === 0 || after.reached.has(ids[node]!) ? node : anchors[parents[node]!]!;
    if (anchors[node] === node || isProgram[node] === 0) continue;
    const id = ids[anchors[node]]!;
    lost.set(id, (lost.get(id) ?? 0) + selfSizes[node]!);
  }
  return lost;
}

/** The lowest object below which there is still so much growth. */
function commonHolder({ order, parents }: HeapTree, sums: Float64Array, least: number): number {
  let lowest = 0;
  for (const node of order) if (parents[node] === lowest && node !== 0 && sums[node]! >= least) lowest = node;
  return lowest;
}

const unnamed = new Set(["hidden", "array", "code", "synthetic", "object shape"]);

function describe(
  graph: HeapGraph,
  tree: HeapTree,
  anchors: Uint32Array,
  holder: number,
  bytes: number,
): Holder {
  const { order, parents, selfSizes, ids } = tree;
  /** Of each object that came: the one directly held, below tables and the like. */
  const tops = new Uint32Array(graph.nodeCount).fill(none);
  const inside = new Uint8Array(graph.nodeCount);
  inside[holder] = 1;
  const groups = new Map<string, { bytes: number; count: number; example: number }>();
  for (const node of order) {
    if (node === holder || inside[parents[node]!] === 0) continue;
    inside[node] = 1;
    if (anchors[node] === node) continue;
    const above = tops[parents[node]!]!;
    const isTop = above === none && !unnamed.has(typeOf(graph, node));
    const top = isTop ? node : above;
    tops[node] = top;
    if (top === none) continue;
    const name = constructorOf(graph, top);
    const group = groups.get(name) ?? { bytes: 0, count: 0, example: top };
    group.bytes += selfSizes[node]!;
    if (isTop) group.count++;
    groups.set(name, group);
  }
  const [held, most] = [...groups].reduce<[string, { bytes: number; count: number; example: number }]>(
    (best, group) => (group[1].bytes > best[1].bytes ? group : best),
    ["", { bytes: 0, count: 0, example: holder }],
  );
  const path = pathTo(graph, tree, most.example);
  const end = path.findIndex(({ id }) => id === ids[holder]);
  return {
    name: constructorOf(graph, holder),
    // Not those that Node gives its own things by symbols, such as a program's entry point.
    property: path.slice(0, end + 1).findLast(({ edge }) => isTelling(edge))?.edge ?? "",
    id: ids[holder]!,
    bytes,
    held,
    heldCount: most.count,
    path,
  };
}

const isTelling = (edge: string): boolean =>
  /^\.(?!<symbol node:)/.test(edge) || edge.startsWith("(closure variable)");

function pathTo(graph: HeapGraph, { parents, parentEdges }: HeapTree, node: number): PathStep[] {
  const path: PathStep[] = [];
  for (let at = node; at !== 0; at = parents[at]!) path.push(pathStep(graph, parentEdges[at]!, at));
  return path.reverse();
}

const typeOf = ({ header, nodeTypes }: HeapGraph, node: number): string =>
  header.nodes.typeNames[nodeTypes[node]!] ?? "unknown";

/** The name of a string would be its text, and that of a function its own. */
function constructorOf(graph: HeapGraph, node: number): string {
  const type = typeOf(graph, node);
  if (type.endsWith("string")) return "(string)";
  const name = shortened(graph.strings.at(graph.nodeNames[node]!));
  return type === "closure" ? `(function) ${name}` : name;
}
