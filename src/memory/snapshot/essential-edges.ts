import type { HeapGraph } from "./heap-graph.ts";

/** Ends the names of edges that lead to a value of a weak map; in front of it the file says of which key. */
const ofWeakMap = "pair in WeakMap (table @";

/**
 * Which edges keep their target alive: 1 for each that does.
 * Weak ones don't. Shortcuts do from the root only, as they repeat what other edges say. A value of a weak map is shown under
 * its key and under the map's table: it lives as long as the key, so that only the first counts.
 */
export function essentialEdges(graph: HeapGraph): Uint8Array {
  const { header, nodeCount, edgeCount, firstEdges, edgeTypes, edgeNames, nodeIds } = graph;
  const typeOf = (name: string): number => header.edges.typeNames.indexOf(name);
  const [weak, shortcut, internal] = [typeOf("weak"), typeOf("shortcut"), typeOf("internal")];
  const tables = weakMapTables(graph);
  const essential = new Uint8Array(edgeCount);
  for (let source = 0; source < nodeCount; source++) {
    const end = firstEdges[source + 1] as number;
    for (let edge = firstEdges[source] as number; edge < end; edge++) {
      const type = edgeTypes[edge];
      if (type === weak || (type === shortcut && source !== 0)) continue;
      const table = type === internal ? tables.get(edgeNames[edge] as number) : undefined;
      if (table === undefined || table !== nodeIds[source]) essential[edge] = 1;
    }
  }
  return essential;
}

/** For the name of an edge to a weak map's value: the id of the map's table. */
function weakMapTables({ strings }: HeapGraph): Map<number, number> {
  const tables = new Map<number, number>();
  for (const index of strings.containing(ofWeakMap)) {
    const name = strings.at(index);
    tables.set(index, Number.parseInt(name.slice(name.lastIndexOf("@") + 1), 10));
  }
  return tables;
}
