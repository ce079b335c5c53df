import { integer, knownKeys } from "../../options.ts";
import { type ConstructorSize, constructorSizes } from "./constructor-sizes.ts";
import { type DuplicatedString, duplicatedStrings } from "./duplicated-strings.ts";
import { type HeapObject, HeapSnapshot } from "./heap-snapshot.ts";
import { readSnapshot } from "./read-snapshot.ts";
import type { PathStep } from "./retaining-path.ts";
import { SnapshotIds } from "./snapshot-ids.ts";

/** An object, and what keeps it alive. */
export interface HeldObject extends HeapObject {
  /** From the root; the shortest one. */
  readonly path: readonly PathStep[];
}

/** What a heap consists of. All lists are by bytes, descending, and have `top` entries at most. */
export interface HeapAnalysis {
  readonly objects: number;
  readonly references: number;
  /** Of all objects that something keeps alive. */
  readonly totalBytes: number;
  readonly biggestObjects: readonly HeldObject[];
  readonly biggestCollections: readonly HeldObject[];
  readonly biggestClosures: readonly HeldObject[];
  readonly constructors: readonly ConstructorSize[];
  readonly duplicatedStrings: readonly DuplicatedString[];
  /** With three files: what was made between the first and the second, and is still there in the third. */
  readonly growth: readonly Growth[] | undefined;
}

/** Objects of one constructor that stayed. */
export interface Growth extends ConstructorSize {
  /** The one of them that retains most. */
  readonly example: HeldObject;
}

export interface HeapAnalysisOptions {
  /** Entries of each list at most, ≥ 1. @default 20 */
  readonly top?: number | undefined;
  /** Stops the reading, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const collections = new Set(["Array", "Map", "Set", "WeakMap", "WeakSet"]);

/**
 * Says what a heap consists of, and what holds it.
 * @param files one snapshot; or three of one process, taken one after the other, for `growth`
 * @throws {SnapshotFormatError | SnapshotTooLargeError} as `readSnapshot`; {RangeError} for another number of files
 */
export async function analyseHeapSnapshot(
  files: string | readonly [string, string, string],
  options: HeapAnalysisOptions = {},
): Promise<HeapAnalysis> {
  knownKeys("analyseHeapSnapshot", options, ["top", "signal"]);
  const { top = 20, signal } = options;
  integer("top", top, 1);
  const paths = typeof files === "string" ? [files] : files;
  if (!Array.isArray(paths) || (paths.length !== 1 && paths.length !== 3))
    throw new RangeError(`files: expected one snapshot or three, got ${paths.length}`);
  const [before, between] = paths.length === 3 ? paths : [];
  const earlier: SnapshotIds[] = [];
  // One at a time: of the earlier ones only the ids are needed.
  for (const path of [before, between])
    if (path !== undefined) earlier.push(new SnapshotIds((await readSnapshot(path, signal)).nodeIds));
  const snapshot = await HeapSnapshot.read(paths.at(-1) as string, signal);
  return describe(snapshot, top, earlier);
}

function describe(snapshot: HeapSnapshot, top: number, earlier: readonly SnapshotIds[]): HeapAnalysis {
  const { graph, totalBytes } = snapshot;
  const held = (node: number): HeldObject => ({ ...snapshot.object(node), path: snapshot.pathTo(node) });
  const biggest = (counts: (node: number) => boolean): HeldObject[] =>
    biggestNodes(snapshot, top, counts).map(held);
  const isObject = (node: number): boolean => snapshot.typeOf(node) === "object";
  const [first, second] = earlier;
  const stayed =
    first !== undefined && second !== undefined
      ? (node: number): boolean => {
          const id = graph.nodeIds[node] as number;
          return second.has(id) && !first.has(id);
        }
      : undefined;
  return {
    objects: graph.nodeCount,
    references: graph.edgeCount,
    totalBytes,
    biggestObjects: biggest(isObject),
    biggestCollections: biggest((node) => isObject(node) && collections.has(snapshot.nameOf(node))),
    biggestClosures: biggest((node) => snapshot.typeOf(node) === "closure"),
    constructors: constructorSizes(snapshot).slice(0, top),
    duplicatedStrings: duplicatedStrings(snapshot).slice(0, top),
    growth:
      stayed &&
      constructorSizes(snapshot, stayed)
        .slice(0, top)
        .map((size) => ({ ...size, example: exampleOf(snapshot, size.name, stayed, held) })),
  };
}

function exampleOf(
  snapshot: HeapSnapshot,
  name: string,
  stayed: (node: number) => boolean,
  held: (node: number) => HeldObject,
): HeldObject {
  const isExample = (node: number): boolean =>
    stayed(node) && snapshot.typeOf(node) === "object" && snapshot.object(node).name === name;
  return held(biggestNodes(snapshot, 1, isExample)[0] as number);
}

/** Nodes that something keeps alive, by retained bytes, descending. */
function biggestNodes(snapshot: HeapSnapshot, top: number, counts: (node: number) => boolean): number[] {
  const { retainedSizes, graph } = snapshot;
  const biggest: number[] = [];
  for (let node = 1; node < graph.nodeCount; node++) {
    const size = retainedSizes[node] as number;
    const least = biggest.at(-1);
    if (biggest.length === top && size <= (retainedSizes[least as number] as number)) continue;
    if (!snapshot.isReachable(node) || !counts(node)) continue;
    const place = biggest.findIndex((other) => (retainedSizes[other] as number) < size);
    biggest.splice(place === -1 ? biggest.length : place, 0, node);
    if (biggest.length > top) biggest.pop();
  }
  return biggest;
}
