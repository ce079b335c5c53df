import { SnapshotFormatError } from "../../errors.ts";
import type { HeapGraph } from "./heap-graph.ts";
import { NumberTable } from "./number-table.ts";
import { parseHeader, type SnapshotHeader } from "./snapshot-format.ts";
import { StringTable } from "./string-table.ts";

const quote = 34;
const backslash = 92;
const openingBracket = 91;
const openingBrace = 123;
const closingBrace = 125;

/** Longer than any description that V8 has written. */
const mostHeaderBytes = 1 << 20;
const mostKeyBytes = 100;

/** Something that takes bytes until it has enough. @returns place after its last byte; -1 when it needs more */
type Reader = (chunk: Uint8Array, at: number) => number;

/** Builds the graph of a snapshot from the bytes of its file, as they come, without ever holding the file. */
export class SnapshotParser {
  readonly #fileBytes: number;
  #header: SnapshotHeader | undefined;
  #reader: Reader;
  #hasBegun = false;
  #hasEnded = false;
  #key = "";
  #isInKey = false;
  #strings: StringTable | undefined;
  #graph: Omit<HeapGraph, "strings" | "locations" | "firstEdges"> | undefined;
  #edgeCounts = new Uint32Array(0);
  #hasEdges = false;
  #locations: number[] = [];

