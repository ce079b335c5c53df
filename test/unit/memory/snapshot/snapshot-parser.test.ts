import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { SnapshotFormatError } from "../../../../src/errors.ts";
import { SnapshotParser } from "../../../../src/memory/snapshot/snapshot-parser.ts";
import { heapSnapshotText } from "../../../support/heap-snapshot-text.ts";

const heap = {
  nodes: [
    { type: "synthetic", name: "" },
    { name: 'a "quoted"\n\\name]}', size: 40 },
    { type: "string", name: "größer 🎈", size: 24 },
  ],
  edges: [
    [0, 1, "property", "first"],
    [1, 2, "element", 7],
    [1, 1],
    [0, 2, "weak"],
  ],
} as const;
const text = Buffer.from(heapSnapshotText(heap));

function parsed(bytes: Uint8Array, cuts: readonly number[] = []) {
  const parser = new SnapshotParser(bytes.length);
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    parser.push(bytes.subarray(at, cut));
    at = cut;
  }
  return parser.finish();
}

describe("the parser of heap snapshots", () => {
  test("reads nodes, edges, places of functions and strings", () => {
    const graph = parsed(text);
    expect(Array.from(graph.selfSizes)).toEqual([1, 40, 24]);
    expect(Array.from(graph.nodeIds)).toEqual([1, 3, 5]);
    expect(Array.from(graph.firstEdges)).toEqual([0, 2, 4, 4]);
    expect(Array.from(graph.edgeTargets)).toEqual([1, 2, 2, 1]);
    expect(Array.from(graph.locations)).toEqual([1, 7, 3, 4]);
    expect(Array.from(graph.nodeNames, (name) => graph.strings.at(name))).toEqual(
      heap.nodes.map(({ name }) => name),
    );
    expect(graph.edgeNames[2]).toBe(7);
    expect(graph.strings.at(graph.edgeNames[0] as number)).toBe("first");
    expect([graph.strings.at(99), graph.strings.containing("quoted").length]).toEqual(["", 1]);
    expect(graph.strings.containing("größer").map((index) => graph.strings.at(index))).toEqual(["größer 🎈"]);
  });

  test("reads the same, wherever the file is cut into chunks", () => {
    const whole = parsed(text);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const graph = parsed(
          text,
          cuts.sort((a, b) => a - b),
        );
        expect(graph.edgeTargets).toEqual(whole.edgeTargets);
        expect(graph.nodeNames).toEqual(whole.nodeNames);
        expect(graph.strings.at(1)).toBe(whole.strings.at(1));
        expect(graph.strings.length).toBe(whole.strings.length);
      }),
    );
    expect(
      parsed(
        text,
        Array.from({ length: text.length }, (_, i) => i),
      ).selfSizes,
    ).toEqual(whole.selfSizes);
  });

  test("says so of a file that ends too early, wherever it does", () => {
    // The last byte is a line feed.
    for (let length = 0; length < text.length - 1; length++)
      expect(() => parsed(text.subarray(0, length)), `${length} bytes`).toThrow(SnapshotFormatError);
    expect(parsed(text.subarray(0, text.length - 1)).nodeCount).toBe(3);
  });

  test("calls its listener once, before anything else is read", () => {
    const parser = new SnapshotParser(text.length);
    parser.onHeader = vi.fn();
    parser.push(text);
    expect(parser.onHeader).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ nodeCount: 3, edgeCount: 4 }),
    );
  });

  const replaced = (from: string | RegExp, to: string) => Buffer.from(text.toString().replace(from, to));
  test.each([
    ["nothing at all", Buffer.alloc(0), /empty/],
    ["another file", Buffer.from("<html>"), /does not begin with \{/],
    ["another JSON", Buffer.from('{"nodes":[]}'), /does not begin with its description/],
    ["a longer key than any", Buffer.from(`{"${"a".repeat(200)}`), /no sections/],
    ["a description that isn't JSON", replaced('{"meta"', '{meta"'), /description is not JSON/],
    ["no meta", replaced('"meta"', '"mota"'), /has no description/],
    ["a later version's nodes", replaced('"self_size"', '"shallow_size"'), /nodes have no self_size/],
    ["a later version's edges", replaced('"to_node"', '"to"'), /edges have no to_node/],
    ["no types of nodes", replaced(/"node_types":\[\[[^\]]*\]/, '"node_types":["number"'), /of which types/],
    ["a count that is none", replaced('"node_count":3', '"node_count":-3'), /node_count is -3/],
    [
      "fewer nodes than said",
      replaced('"node_count":3', '"node_count":4'),
      /has 3 nodes, and says that it has 4/,
    ],
    [
      "more edges than said",
      replaced('"edge_count":4', '"edge_count":3'),
      /has 4 edges, and says that it has 3/,
    ],
    ["an edge to nowhere", replaced(/"edges":\[2,(\d+),6/, '"edges":[2,$1,66'), /edge 0 leads nowhere/],
    ["an edge to within a node", replaced(/"edges":\[2,(\d+),6/, '"edges":[2,$1,7'), /edge 0 leads nowhere/],
    ["edges before nodes", replaced('"nodes":', '"edges":'), /edges come before its nodes/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parsed(bytes)).toThrow(message);
    expect(() => parsed(bytes)).toThrow(SnapshotFormatError);
  });
});
