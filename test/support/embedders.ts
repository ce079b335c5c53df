import { seededRandom } from "../../src/measure/random.ts";
import type { Embedder } from "../../src/tools/vectors/embedder.ts";

const dimensions = 256;

/** FNV-1a with a finisher. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** An honest, if simple one: signed counts of 3 to 5 characters within words, hashed to 256 numbers. */
export const gramEmbedder: Embedder = {
  dimensions,
  embed: (texts) => texts.map(gramsOf),
};

function gramsOf(text: string): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\d]+/gu)) {
    const marked = `^${word}$`;
    for (let length = 3; length <= 5; length++)
      for (let at = 0; at + length <= marked.length; at++) {
        const hash = hashOf(marked.slice(at, at + length));
        vector[hash % dimensions]! += hash & 0x10000 ? 1 : -1;
      }
  }
  return vector;
}

/** A useless one: the same text has the same vector, and that's all. */
export const chanceEmbedder: Embedder = {
  dimensions,
  embed: (texts) =>
    texts.map((text) => {
      const random = seededRandom(hashOf(text));
      return Float32Array.from({ length: dimensions }, () => 2 * random() - 1);
    }),
};

/** Another useless one: all texts are alike. */
export const constantEmbedder: Embedder = {
  embed: (texts) => texts.map(() => new Float32Array(8).fill(1)),
};

/** Knows what each of some words means, as a number of a concept. */
export function conceptEmbedder(concepts: Readonly<Record<string, number>>): Embedder {
  const size = 1 + Math.max(...Object.values(concepts));
  return {
    embed: (texts) =>
      texts.map((text) => {
        const vector = new Float32Array(size);
        for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) {
          const concept = Object.hasOwn(concepts, word) ? concepts[word] : undefined;
          if (concept !== undefined) vector[concept]! += 1;
        }
        return vector;
      }),
  };
}
