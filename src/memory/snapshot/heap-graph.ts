import type { SnapshotHeader } from "./snapshot-format.ts";
import type { StringTable } from "./string-table.ts";

/** The objects of a heap and what refers to what, in typed arrays. A node is known by its ordinal, from 0, the root. */
export interface HeapGraph {
  readonly header: SnapshotHeader;
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** Place in `header.nodes.typeNames`. */
  readonly nodeTypes: Uint8Array;
  /** Place in `strings`. */
  readonly nodeNames: Uint32Array;
  /** Stays the same between snapshots of one process. */
  readonly nodeIds: Uint32Array;
  /** Bytes of the object itself. */
  readonly selfSizes: Uint32Array;
  /** 2 for an element of a document that is no longer part of it; `undefined` in files without that. */
  readonly detachedness: Uint8Array | undefined;
  /** The edges of node n are those from `firstEdges[n]` to before `firstEdges[n + 1]`. */
  readonly firstEdges: Uint32Array;
  /** Place in `header.edges.typeNames`. */
  readonly edgeTypes: Uint8Array;
  /** Place in `strings`, or an index: by its type. */
  readonly edgeNames: Uint32Array;
  /** Ordinal of the node that it leads to. */
  readonly edgeTargets: Uint32Array;
  /** Four numbers a function: ordinal of its node, script, line and column from 0. */
  readonly locations: Uint32Array;
  readonly strings: StringTable;
}
