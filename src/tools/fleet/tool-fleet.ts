import { hash } from "node:crypto";
import type { SharedTier } from "../../cache/shared-tier.ts";
import { TieredCache } from "../../cache/tiered-cache.ts";
import type { MetricSample } from "../../metrics/metric.ts";
import type { Ranked } from "../ranker.ts";
import type { ResolvedSelectorOptions } from "../selector-options.ts";
import type { LearnedParts } from "./learned-parts.ts";
import { LearningExchange, type SharingStats } from "./learning-exchange.ts";

/** What a fleet shares of a selection that took a vector. */
export interface SharedSelection {
  /** Names and scores, in order. */
  readonly tools: readonly { readonly name: string; readonly score: number }[];
  readonly candidates: Ranked["candidates"];
  /** Of the query. */
  readonly vector: readonly number[];
  /** Outcomes that were known when it was made. */
  readonly outcomes: number;
}

/** As `ToolSelector.getStats()` shows it. */
export interface ToolFleetStats {
  /** `undefined` where nothing is learned. */
  readonly learning: SharingStats | undefined;
  /** `undefined` without an embedder. */
  readonly selections: ReturnType<TieredCache["stats"]> | undefined;
}

const selectionTag = "selections";
const maxInMemory = 256;

/** What the selectors of several nodes have in common on a server: what they learned, and selections that took a vector. */
export class ToolFleet {
  readonly learning: LearningExchange | undefined;
  readonly #tier: SharedTier;
  readonly #selections: TieredCache<SharedSelection> | undefined;
  #isClosed = false;

  constructor(tier: SharedTier, options: ResolvedSelectorOptions, learned: (sum: LearnedParts) => void) {
    const { learning, sharing, clock, embedder, caches } = options;
    this.#tier = tier;
    this.learning = learning && new LearningExchange(tier, sharing, { clock, learning, learned });
    const { ttlMs, maxEntries } = caches.query;
    // To rank by words alone takes less time than to ask a server.
    if (embedder !== undefined && maxEntries > 0 && ttlMs > 0)
      this.#selections = new TieredCache<SharedSelection>({
        name: "tools.selections",
        tier,
        ttlMs,
        memory: { maxSize: maxInMemory },
        values: "frozen",
        clock,
      });
  }

  /**
   * A selection that any node has made, or makes now for all.
   * @param parts all that it depends on
   * @param isRecent whether one that was made after so many outcomes will do
   * @param rank makes it; `undefined` for what is for one caller only
   * @returns `undefined` where it isn't shared, and `rank` hasn't been called or gave nothing
   */
  async selection(
    parts: readonly unknown[],
    isRecent: (outcomes: number) => boolean,
    rank: () => Promise<SharedSelection | undefined>,
  ): Promise<SharedSelection | undefined> {
    const cache = this.#selections;
    if (cache === undefined || this.#isClosed) return rank();
    const key = selectionKey(parts);
    const options = { tags: [selectionTag] };
    const found = await cache.getOrLoad(key, rank as () => Promise<SharedSelection>, options);
    if (found === undefined || (isSelection(found) && isRecent(found.outcomes))) return found;
    await cache.delete(key);
    const anew = await cache.getOrLoad(key, rank as () => Promise<SharedSelection>, options);
    return isSelection(anew) ? anew : undefined;
  }

  /** Forgets one selection on every node. */
  forget(parts: readonly unknown[]): void {
    if (!this.#isClosed) void this.#selections?.delete(selectionKey(parts));
  }

  /** Forgets all selections on every node. */
  forgetSelections(): void {
    if (!this.#isClosed) void this.#selections?.deleteByTag(selectionTag);
  }

  stats(): ToolFleetStats {
    return { learning: this.learning?.stats(), selections: this.#selections?.stats() };
  }

  *collect(): Iterable<MetricSample> {
    if (this.#selections === undefined) yield* this.#tier.collect();
    else yield* this.#selections.collect();
    const learning = this.learning?.stats();
    if (learning === undefined) return;
    for (const name of ["exchanges", "missed", "taken", "damaged"] as const)
      yield {
        type: "counter",
        name: `victor.tools.sharing.${name}`,
        help: `Exchanges of what was learned: ${name}`,
        labels: {},
        value: learning[name],
      };
  }

  /** Tells the fleet what it doesn't know yet, and closes the tier. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.learning?.close();
    await this.#selections?.close();
    await this.#tier.close();
  }
}

/** A hash: what users ask is not to be read from a list of keys. */
function selectionKey(parts: readonly unknown[]): string {
  return `selection.${hash("sha256", JSON.stringify(parts), "base64url")}`;
}

function isSelection(value: SharedSelection | undefined): value is SharedSelection {
  if (typeof value !== "object" || value === null) return false;
  const { tools, candidates, vector, outcomes } = value;
  return (
    Array.isArray(tools) &&
    tools.every((tool) => typeof tool?.name === "string" && Number.isFinite(tool.score)) &&
    Array.isArray(candidates) &&
    Array.isArray(vector) &&
    vector.every(Number.isFinite) &&
    Number.isSafeInteger(outcomes)
  );
}
