import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { rejectType } from "../options.ts";
import type { SelectionCache } from "./caches/selection-cache.ts";
import { SelectionCaches } from "./caches/selection-caches.ts";
import type { TakenKey } from "./caches/selection-key.ts";
import { ownTools } from "./catalogue/own-tools.ts";
import { type Explanation, explainSelection } from "./explanation.ts";
import { rankWithVector, sharedParts } from "./fleet/fleet-ranking.ts";
import type { LearnedParts } from "./fleet/learned-parts.ts";
import { ToolFleet } from "./fleet/tool-fleet.ts";
import { Ranker } from "./ranker.ts";
import { confirms, type RememberedSelection, remember, sizeOf } from "./remembered-selection.ts";
import { checkedCount, copyOf, noContext, type SelectContext } from "./select-context.ts";
import {
  type CacheSelector,
  checkCacheSelector,
  checkOutcome,
  type Eventually,
  type GivenEmbedder,
  type Selection,
  type SelectionOutcome,
} from "./selection.ts";
import { SelectionLog } from "./selection-log.ts";
import {
  type ResolvedSelectorOptions,
  resolveSelectorOptions,
  type ToolSelectorOptions,
} from "./selector-options.ts";
import { readSelectorState, writeSelectorState } from "./selector-state.ts";
import { type SelectorStats, selectorSamples, summary } from "./selector-stats.ts";
import type { Tool } from "./tool.ts";
import { ToolVectors } from "./vectors/tool-vectors.ts";
import { warmUp } from "./warm-up.ts";

const batchTimeoutMs = 30_000;

/**
 * Chooses the tools that a query needs, among any number, in microseconds and without a network.
 *
 * ```ts
 * const selector = new ToolSelector({ tools: (await client.listTools()).tools, k: 5 });
 * const { id, tools } = selector.select("which commit broke the build?");
 * selector.recordOutcome(id, { used: ["git_bisect"], succeeded: true });
 * ```
 * With an `embedder`, `select` and `addTools` give promises; without one they give what they promise at once, and
 * `await` works on either. An instance belongs to one thread.
 * @typeParam E the embedder's type, `undefined` without one
 */
