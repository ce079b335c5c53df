/** A made-up heap. Node 0 is the root. */
export interface MadeUpHeap {
  readonly nodes: readonly {
    readonly type?: string;
    readonly name?: string;
    readonly size?: number;
    readonly id?: number;
  }[];
  /** From, to, and how. */
  readonly edges: readonly (readonly [from: number, to: number, type?: string, name?: string | number])[];
}

const nodeTypes = ["hidden", "array", "string", "object", "code", "closure", "synthetic"];
const edgeTypes = ["context", "element", "property", "internal", "hidden", "shortcut", "weak"];

/** The text of its file, as V8 writes it. */
export function heapSnapshotText({ nodes, edges }: MadeUpHeap): string {
  const strings: string[] = [];
  const stringAt = (text: string): number => {
    const known = strings.indexOf(text);
    return known === -1 ? strings.push(text) - 1 : known;
  };
  const fields = 6;
  const nodeNumbers = nodes.flatMap(({ type = "object", name = "", size = 1, id }, node) => [
    nodeTypes.indexOf(type),
    stringAt(name),
    id ?? 2 * node + 1,
    size,
    edges.filter(([from]) => from === node).length,
    0,
  ]);
  const edgeNumbers = nodes.flatMap((_, node) =>
    edges
      .filter(([from]) => from === node)
      .flatMap(([, to, type = "property", name = "x"]) => [
        edgeTypes.indexOf(type),
        typeof name === "number" ? name : stringAt(name),
        to * fields,
      ]),
  );
  const snapshot = {
    meta: {
      node_fields: ["type", "name", "id", "self_size", "edge_count", "detachedness"],
      node_types: [nodeTypes, "string", "number", "number", "number", "number"],
      edge_fields: ["type", "name_or_index", "to_node"],
      edge_types: [edgeTypes, "string_or_number", "node"],
      location_fields: ["object_index", "script_id", "line", "column"],
    },
    node_count: nodes.length,
    edge_count: edges.length,
  };
  return `{"snapshot":${JSON.stringify(snapshot)},\n"nodes":[${nodeNumbers.join(",\n")}],\n"edges":[${edgeNumbers.join(",")}],\n"trace_function_infos":[],\n"trace_tree":[1,[2,"]"]],\n"samples":[],\n"locations":[${fields},7,3,4],\n"strings":${JSON.stringify(strings)}}\n`;
}
