import type { SharedTier } from "../cache/shared-tier.ts";
import { type TierOption, tierOf } from "../cache/tier-option.ts";
import { type Clock, systemClock } from "../clock.ts";
import {
  callable,
  durationMs,
  finite,
  integer,
  knownKeys,
  oneOf,
  optionsObject,
  rejectType,
} from "../options.ts";
import {
  resolveBounds,
  type SelectionCacheBounds,
  type SelectionCacheOptions,
} from "./caches/selection-cache.ts";
import { type ResolvedSharing, resolveSharing, type SharingOptions } from "./fleet/sharing-options.ts";
import type { LearnedRankingOptions } from "./learning/learning-options.ts";
import { largestK } from "./select-context.ts";
import type { Tool } from "./tool.ts";
import { type Embedder, mostDimensions } from "./vectors/embedder.ts";

/** One cache's bounds; `false` switches it off. */
export type CacheChoice = SelectionCacheOptions | false;

/** The caches of a selector. */
export interface SelectorCacheOptions {
  /** Of queries without a conversation. @default 4,096 entries, 8 MiB, 1 h */
  readonly query?: CacheChoice | undefined;
  /** Of queries with a history or pending actions. @default 1,024 entries, 16 MiB, 5 min */
  readonly context?: CacheChoice | undefined;
  /** Of what was learned for a kind of task. @default 256 entries, 8 MiB, 5 min */
  readonly learned?: CacheChoice | undefined;
}

/** What a selector learns from, and how soon it shows. */
export interface SelectorLearningOptions extends LearnedRankingOptions {
  /**
   * Outcomes that a cached selection may lag behind, an integer ≥ 0. An outcome that contradicts a cached selection of its
   * own removes that one at once; the others are ranked anew once so many outcomes have come since, or an eighth of all that
   * there were, whichever is more. With 0, each outcome makes all of them stale.
   * @default 64
   */
  readonly maxLag?: number | undefined;
}