export class ToolSelector<E extends ToolSelectorOptions["embedder"] = undefined>
  implements MetricSource, AsyncDisposable
{
  readonly name = "tools";
  readonly #options: ResolvedSelectorOptions;
  readonly #ranker: Ranker;
  readonly #vectors: ToolVectors | undefined;
  readonly #caches: SelectionCaches;
  readonly #log: SelectionLog<RememberedSelection>;
  readonly #fleet: ToolFleet | undefined;
  readonly #hitMs = new LatencyHistogram();
  readonly #rankMs = new LatencyHistogram();
  /** Counts what makes cached selections void though the catalogue is the same. */
  #revision = 0;
  #outcomes = 0;
  #unknownOutcomes = 0;

  /**
   * @throws {TypeError | RangeError} naming the wrong option
   * @throws {InvalidToolError | DuplicateToolError} when a tool is wrong, or a name comes twice
   */
  constructor(options: ToolSelectorOptions & { readonly embedder?: E | GivenEmbedder | undefined } = {}) {
    const resolved = resolveSelectorOptions(options);
    this.#options = resolved;
    this.#ranker = new Ranker(resolved);
    this.#caches = new SelectionCaches(resolved.caches);
    this.#log = new SelectionLog(resolved.rememberedSelections);
    const { embedder, embedTimeoutMs, clock } = resolved;
    this.#vectors =
      embedder &&
      new ToolVectors({
        embedder,
        queryTimeoutMs: embedTimeoutMs,
        batchTimeoutMs,
        batchSize: 64,
        clock,
        fusion: this.#ranker.fusion,
      });
    const tier = resolved.openTier?.();
    this.#fleet = tier && new ToolFleet(tier, resolved, (sum) => this.#take(sum));
    const exchange = this.#fleet?.learning;
    if (exchange !== undefined) this.#ranker.onLearned = (outcome) => exchange.record(outcome);
    this.#put(options.tools ?? []);
    void this.#vectors?.fill();
  }

  /** Tools in the catalogue. */
  get size(): number {
    return this.#ranker.lexical.size;
  }

  /** Of all tools' names, titles, descriptions, parameters, servers and pins: the same for the same tools. */
  get fingerprint(): string {
    return this.#ranker.fingerprint;
  }

  /** Names of all tools, in catalogue order. */
  names(): string[] {
    return this.#ranker.catalogue.names();
  }

  /** @returns the tool as the catalogue has it, with its description and schema: a copy of what was added; `undefined` when there is none */
  get(name: string): Tool | undefined {
    return this.#ranker.catalogue.get(name);
  }

  /**
   * Adds tools; one whose name is there takes the place of that one. All or none are taken, and copies are kept: to change
   * one, add it anew. What was cached is void.
   * @returns with an embedder a promise, fulfilled when it was tried to embed them; they are found by words before that
   * @throws {InvalidToolError | DuplicateToolError} when one is wrong, or a name comes twice in the list
   */
  addTools(tools: readonly Tool[]): Eventually<E, undefined> {
    this.#put(tools);
    return this.#vectors?.fill() as Eventually<E, undefined>;
  }

  /** @returns how many were there and are gone; an unknown name is passed over */
  removeTools(names: readonly string[]): number {
    if (!Array.isArray(names)) rejectType("names", "an array of names", names);
    for (const name of names) this.#vectors?.remove(name);
    const removed = this.#ranker.remove(names);
    if (removed > 0) this.#forgetAll();
    return removed;
  }

  /** Fulfilled when it was tried to embed every tool that has no vector; at once without an embedder. Never rejects. */
  async ready(): Promise<void> {
    await this.#vectors?.fill();
  }

  /**
   * Chooses tools. An empty query chooses by the context alone: the conversation, or what the task type taught; without
   * either, it chooses the pinned tools.
   * @param query of any length; the first and the last 4,096 characters count
   * @returns at most `k` tools besides the pinned ones, none when none fits
   * @throws {TypeError | RangeError} when an argument is wrong; with an embedder the promise is rejected
   */
  select(query: string, context: SelectContext = noContext): Eventually<E, Selection> {
    type Given = Eventually<E, Selection>;
    if (this.#vectors === undefined) return this.#select(query, context) as Given;
    return this.#selectWithVectors(query, context, this.#vectors) as Given;
  }

  /**
   * Records what became of a selection, and learns from it. Each selection counts once. A tool of the catalogue that was used
   * though it wasn't chosen teaches as well; names of no tool are passed over.
   * @returns whether it counted; false when its id is unknown (or too many selections came since), when it has counted
   *   before, or when there are names, all of no tool (it may be recorded again then)
   * @throws {TypeError} when an argument is wrong
   */
  recordOutcome(id: string, outcome: SelectionOutcome): boolean {
    if (typeof id !== "string") rejectType("id", "a selection's id", id);
    const { used, succeeded } = checkOutcome(outcome);
    const remembered = this.#log.get(id);
    if (remembered?.settled !== false || !this.#ranker.learn(remembered.record, used, succeeded)) {
      this.#unknownOutcomes++;
      return false;
    }
    this.#log.settle(id);
    this.#outcomes++;
    const { record } = remembered;
    // Others may lag behind, but the same query is to show at once what its outcome taught.
    if (this.#options.learning !== undefined && !confirms(record, used, succeeded)) {
      record.cache.deleteHash(record.keyHash);
      if (record.sharedParts !== undefined) this.#fleet?.forget(record.sharedParts);
    }
    return true;
  }

  /**
   * Says what lifted each tool of a selection: terms by field, the conversation's share, vectors, feedback. It is worked out by what
   * is known now; tools that have left since are left out.
   * @returns `undefined` when the id is unknown, or too many selections came since
   */
  explain(id: string): Explanation | undefined {
    if (typeof id !== "string") rejectType("id", "a selection's id", id);
    const remembered = this.#log.get(id);
    if (remembered === undefined) return undefined;
    return explainSelection(id, remembered.record, this.#ranker, this.#vectors?.index);
  }

  /**
   * Ranks queries so that they are in the cache when they are asked for. Without a list it asks for the tools by their own
   * names, uncached and for up to 100 ms, so that the code is compiled before the first query.
   * @returns queries that were ranked
   */
  async warm(queries?: readonly string[]): Promise<number> {
    if (queries === undefined) {
      // Another selector, so that the caches and figures of this one stay as they are: it is the code that gets warm.
      const other = (tools: readonly Tool[]) => new ToolSelector({ tools });
      return warmUp(this.#ranker, other, this.#options);
    }
    if (!Array.isArray(queries)) rejectType("queries", "an array of texts", queries);
    for (const query of queries) await this.select(query);
    return queries.length;
  }

  /**
   * Forgets cached selections; of those that a fleet shares, all of them, whatever the query.
   * @returns how many this node had
   */
  invalidate(what: CacheSelector = {}): number {
    const { namespace, query } = checkCacheSelector(what);
    let removed = this.#caches.delete(what);
    if (namespace === "learned" || (namespace === undefined && query === undefined))
      removed += this.#ranker.learnedCache.clear();
    if (namespace !== "learned") this.#fleet?.forgetSelections();
    return removed;
  }

  /**
   * Forgets what was learned of a tool, or of all and of how much vectors count. In a fleet all is forgotten by all nodes; of one
   * tool, what this node learned, until the others tell what they know.
   * @returns whether anything was learned of a tool
   */
  resetLearning(name?: string): boolean {
    if (name !== undefined && typeof name !== "string") rejectType("name", "a tool's name", name);
    this.#forgetAll();
    this.#fleet?.forgetSelections();
    this.#fleet?.learning?.reset(name);
    return this.#ranker.resetLearning(name);
  }

  getStats(): SelectorStats {
    const { lexical, version, fingerprint, learned, learnedCache, fusion } = this.#ranker;
    return {
      tools: lexical.size,
      catalogueVersion: version,
      fingerprint,
      selections: this.#log.count,
      hitLatencyMs: summary(this.#hitMs),
      rankLatencyMs: summary(this.#rankMs),
      outcomes: this.#outcomes,
      unknownOutcomes: this.#unknownOutcomes,
      caches: {
        ...this.#caches.stats(),
        learned: learnedCache.stats(),
      },
      learning: learned?.stats(),
      vectors: this.#vectors?.stats(),
      fusion: this.#vectors && fusion.stats(),
      fleet: this.#fleet?.stats(),
    };
  }

  *collect(): Iterable<MetricSample> {
    yield* selectorSamples(this.getStats(), this.#hitMs, this.#rankMs);
    if (this.#fleet !== undefined) yield* this.#fleet.collect();
  }

  /**
   * Tells the fleet what this node learned, and learns what others did, now rather than at the next interval. Never rejects.
   * @returns whether both were possible; false without a `tier` as well
   */
  async exchange(): Promise<boolean> {
    return (await this.#fleet?.learning?.exchange()) ?? false;
  }

  /** Tells the fleet what it doesn't know yet, and ends the connections to the server. Nothing to do without a `tier`. */
  async close(): Promise<void> {
    await this.#fleet?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Catalogue, index, what was learned, and vectors, as versioned bytes with a checksum; caches and ids are not saved. */
  save(): Uint8Array {
    return writeSelectorState(this.#ranker, this.#vectors?.index);
  }

  /**
   * A selector with what `save` gave.
   * @param options as the constructor takes, without tools. Saved vectors are to be of the same embedder; those of one with
   *   other `dimensions` are made anew, if it says how many it has
   * @throws {SelectorStateError} when the bytes are something else, damaged, or of another version
   * @throws {TypeError | RangeError} naming the wrong option, as `tools` is: to add some, call `addTools`
   */
  static load<E extends ToolSelectorOptions["embedder"] = undefined>(
    bytes: Uint8Array,
    options: Omit<ToolSelectorOptions, "tools"> & { readonly embedder?: E | GivenEmbedder | undefined } = {},
  ): ToolSelector<E> {
    if (!(bytes instanceof Uint8Array)) rejectType("bytes", "a Uint8Array", bytes);
    if ((options as ToolSelectorOptions | null)?.tools !== undefined)
      throw new TypeError("ToolSelector.load: the tools are those that were saved; add others with addTools");
    const selector = new ToolSelector<E>(options);
    const index = readSelectorState(bytes, selector.#ranker);
    if (selector.#ranker.outcomes > 0) selector.#fleet?.learning?.seed(selector.#ranker.parts());
    selector.#vectors?.add(selector.#ranker.catalogue.tools());
    if (index !== undefined) selector.#vectors?.restore(index);
    void selector.#vectors?.fill();
    return selector;
  }

  #put(tools: readonly Tool[]): void {
    const own = ownTools(tools);
    this.#ranker.put(own);
    this.#vectors?.add(own);
    this.#forgetAll();
  }

  #select(query: string, context: SelectContext): Selection {
    const { clock } = this.#options;
    const startedMs = clock.now();
    const k = checkedCount(query, context, this.#options.k);
    const cache = this.#cacheFor(query, context, k);
    const hit = this.#hit(cache, startedMs);
    if (hit !== undefined) return hit;
    const key = this.#caches.key.taken();
    const ranked = this.#ranker.rank(query, context, k, startedMs);
    const place = { cache, keyHash: key.hash, sharedParts: undefined };
    const remembered = remember(ranked, query, context, undefined, place);
    this.#store(cache, key, remembered, startedMs, true);
    return { id: this.#log.add(remembered), tools: remembered.tools, cached: false };
  }

  async #selectWithVectors(query: string, context: SelectContext, vectors: ToolVectors): Promise<Selection> {
    const { clock } = this.#options;
    const startedMs = clock.now();
    const k = checkedCount(query, context, this.#options.k);
    const cache = this.#cacheFor(query, context, k);
    const hit = this.#hit(cache, startedMs);
    if (hit !== undefined) return hit;
    const key = this.#caches.key.taken();
    const version = this.#version();
    // The caller may go on with his conversation while the vector is made, but the key is made.
    const own = copyOf(context);
    const asked = { query, context: own, k, now: startedMs };
    const { threshold, order } = this.#options;
    const parts = this.#fleet && sharedParts(this.#ranker, vectors, [threshold, order], asked);
    const { ranked, vector } = await rankWithVector(this.#ranker, vectors, asked, this.#fleet, parts);
    const place = { cache, keyHash: key.hash, sharedParts: parts };
    const remembered = remember(ranked, query, own, vector, place);
    // Without its vector, or with other tools than it was asked among, it isn't what the key stands for.
    const isWhole = vector !== undefined || query === "" || vectors.index === undefined;
    this.#store(cache, key, remembered, startedMs, isWhole && version === this.#version());
    return { id: this.#log.add(remembered), tools: remembered.tools, cached: false };
  }

  #version(): number {
    return this.#ranker.version + this.#revision + (this.#vectors?.revision ?? 0);
  }

  /** Writes the key. @returns the cache that it belongs to */
  #cacheFor(query: string, context: SelectContext, k: number): SelectionCache<RememberedSelection> {
    const revision = this.#revision + (this.#vectors?.revision ?? 0);
    return this.#caches.of(this.#ranker.version, revision, query, context, k);
  }

  #hit(cache: SelectionCache<RememberedSelection>, startedMs: number): Selection | undefined {
    const entry = cache.get(this.#caches.key, startedMs, this.#ranker.outcomes, this.#ranker.lag);
    if (entry === undefined) return undefined;
    const remembered = entry.value;
    const selection = { id: this.#log.add(remembered), tools: remembered.tools, cached: true };
    const hitMs = this.#options.clock.now() - startedMs;
    this.#hitMs.record(hitMs);
    cache.saved(entry.costMs, hitMs);
    return selection;
  }

  /** Counts what was ranked, and keeps it. */
  #store(
    cache: SelectionCache<RememberedSelection>,
    key: TakenKey,
    remembered: RememberedSelection,
    startedMs: number,
    isKept: boolean,
  ): void {
    const now = this.#options.clock.now();
    const costMs = now - startedMs;
    this.#rankMs.record(costMs);
    if (isKept)
      cache.set(key, remembered, { costMs, bytes: sizeOf(remembered), now, learned: this.#ranker.outcomes });
  }

  /** Takes what the fleet learned. */
  #take(sum: LearnedParts): void {
    // Fewer outcomes than before: somebody had all forgotten, and what was chosen by them is void.
    if (sum.outcomes < this.#ranker.outcomes) this.#forgetAll();
    this.#ranker.take(sum);
  }

  #forgetAll(): void {
    this.#revision++;
    this.#caches.clear();
    this.#ranker.learnedCache.clear();
  }
}
