import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { constructorSizes } from "../../../../src/memory/snapshot/constructor-sizes.ts";
import { none } from "../../../../src/memory/snapshot/dominators.ts";
import { duplicatedStrings } from "../../../../src/memory/snapshot/duplicated-strings.ts";
import { HeapSnapshot } from "../../../../src/memory/snapshot/heap-snapshot.ts";
import { SnapshotParser } from "../../../../src/memory/snapshot/snapshot-parser.ts";
import { heapSnapshotText, type MadeUpHeap } from "../../../support/heap-snapshot-text.ts";

function snapshotOf(heap: MadeUpHeap): HeapSnapshot {
  const text = Buffer.from(heapSnapshotText(heap));
  const parser = new SnapshotParser(text.length);
  parser.push(text);
  return new HeapSnapshot(parser.finish());
}

/** Nodes that are reached from the root without passing `without`. */
function reached({ nodes, edges }: MadeUpHeap, without?: number): Set<number> {
  const found = new Set(without === 0 ? [] : [0]);
  for (const node of found)
    for (const [from, to, type] of edges)
      if (from === node && to !== without && type !== "weak" && nodes[to]) found.add(to);
  return found;
}

const heaps = fc.integer({ min: 1, max: 12 }).chain((count) =>
  fc.record({
    nodes: fc.array(
      fc.record({
        size: fc.nat(100),
        name: fc.constantFrom("A", "B", "C"),
        type: fc.constantFrom("object", "string"),
      }),
      { minLength: count, maxLength: count },
    ),
    edges: fc.array(
      fc.tuple(fc.nat(count - 1), fc.nat(count - 1), fc.constantFrom("property", "internal", "weak")),
      { maxLength: 3 * count },
    ),
  }),
);