export interface ToolSelectorOptions {
  /** Tools to begin with, as MCP's `tools/list` gives them. @default none */
  readonly tools?: readonly Tool[] | undefined;
  /** Tools to choose at most besides the pinned ones, which are always in; from 1 to 10,000. @default 5 */
  readonly k?: number | undefined;
  /** Least score of a chosen tool, 0 to 1; pinned and named ones are exempt. Above 0, "nothing fits" can be the answer. @default 0 */
  readonly threshold?: number | undefined;
  /** `relevance`: best first. `catalogue`: as in the catalogue, so that a model's prompt cache survives. @default "relevance" */
  readonly order?: "relevance" | "catalogue" | undefined;
  /** Vectors beside words; `select` gives promises then. @default none */
  readonly embedder?: Embedder | undefined;
  /** Milliseconds that a query's vector may take, > 0; then words alone decide. @default 1,000 */
  readonly embedTimeoutMs?: number | undefined;
  /** `false` switches all caches off. @default all three, with their defaults */
  readonly caches?: SelectorCacheOptions | false | undefined;
  /** `false`: outcomes are not learned from. @default learns, with its defaults */
  readonly learning?: SelectorLearningOptions | boolean | undefined;
  /** Selections whose id is known to `recordOutcome` and `explain`: the latest, from 1 to 1,048,576. @default 1,024 */
  readonly rememberedSelections?: number | undefined;
  /**
   * A server that all nodes of a fleet share, such as `{ url: "redis://localhost" }`, or an open tier for this selector alone,
   * which closes it: what outcomes taught one node, all learn, and with an embedder what one node chose is chosen on all. To be
   * closed by `close`. @default none
   */
  readonly tier?: TierOption | undefined;
  /** How the nodes of a fleet tell each other what they learned; of no effect without a `tier`. @default {} */
  readonly sharing?: SharingOptions | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

const hour = 3_600_000;
const off: SelectionCacheBounds = { maxEntries: 0, maxBytes: 0, ttlMs: 0 };

export const selectorDefaults = Object.freeze({
  k: 5,
  threshold: 0,
  order: "relevance",
  embedTimeoutMs: 1_000,
  rememberedSelections: 1_024,
  maxLag: 64,
  query: { maxEntries: 4_096, maxBytes: 8 * 2 ** 20, ttlMs: hour },
  context: { maxEntries: 1_024, maxBytes: 16 * 2 ** 20, ttlMs: hour / 12 },
  learned: { maxEntries: 256, maxBytes: 8 * 2 ** 20, ttlMs: hour / 12 },
} as const);

export interface ResolvedSelectorOptions {
  readonly k: number;
  readonly threshold: number;
  readonly order: "relevance" | "catalogue";
  readonly embedder: Embedder | undefined;
  readonly embedTimeoutMs: number;
  readonly caches: {
    readonly query: SelectionCacheBounds;
    readonly context: SelectionCacheBounds;
    readonly learned: SelectionCacheBounds;
  };
  /** `undefined` when outcomes are not learned from. */
  readonly learning: LearnedRankingOptions | undefined;
  readonly maxLag: number;
  readonly rememberedSelections: number;
  readonly openTier: (() => SharedTier) | undefined;
  readonly sharing: ResolvedSharing;
  readonly clock: Clock;
}

const known = [
  ...["tools", "k", "threshold", "order", "embedder", "embedTimeoutMs", "caches", "learning"],
  ...["rememberedSelections", "tier", "sharing", "clock"],
];

/** @throws {TypeError | RangeError} naming the wrong option */
export function resolveSelectorOptions(given: ToolSelectorOptions): ResolvedSelectorOptions {
  knownKeys("ToolSelector", given, known);
  // A key that is there without a value is one that isn't there.
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const all: ToolSelectorOptions & typeof selectorDefaults = { ...selectorDefaults, ...said };
  const { learning = true, embedder, tier } = given;
  if (typeof learning !== "boolean") optionsObject("learning", learning);
  const { maxLag = selectorDefaults.maxLag, ...learned } = typeof learning === "boolean" ? {} : learning;
  if (embedder !== undefined) checkEmbedder(embedder);
  return {
    k: integer("k", all.k, 1, largestK),
    threshold: finite("threshold", all.threshold, 0, 1),
    order: oneOf("order", all.order, ["relevance", "catalogue"]),
    embedder,
    embedTimeoutMs: durationMs("embedTimeoutMs", all.embedTimeoutMs, Number.MIN_VALUE),
    caches: resolveCaches(given.caches),
    learning: learning === false ? undefined : learned,
    maxLag: integer("learning.maxLag", maxLag, 0),
    rememberedSelections: integer("rememberedSelections", all.rememberedSelections, 1, 2 ** 20),
    openTier: tier === undefined ? undefined : () => tierOf(tier),
    sharing: resolveSharing(given.sharing),
    clock: all.clock ?? systemClock,
  };
}

function resolveCaches(caches: SelectorCacheOptions | false = {}): ResolvedSelectorOptions["caches"] {
  if (caches === false) return { query: off, context: off, learned: off };
  knownKeys("caches", caches, ["query", "context", "learned"]);
  const bounds = (name: "query" | "context" | "learned"): SelectionCacheBounds => {
    const choice = caches[name];
    return choice === false ? off : resolveBounds(`caches.${name}`, choice ?? {}, selectorDefaults[name]);
  };
  return { query: bounds("query"), context: bounds("context"), learned: bounds("learned") };
}

function checkEmbedder(embedder: unknown): void {
  if (typeof embedder !== "object" || embedder === null)
    rejectType("embedder", "an object with an embed function", embedder);
  const { embed, dimensions } = embedder as Partial<Embedder>;
  callable("embedder.embed", embed);
  if (dimensions !== undefined) integer("embedder.dimensions", dimensions, 1, mostDimensions);
}