  /** @param fileBytes how long the file is, at most */
  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes;
    this.#reader = this.#readKey;
  }

  /** Called once, when the description is known, before memory is taken for what it describes. */
  onHeader: (header: SnapshotHeader) => void = () => undefined;

  /** @throws {SnapshotFormatError} when these are not bytes of a snapshot */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && at !== -1) at = this.#reader(chunk, at);
  }

  /** @throws {SnapshotFormatError} when the file ended too early */
  finish(): HeapGraph {
    const graph = this.#graph;
    if (graph === undefined || !this.#hasEdges || this.#strings === undefined || !this.#hasEnded)
      throw new SnapshotFormatError(this.#hasBegun ? "it ends too early" : "it is empty");
    const { nodeCount, edgeCount, edgeTargets } = graph;
    const firstEdges = new Uint32Array(nodeCount + 1);
    let first = 0;
    for (let node = 0; node < nodeCount; node++) {
      firstEdges[node] = first;
      first += this.#edgeCounts[node] as number;
    }
    firstEdges[nodeCount] = first;
    if (first !== edgeCount)
      throw new SnapshotFormatError(`its nodes have ${first} edges, and it has ${edgeCount}`);
    const width = graph.header.nodes.width;
    for (let edge = 0; edge < edgeCount; edge++) {
      const target = (edgeTargets[edge] as number) / width;
      if (target >= nodeCount || !Number.isInteger(target))
        throw new SnapshotFormatError(`its edge ${edge} leads nowhere`);
      edgeTargets[edge] = target;
    }
    const locations = this.#placesOfFunctions(width);
    return { ...graph, firstEdges, locations, strings: this.#strings };
  }

  /** Between two sections: looks for the next one's name, and for what comes after it. */
  readonly #readKey: Reader = (chunk, start) => {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (!this.#hasBegun) {
        if (byte !== openingBrace) throw new SnapshotFormatError("it does not begin with {");
        this.#hasBegun = true;
      } else if (this.#isInKey) {
        if (byte === quote) this.#isInKey = false;
        else this.#key += String.fromCharCode(byte);
        if (this.#key.length > mostKeyBytes) throw new SnapshotFormatError("it has no sections");
      } else if (byte === quote) {
        this.#key = "";
        this.#isInKey = true;
      } else if (byte === openingBrace || byte === openingBracket) {
        this.#reader = this.#section(this.#key, byte);
        return at + 1;
      } else if (byte === closingBrace) {
        this.#hasEnded = true;
        this.#reader = () => -1;
        return -1;
      }
    }
    return -1;
  };

  #section(name: string, opening: number): Reader {
    if (name === "snapshot") return this.#headerReader();
    const header = this.#header;
    if (header === undefined) throw new SnapshotFormatError("it does not begin with its description");
    if (opening !== openingBracket) return this.#skipper();
    if (name === "nodes") return this.#nodesReader(header);
    if (name === "edges") return this.#edgesReader(header);
    if (name === "strings") {
      this.#strings = new StringTable(this.#fileBytes);
      return this.#then(this.#strings);
    }
    if (name === "locations") return this.#numberList(this.#locations);
    return this.#skipper();
  }

  #headerReader(): Reader {
    const text = new NestedText();
    let bytes = 0;
    const parts: Buffer[] = [Buffer.from("{")];
    return (chunk, at) => {
      const end = text.read(chunk, at);
      parts.push(Buffer.from(chunk.subarray(at, end === -1 ? chunk.length : end)));
      bytes += chunk.length - at;
      if (end === -1) {
        if (bytes > mostHeaderBytes) throw new SnapshotFormatError("its description has no end");
        return -1;
      }
      this.#header = parseHeader(Buffer.concat(parts).toString());
      this.onHeader(this.#header);
      this.#reader = this.#readKey;
      return end;
    };
  }

  #nodesReader(header: SnapshotHeader): Reader {
    const { nodeCount, edgeCount, nodes } = header;
    const graph = {
      header,
      nodeCount,
      edgeCount,
      nodeTypes: new Uint8Array(nodeCount),
      nodeNames: new Uint32Array(nodeCount),
      nodeIds: new Uint32Array(nodeCount),
      selfSizes: new Uint32Array(nodeCount),
      detachedness: nodes.places.detachedness === undefined ? undefined : new Uint8Array(nodeCount),
      edgeTypes: new Uint8Array(edgeCount),
      edgeNames: new Uint32Array(edgeCount),
      edgeTargets: new Uint32Array(edgeCount),
    };
    this.#graph = graph;
    this.#edgeCounts = new Uint32Array(nodeCount);
    const columns = {
      type: graph.nodeTypes,
      name: graph.nodeNames,
      id: graph.nodeIds,
      self_size: graph.selfSizes,
      edge_count: this.#edgeCounts,
      detachedness: graph.detachedness,
    };
    return this.#then(new NumberTable("nodes", inOrder(nodes, columns), nodeCount));
  }

  #edgesReader({ edges, edgeCount }: SnapshotHeader): Reader {
    if (this.#graph === undefined) throw new SnapshotFormatError("its edges come before its nodes");
    const { edgeTypes, edgeNames, edgeTargets } = this.#graph;
    const columns = { type: edgeTypes, name_or_index: edgeNames, to_node: edgeTargets };
    this.#hasEdges = true;
    return this.#then(new NumberTable("edges", inOrder(edges, columns), edgeCount));
  }

  #then(table: { read: Reader }): Reader {
    return (chunk, at) => {
      const end = table.read(chunk, at);
      if (end !== -1) this.#reader = this.#readKey;
      return end;
    };
  }

  #numberList(numbers: number[]): Reader {
    let digits = "";
    return (chunk, start) => {
      for (let at = start; at < chunk.length; at++) {
        const byte = chunk[at] as number;
        if (byte >= 48 && byte <= 57) digits += String.fromCharCode(byte);
        else {
          if (digits !== "") numbers.push(Number(digits));
          digits = "";
          if (byte === 93) {
            this.#reader = this.#readKey;
            return at + 1;
          }
        }
      }
      return -1;
    };
  }

  #skipper(): Reader {
    const text = new NestedText();
    return this.#then(text);
  }

  #placesOfFunctions(nodeWidth: number): Uint32Array {
    const layout = this.#header?.locations;
    if (layout === undefined) return new Uint32Array(0);
    const { width, places } = layout;
    const count = Math.floor(this.#locations.length / width);
    const table = new Uint32Array(4 * count);
    const names = ["object_index", "script_id", "line", "column"] as const;
    for (let row = 0; row < count; row++)
      for (const [i, name] of names.entries()) {
        const value = this.#locations[row * width + (places[name] as number)] as number;
        table[4 * row + i] = i === 0 ? value / nodeWidth : value;
      }
    return table;
  }
}

/** Finds the end of an object or array that has been opened, whatever is in it. */
class NestedText {
  #depth = 1;
  #isInString = false;
  #isEscaped = false;

  readonly read: Reader = (chunk, start) => {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === backslash) this.#isEscaped = true;
        else if (byte === quote) this.#isInString = false;
      } else if (byte === quote) this.#isInString = true;
      // [ and {, ] and } differ in one bit, 32.
      else if ((byte | 32) === openingBrace) this.#depth++;
      else if ((byte | 32) === closingBrace && --this.#depth === 0) return at + 1;
    }
    return -1;
  };
}

function inOrder<T>(
  { width, places }: { readonly width: number; readonly places: Readonly<Record<string, number>> },
  columns: Readonly<Record<string, T>>,
): (T | undefined)[] {
  const ordered = new Array<T | undefined>(width).fill(undefined);
  for (const [name, column] of Object.entries(columns)) {
    const place = places[name];
    if (place !== undefined) ordered[place] = column;
  }
  return ordered;
}