describe("a heap snapshot", () => {
  test("knows of each object what would be freed with it, and who decides", () => {
    fc.assert(
      fc.property(heaps, (heap) => {
        const snapshot = snapshotOf(heap);
        const alive = reached(heap);
        for (const node of heap.nodes.keys()) {
          expect(snapshot.isReachable(node)).toBe(alive.has(node));
          if (!alive.has(node)) {
            expect(snapshot.pathTo(node)).toEqual([]);
            continue;
          }
          const left = reached(heap, node);
          const freed = [...alive].filter((other) => !left.has(other));
          const bytes = freed.reduce((sum, other) => sum + heap.nodes[other]!.size, 0);
          expect(snapshot.object(node).retainedBytes).toBe(bytes);
          const dominator = snapshot.dominators[node] as number;
          if (node === 0) continue;
          expect(reached(heap, dominator).has(node)).toBe(false);
          // None of the others that decide over it is below the nearest one.
          for (const other of alive)
            if (other !== node && !reached(heap, other).has(node))
              expect(other === dominator || !reached(heap, other).has(dominator)).toBe(true);
        }
        expect(snapshot.totalBytes).toBe([...alive].reduce((sum, node) => sum + heap.nodes[node]!.size, 0));
      }),
      { numRuns: 500 },
    );
  });

  test("counts what the objects of a constructor retain together, once", () => {
    fc.assert(
      fc.property(heaps, (heap) => {
        const sizes = constructorSizes(snapshotOf(heap));
        const alive = reached(heap);
        for (const name of ["A", "B", "C"]) {
          const nodes = [...alive].filter(
            (node) => heap.nodes[node]!.name === name && heap.nodes[node]!.type === "object",
          );
          const size = sizes.find((one) => one.name === name);
          expect(size?.count ?? 0).toBe(nodes.length);
          expect(size?.selfBytes ?? 0).toBe(nodes.reduce((sum, node) => sum + heap.nodes[node]!.size, 0));
          const retained = new Set(
            nodes.flatMap((node) => {
              const left = reached(heap, node);
              return [...alive].filter((other) => !left.has(other));
            }),
          );
          expect(size?.retainedBytes ?? 0).toBe(
            [...retained].reduce((sum, node) => sum + heap.nodes[node]!.size, 0),
          );
        }
      }),
    );
  });

  test("finds the shortest way to an object, and says how each step refers to the next", () => {
    const snapshot = snapshotOf({
      nodes: [
        {},
        { name: "Server" },
        { name: "Map" },
        { name: "handler", type: "closure" },
        { name: "Session" },
        {},
      ],
      edges: [
        [0, 1, "property", "server"],
        [1, 2, "internal", "table"],
        [2, 5, "element", 3],
        [5, 4],
        [1, 3, "element", 0],
        [3, 4, "context", "session"],
        [0, 4, "weak", "ref"],
      ],
    });
    expect(snapshot.pathTo(4)).toEqual([
      { edge: ".server", name: "Server", type: "object", id: 3 },
      { edge: "[0]", name: "handler", type: "closure", id: 7 },
      { edge: "(closure variable) session", name: "Session", type: "object", id: 9 },
    ]);
  });

  test("a shortcut holds its target from the root only", () => {
    const snapshot = snapshotOf({
      nodes: [{}, {}, {}],
      edges: [
        [0, 1, "shortcut"],
        [1, 2, "shortcut"],
      ],
    });
    expect([snapshot.isReachable(1), snapshot.isReachable(2)]).toEqual([true, false]);
  });

  test("a weak map's value belongs to its key, not to the map", () => {
    const name = "1 / part of key (Object @5) -> value (Object @7) pair in WeakMap (table @3)";
    const edges = [
      [0, 1],
      [0, 2],
      [1, 3, "internal", name],
      [2, 3, "internal", name],
    ] as const;
    const nodes = [{}, { name: "table", size: 10 }, { name: "key", size: 20 }, { name: "value", size: 40 }];
    const snapshot = snapshotOf({ nodes, edges });
    expect([1, 2].map((node) => snapshot.object(node).retainedBytes)).toEqual([10, 60]);
    const keyless = snapshotOf({ nodes, edges: edges.filter(([from, to]) => !(from === 0 && to === 2)) });
    expect(keyless.isReachable(3)).toBe(false);
  });

  test("a list of 200,000 objects, and one tied backwards too, is no problem", () => {
    const count = 200_000;
    const list = (edgesOf: (node: number) => number[]) => {
      const firstEdges = new Uint32Array(count + 1);
      const targets: number[] = [];
      for (let node = 0; node < count; node++) {
        targets.push(...edgesOf(node));
        firstEdges[node + 1] = targets.length;
      }
      const text = Buffer.from(heapSnapshotText({ nodes: [{}], edges: [] }));
      const parser = new SnapshotParser(text.length);
      parser.push(text);
      const edgeCount = targets.length;
      return new HeapSnapshot({
        ...parser.finish(),
        nodeCount: count,
        edgeCount,
        firstEdges,
        edgeTargets: Uint32Array.from(targets),
        edgeTypes: new Uint8Array(edgeCount).fill(2),
        edgeNames: new Uint32Array(edgeCount),
        selfSizes: new Uint32Array(count).fill(8),
        nodeTypes: new Uint8Array(count),
        nodeNames: new Uint32Array(count),
        nodeIds: new Uint32Array(count),
      });
    };
    const forwards = list((node) => (node + 1 < count ? [node + 1] : []));
    const both = list((node) => [...(node + 1 < count ? [node + 1] : []), ...(node > 0 ? [node - 1] : [])]);
    for (const { dominators, retainedSizes } of [forwards, both]) {
      expect([retainedSizes[0], retainedSizes[count - 1]]).toEqual([8 * count, 8]);
      expect(dominators.indexOf(none)).toBe(-1);
      expect(dominators[count - 1]).toBe(count - 2);
    }
  });

  test("finds strings of one text, and what all but one of them take", () => {
    const string = (name: string, size: number) => ({ type: "string", name, size });
    const nodes = [
      {},
      string("twice", 24),
      string("twice", 24),
      string("twice", 2000),
      string("once", 9),
      string("lost", 9),
      string("lost", 9),
    ];
    const snapshot = snapshotOf({ nodes, edges: [1, 2, 3, 4].map((to) => [0, to] as const) });
    expect(duplicatedStrings(snapshot)).toEqual([{ text: "twice", count: 2, wastedBytes: 24 }]);
  });
});
