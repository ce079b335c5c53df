import { SnapshotFormatError } from "../../errors.ts";

/** Where the fields of a node or an edge stand, by the file's own description. */
export interface RecordLayout {
  /** Numbers in a record. */
  readonly width: number;
  /** Place of each field. */
  readonly places: Readonly<Record<string, number>>;
  /** Names of the values of its field `type`. */
  readonly typeNames: readonly string[];
}

/** What stands at the beginning of a snapshot. */
export interface SnapshotHeader {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly nodes: RecordLayout;
  readonly edges: RecordLayout;
  /** `undefined` where the file has no places of functions. */
  readonly locations: Omit<RecordLayout, "typeNames"> | undefined;
}

interface Described {
  readonly meta?: Record<string, unknown>;
  readonly node_count?: unknown;
  readonly edge_count?: unknown;
}

const neededOfNodes = ["type", "name", "id", "self_size", "edge_count"];
const neededOfEdges = ["type", "name_or_index", "to_node"];
const neededOfLocations = ["object_index", "script_id", "line", "column"];

/**
 * @param text the object that stands under `snapshot`
 * @throws {SnapshotFormatError} when it is not JSON, or lacks what can't be done without
 * @see https://github.com/v8/v8/blob/main/src/profiler/heap-snapshot-generator.cc (HeapSnapshotJSONSerializer)
 */
export function parseHeader(text: string): SnapshotHeader {
  let described: Described;
  try {
    described = JSON.parse(text) as Described;
  } catch (cause) {
    throw new SnapshotFormatError("its description is not JSON", { cause });
  }
  const { meta, node_count, edge_count } = described;
  if (typeof meta !== "object" || meta === null) throw new SnapshotFormatError("it has no description");
  return {
    nodeCount: count("node_count", node_count),
    edgeCount: count("edge_count", edge_count),
    nodes: layout(meta, "node", neededOfNodes),
    edges: layout(meta, "edge", neededOfEdges),
    locations: meta.location_fields === undefined ? undefined : fields(meta, "location", neededOfLocations),
  };
}

function count(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new SnapshotFormatError(`its ${name} is ${String(value)}`);
  return value as number;
}

function fields(meta: Record<string, unknown>, kind: string, needed: readonly string[]) {
  const names = meta[`${kind}_fields`];
  if (!Array.isArray(names)) throw new SnapshotFormatError(`it does not say what a ${kind} consists of`);
  for (const name of needed)
    if (!names.includes(name))
      throw new SnapshotFormatError(`its ${kind}s have no ${name}; is it of a later version?`);
  return { width: names.length, places: Object.fromEntries(names.map((name, place) => [name, place])) };
}

function layout(meta: Record<string, unknown>, kind: string, needed: readonly string[]): RecordLayout {
  const { width, places } = fields(meta, kind, needed);
  const types = meta[`${kind}_types`];
  const typeNames: unknown = Array.isArray(types) ? types[places.type as number] : undefined;
  if (!Array.isArray(typeNames) || typeNames.length > 255)
    throw new SnapshotFormatError(`it does not say of which types ${kind}s are`);
  return { width, places, typeNames: typeNames as string[] };
}
