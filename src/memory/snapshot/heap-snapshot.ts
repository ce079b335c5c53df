import { dominatorsOf, none, retainedSizesOf } from "./dominators.ts";
import { essentialEdges } from "./essential-edges.ts";
import type { HeapGraph } from "./heap-graph.ts";
import { readSnapshot } from "./read-snapshot.ts";
import { retainersOf } from "./retainers.ts";
import { type PathStep, ShortestPaths, shortened } from "./retaining-path.ts";

/** An object of a heap. */
export interface HeapObject {
  /** Constructor; the text of a string; what V8 calls it otherwise. Shortened. */
  readonly name: string;
  readonly type: string;
  /** The same in all snapshots of a process. */
  readonly id: number;
  readonly selfBytes: number;
  /** What would be freed with it. */
  readonly retainedBytes: number;
}

/** A heap, and what keeps what alive in it. */
export class HeapSnapshot {
  readonly graph: HeapGraph;
  /** Of each node, as `dominatorsOf` says. */
  readonly dominators: Uint32Array;
  /** Of each node, bytes. */
  readonly retainedSizes: Float64Array;
  readonly #essential: Uint8Array;
  #paths: ShortestPaths | undefined;

  constructor(graph: HeapGraph) {
    this.graph = graph;
    this.#essential = essentialEdges(graph);
    this.dominators = dominatorsOf(graph, this.#essential, retainersOf(graph, this.#essential));
    this.retainedSizes = retainedSizesOf(graph, this.dominators);
  }

  /** @throws as `readSnapshot` */
  static async read(path: string, signal?: AbortSignal): Promise<HeapSnapshot> {
    return new HeapSnapshot(await readSnapshot(path, signal));
  }

  /** Bytes of all objects that something keeps alive. */
  get totalBytes(): number {
    return this.retainedSizes[0] ?? 0;
  }

  isReachable(node: number): boolean {
    return this.dominators[node] !== none;
  }

  /** @param node an ordinal, 0 ≤ node < `graph.nodeCount` */
  object(node: number): HeapObject {
    const { nodeIds, selfSizes } = this.graph;
    return {
      name: shortened(this.nameOf(node)),
      type: this.typeOf(node),
      id: nodeIds[node] as number,
      selfBytes: selfSizes[node] as number,
      retainedBytes: this.retainedSizes[node] as number,
    };
  }

  nameOf(node: number): string {
    return this.graph.strings.at(this.graph.nodeNames[node] as number);
  }

  typeOf(node: number): string {
    return this.graph.header.nodes.typeNames[this.graph.nodeTypes[node] as number] ?? "unknown";
  }

  /** The shortest way from the root: what has to let go for the object to be freed, if it is the only one. */
  pathTo(node: number): PathStep[] {
    this.#paths ??= new ShortestPaths(this.graph, this.#essential);
    return this.#paths.to(node);
  }
}
