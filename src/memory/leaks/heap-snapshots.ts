import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getHeapStatistics, writeHeapSnapshot } from "node:v8";
import { SnapshotTooLargeError } from "../../errors.ts";
import { cgroupLimits } from "../../measure/cgroup-limits.ts";
import { readSnapshot } from "../snapshot/read-snapshot.ts";
import { heapTreeOf } from "./heap-tree.ts";
import { growingHolders, type Holder } from "./holder-growth.ts";

/** Writing a snapshot and comparing it with another takes so many times the heap. */
const heapsNeeded = 13;

/** Two heaps of this process, one after the other. They are read only when both are written, so that neither shows in the other. */
export class HeapPair implements AsyncDisposable {
  readonly #files: string[] = [];
  #folder: string | undefined;

  /**
   * Writes a snapshot to a temporary file, which stops the program for about a second per 100 MiB.
   * @throws {SnapshotTooLargeError} when the machine or the container has no room for it, before anything is done
   */
  async write(): Promise<void> {
    const neededBytes = heapsNeeded * getHeapStatistics().used_heap_size;
    const availableBytes = roomBytes();
    if (neededBytes > availableBytes) throw new SnapshotTooLargeError(neededBytes, availableBytes);
    this.#folder ??= await mkdtemp(join(tmpdir(), "victor-leaks-"));
    this.#files.push(writeHeapSnapshot(join(this.#folder, `${this.#files.length}.heapsnapshot`)));
  }

  /** @returns what holds more in the second than in the first; empty unless both were written */
  async growingHolders(signal?: AbortSignal): Promise<Holder[]> {
    const [first, second] = this.#files;
    if (first === undefined || second === undefined) return [];
    const before = heapTreeOf(await readSnapshot(first, signal));
    const graph = await readSnapshot(second, signal);
    return growingHolders(before, graph, heapTreeOf(graph));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}

/** What the machine has free, or the container still allows: the least of all. */
function roomBytes(): number {
  const limit = cgroupLimits(readIfThere)?.memoryBytes ?? Number.POSITIVE_INFINITY;
  return Math.min(process.availableMemory(), limit - process.memoryUsage.rss());
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Other systems have no such files.
    return undefined;
  }
}
