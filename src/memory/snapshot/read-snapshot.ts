import { open } from "node:fs/promises";
import { SnapshotTooLargeError } from "../../errors.ts";
import type { HeapGraph } from "./heap-graph.ts";
import type { SnapshotHeader } from "./snapshot-format.ts";
import { SnapshotParser } from "./snapshot-parser.ts";

const chunkBytes = 1 << 20;

/** Bytes that the graph and its analysis take for each node and each edge, at their most. */
const nodeBytes = 57;
const edgeBytes = 18;

/**
 * Reads a heap snapshot (`.heapsnapshot`, of Node's `v8.writeHeapSnapshot` or a browser's DevTools) as a graph.
 * @param signal stops it, with its reason
 * @throws {SnapshotFormatError} when it is none, or ends too early; {SnapshotTooLargeError} when there is no room for it,
 * before memory is taken; the file system's error when it can't be read
 */
export async function readSnapshot(path: string, signal?: AbortSignal): Promise<HeapGraph> {
  signal?.throwIfAborted();
  await using file = await open(path);
  const { size } = await file.stat();
  const parser = new SnapshotParser(size);
  parser.onHeader = (header) => checkRoom(header, size);
  const chunk = new Uint8Array(chunkBytes);
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes);
    if (bytesRead === 0) return parser.finish();
    signal?.throwIfAborted();
    parser.push(chunk.subarray(0, bytesRead));
  }
}

function checkRoom({ nodeCount, edgeCount, nodes, edges }: SnapshotHeader, fileBytes: number): void {
  // Each number takes two bytes at least, its comma included; what is left can be strings.
  const leastNumbers = 2 * (nodeCount * nodes.width + edgeCount * edges.width);
  const neededBytes = nodeBytes * nodeCount + edgeBytes * edgeCount + Math.max(0, fileBytes - leastNumbers);
  const availableBytes = process.availableMemory();
  if (neededBytes > availableBytes) throw new SnapshotTooLargeError(neededBytes, availableBytes);
}
