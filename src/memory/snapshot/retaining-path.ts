import { none } from "./dominators.ts";
import type { HeapGraph } from "./heap-graph.ts";

/** One step on the way from the root to an object. */
export interface PathStep {
  /** How the former object refers to this one: `.name`, `[3]`, `(closure variable) name`, `(internal) table`. */
  readonly edge: string;
  /** Constructor, or what V8 calls it. */
  readonly name: string;
  readonly type: string;
  /** The same in all snapshots of a process. */
  readonly id: number;
}

/** Of each node, an edge over which it is reached on a shortest way from the root. */
export class ShortestPaths {
  readonly #graph: HeapGraph;
  readonly #edges: Uint32Array;
  readonly #sources: Uint32Array;

  /** @param essential 1 for each edge that counts */
  constructor(graph: HeapGraph, essential: Uint8Array) {
    const { nodeCount, firstEdges, edgeTargets } = graph;
    const edges = new Uint32Array(nodeCount).fill(none);
    const sources = new Uint32Array(nodeCount);
    const queue = new Uint32Array(nodeCount);
    let queued = 1;
    for (let at = 0; at < queued; at++) {
      const source = queue[at] as number;
      const end = firstEdges[source + 1] as number;
      for (let edge = firstEdges[source] as number; edge < end; edge++) {
        const target = edgeTargets[edge] as number;
        if (essential[edge] === 0 || target === 0 || edges[target] !== none) continue;
        edges[target] = edge;
        sources[target] = source;
        queue[queued++] = target;
      }
    }
    this.#graph = graph;
    this.#edges = edges;
    this.#sources = sources;
  }

  /** @returns from the first object after the root to `node`; empty when nothing keeps it alive */
  to(node: number): PathStep[] {
    const steps: PathStep[] = [];
    for (let at = node; this.#edges[at] !== none; at = this.#sources[at] as number) {
      steps.push(pathStep(this.#graph, this.#edges[at] as number, at));
    }
    return steps.reverse();
  }
}

/** @param edge over which `node` is reached, both ordinals */
export function pathStep(graph: HeapGraph, edge: number, node: number): PathStep {
  const { header, strings, nodeNames, nodeTypes, nodeIds } = graph;
  return {
    edge: edgeText(graph, edge),
    name: shortened(strings.at(nodeNames[node] as number)),
    type: header.nodes.typeNames[nodeTypes[node] as number] ?? "unknown",
    id: nodeIds[node] as number,
  };
}

function edgeText({ header, strings, edgeNames, edgeTypes }: HeapGraph, edge: number): string {
  const type = header.edges.typeNames[edgeTypes[edge] as number];
  const name = edgeNames[edge] as number;
  if (type === "element" || type === "hidden") return `[${name}]`;
  const text = shortened(strings.at(name));
  if (type === "property") return `.${text}`;
  return type === "context" ? `(closure variable) ${text}` : `(${type}) ${text}`;
}

const mostCharacters = 80;

/** Names of strings are the strings, and may be as long. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line;
}
