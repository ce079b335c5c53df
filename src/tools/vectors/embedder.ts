import { EmbedderError } from "../../errors.ts";

/** A vector of a text: finite numbers. */
export type TextVector = Float32Array | readonly number[];

/**
 * Makes vectors of texts: a local model, or a service. Texts that mean the same should have a large cosine; lengths of
 * the vectors don't matter. It is called with the texts of tools in batches, and with queries one by one.
 */
export interface Embedder {
  /** Numbers of each vector, 1 to 65,536. @default as many as the first vector has */
  readonly dimensions?: number;
  /**
   * @param texts  one or more, each at most 8,192 characters
   * @param signal aborts when nobody waits any longer
   * @returns a vector for each text, in their order
   */
  embed(
    texts: readonly string[],
    signal: AbortSignal,
  ): readonly TextVector[] | PromiseLike<readonly TextVector[]>;
}

/** Longest text that an embedder is given; longer ones are cut. */
export const longestEmbedded = 8_192;
export const mostDimensions = 65_536;

/**
 * @param dimensions `undefined` while unknown
 * @returns `vectors`, each as a Float32Array
 * @throws {EmbedderError} when they aren't what was asked for
 */
export function checkVectors(
  vectors: unknown,
  texts: number,
  dimensions: number | undefined,
): readonly Float32Array[] {
  if (!Array.isArray(vectors)) throw new EmbedderError("expected an array of vectors");
  if (vectors.length !== texts)
    throw new EmbedderError(`expected ${texts} vectors, one for each text, got ${vectors.length}`);
  let expected = dimensions;
  return vectors.map((given: unknown) => {
    const vector = asFloats(given);
    expected ??= vector.length;
    if (expected < 1 || expected > mostDimensions)
      throw new EmbedderError(
        `expected vectors of 1 to ${mostDimensions} numbers, got one of ${vector.length}`,
      );
    if (vector.length !== expected)
      throw new EmbedderError(`expected vectors of ${expected} numbers, got one of ${vector.length}`);
    for (const value of vector)
      if (!Number.isFinite(value)) throw new EmbedderError(`expected finite numbers, got ${value}`);
    return vector;
  });
}

function asFloats(vector: unknown): Float32Array {
  if (vector instanceof Float32Array) return vector;
  if (Array.isArray(vector) && vector.length <= mostDimensions) {
    const wrong: unknown = vector.find((value) => typeof value !== "number");
    if (wrong !== undefined) throw new EmbedderError(`expected numbers, got a value of type ${typeof wrong}`);
    return Float32Array.from(vector as number[]);
  }
  throw new EmbedderError("expected each vector to be a Float32Array or an array of numbers");
}
