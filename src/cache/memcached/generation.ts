import { randomBytes } from "node:crypto";
import type { Stamp } from "../shared-tier.ts";

/** Bytes of a generation; 96 random bits never come twice. */
export const generationBytes = 12;

/** Drawn from a pool, since each call into the system costs more than what it gives. */
let pool = Buffer.alloc(0);

/** @returns a generation that never was: one byte for each of its Latin-1 characters */
export function newGeneration(): string {
  if (pool.length < generationBytes) pool = randomBytes(generationBytes * 256);
  const generation = pool.toString("latin1", 0, generationBytes);
  pool = pool.subarray(generationBytes);
  return generation;
}

/** What a value depends on, and the generations that were noted. */
export class MemcachedStamp implements Stamp {
  readonly key: string;
  readonly namespaceGeneration: string;
  readonly keyGeneration: string;
  readonly tags: readonly string[];
  /** One for each of `tags`. */
  readonly tagGenerations: readonly string[];

  constructor(
    key: string,
    namespaceGeneration: string,
    keyGeneration: string,
    tags: readonly string[],
    tagGenerations: readonly string[],
  ) {
    this.key = key;
    this.namespaceGeneration = namespaceGeneration;
    this.keyGeneration = keyGeneration;
    this.tags = tags;
    this.tagGenerations = tagGenerations;
  }

  /** In the order of the namespace's, the key's, and the tags'. */
  equals(generations: readonly (string | undefined)[]): boolean {
    return (
      generations[0] === this.namespaceGeneration &&
      generations[1] === this.keyGeneration &&
      this.tagGenerations.every((generation, i) => generations[i + 2] === generation)
    );
  }
}
