import { SelectorStateError } from "../errors.ts";
import type { Ranker } from "./ranker.ts";
import { LexicalRanking } from "./ranking/lexical-ranking.ts";
import { packSections, unpackSections } from "./state-sections.ts";
import type { FusionState } from "./vectors/fusion.ts";
import { VectorIndex } from "./vectors/vector-index.ts";

/** What is saved beside the sections of bytes. */
interface StateHeader {
  readonly fingerprint: string;
  readonly hasLearning: boolean;
  readonly outcomes: number;
  readonly fusion: FusionState;
  /** Dimensions of the vectors; 0 when there are none. */
  readonly dimensions: number;
  /** Of the tools that have a vector, in the order of the vectors. */
  readonly embedded: readonly string[];
}

const sectionCount = 6;
const nothing = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Header and tools as JSON, the index, what was learned by words and by kinds of task, and vectors. */
export function writeSelectorState(
  { catalogue, lexical, learned, tasks, outcomes, fusion }: Ranker,
  index: VectorIndex | undefined,
): Uint8Array {
  const vectors = Array.from(index?.entries() ?? []);
  const header: StateHeader = {
    fingerprint: catalogue.fingerprint,
    hasLearning: learned !== undefined,
    outcomes,
    fusion: fusion.state(),
    dimensions: index?.dimensions ?? 0,
    embedded: vectors.map(([name]) => name),
  };
  return packSections([
    encoder.encode(JSON.stringify(header)),
    encoder.encode(JSON.stringify(Array.from(catalogue.tools()))),
    lexical.save(),
    learned?.save() ?? nothing,
    tasks?.save() ?? nothing,
    new Uint8Array(Buffer.concat(vectors.map(([, vector]) => new Uint8Array(vector.buffer)))),
  ]);
}

/**
 * Puts what was saved into a ranker that has nothing yet.
 * @returns vectors, when there are some
 * @throws {SelectorStateError} when it can't be used; the ranker is of no use then
 */
export function readSelectorState(bytes: Uint8Array, ranker: Ranker): VectorIndex | undefined {
  const [header, tools, lexical, learned, tasks, vectors] = unpackSections(
    bytes,
    sectionCount,
  ) as unknown as readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  try {
    const { fingerprint, hasLearning, outcomes, fusion, dimensions, embedded } = JSON.parse(
      decoder.decode(header),
    ) as StateHeader;
    // A copy, since the caller may go on to change his bytes, and the tools are read later.
    ranker.restore({ json: new Uint8Array(tools), fingerprint }, LexicalRanking.load(lexical));
    if (hasLearning) ranker.restoreLearning(learned, tasks, outcomes);
    ranker.fusion.restore(fusion);
    return dimensions === 0 ? undefined : readVectors(vectors, dimensions, embedded);
  } catch (error) {
    throw new SelectorStateError((error as Error).message, { cause: error });
  }
}

function readVectors(bytes: Uint8Array, dimensions: number, names: readonly string[]): VectorIndex {
  if (bytes.length !== dimensions * names.length)
    throw new SelectorStateError(`expected ${names.length} vectors of ${dimensions} numbers`);
  const index = new VectorIndex(dimensions);
  for (const [i, name] of names.entries()) {
    const at = bytes.byteOffset + i * dimensions;
    index.setQuantized(name, new Int8Array(bytes.buffer, at, dimensions));
  }
  return index;
}
