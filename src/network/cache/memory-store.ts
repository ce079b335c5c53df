import { LruCache } from "../../algorithms/lru-cache.ts";
import type { StoredResponse } from "./stored-response.ts";

/** All responses of one URL. */
export interface StoredVariants {
  readonly responses: readonly StoredResponse[];
  readonly weight: number;
}

/** Keeps responses in memory, by URL, bounded by bytes, and by their number where that is asked for; what has not been used for longest goes first. */
export class MemoryStore {
  readonly #cache: LruCache<string, StoredVariants>;

  /** @param maxBytes ≥ 1 @param maxUrls ≥ 1, or `undefined` for no such bound */
  constructor(maxBytes: number, maxUrls?: number) {
    this.#cache = new LruCache({
      maxWeight: maxBytes,
      ...(maxUrls !== undefined && { maxSize: maxUrls }),
      weigh: (_key, { weight }) => weight,
    });
  }

  get(key: string): readonly StoredResponse[] | undefined {
    return this.#cache.get(key)?.responses;
  }

  /** Unlike `get`, no use. */
  has(key: string): boolean {
    return this.#cache.has(key);
  }

  /** Keeps them unless they weigh more than all that fits. */
  set(key: string, responses: readonly StoredResponse[]): void {
    if (responses.length === 0) {
      this.#cache.delete(key);
      return;
    }
    let weight = 100 + 2 * key.length;
    for (const stored of responses) weight += stored.weight + stored.memoWeight;
    this.#cache.set(key, { responses, weight });
  }

  delete(key: string): boolean {
    return this.#cache.delete(key);
  }

  clear(): void {
    this.#cache.clear();
  }

  get urls(): number {
    return this.#cache.size;
  }

  get bytes(): number {
    return this.#cache.weight;
  }

  get evictions(): number {
    return this.#cache.stats().evictions;
  }
}
