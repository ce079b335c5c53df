import { DuplicateToolError, ToolIndexFormatError, UnknownToolError } from "../../errors.ts";
import { finite, integer, knownKeys, oneOf, reject, rejectType } from "../../options.ts";
import { checkTools } from "../catalogue/tool-check.ts";
import { textOf } from "../catalogue/tool-text.ts";
import { Analyzer, type Word } from "../text/analyzer.ts";
import type { ScoredTool, Tool } from "../tool.ts";
import { ClauseLift } from "./clause-lift.ts";
import { clippedQuery } from "./clipped-query.ts";
import { explainTerms, type RankingExplanation } from "./explanation.ts";
import { readIndex, type SavedIndex, writeIndex } from "./index-file.ts";
import { LexicalIndex } from "./lexical-index.ts";
import { NameMentions } from "./name-mentions.ts";
import { maxDocuments, PostingLists } from "./posting-lists.ts";
import { QueryTerms } from "./query-terms.ts";
import { TopK } from "./top-k.ts";
import { warmUpQueries } from "./warm-up-queries.ts";

/** What a query gave, until the next one: the arrays are used again. */
export interface QueryScores {
  /** By tool id, from 0 to `idLimit` − 1: evidence ≥ 0, on one scale for all queries; see {@link scoreOf}. May be changed. */
  readonly values: Float32Array;
  /** The query's different stems, in order, typing errors corrected. */
  readonly terms: readonly string[];
  /** Ids of tools that the query names exactly; they come first, in this order: the longest name, then the catalogue's order. */
  readonly named: readonly number[];
}

export interface RankOptions {
  /** How many tools at most besides the pinned ones, which always come, ≥ 1. @default 5 */
  readonly k?: number;
  /** Leaves out tools with a lower score, 0 to 1, but pinned ones. Nothing fits below about 0.2. @default 0 */
  readonly threshold?: number;
  /** Best first, or as in the catalogue, so that the same tools make the same prompt. @default "relevance" */
  readonly order?: "relevance" | "catalogue";
}

export const rankDefaults = Object.freeze({ k: 5, threshold: 0, order: "relevance" });

/** Evidence of a tool that the query names, above all other. */
const namedEvidence = 1e6;

/**
 * Maps evidence to a score from 0 (none) to 1 (the tool is named): e / (1 + e). Evidence of 1 is as much as the query's most
 * telling word could give, by itself in a query of one word; it falls with the root of the query's length.
 */
export function scoreOf(evidence: number): number {
  return evidence >= namedEvidence / 2 ? 1 : evidence / (1 + evidence);
}

/**
 * Ranks tools by the words that they share with a query: BM25 over names, descriptions and parameters, with English stems, groups
 * of related words and corrected typing errors. A tool that the query names comes first. Tools come and go one by one, and
 * the ranking is then as if it had been built anew. Of a query 8,192 characters are looked at, its beginning and its end.
 * @see Robertson, Zaragoza, Taylor, "Simple BM25 extension to multiple weighted fields", CIKM 2004
 */
export class LexicalRanking {
  readonly #analyzer = new Analyzer();
  readonly #index: LexicalIndex;
  readonly #terms: QueryTerms;
  readonly #lift: ClauseLift;
  /** Made by the first query: after loading, all names at once would take as long as the rest. */
  #mentions: NameMentions | undefined;
  readonly #ids = new Map<string, number>();
  /** That of a free id is empty. */
  #names: string[] = [];
  readonly #free: number[] = [];
  readonly #pinned = new Set<number>();
  /** Place of each id in the catalogue's order; a higher number came later. */
  #order = new Float64Array(16);
  #sequence = 0;
  #values = new Float32Array(16);
  readonly #top = new TopK((id) => this.#order[id]!);
  readonly #words: Word[] = [];
  readonly #joints: number[] = [];
  readonly #named: number[] = [];
  readonly #best: number[] = [];

  /**
   * @throws {InvalidToolError} when one is no tool
   * @throws {DuplicateToolError} when a name comes twice
   */
  constructor(tools: readonly Tool[] = [], saved?: SavedIndex) {
    this.#index = new LexicalIndex(this.#analyzer, saved && PostingLists.of(saved.lists), saved?.stems);
    this.#terms = new QueryTerms(this.#index);
    this.#lift = new ClauseLift(this.#index, (id) => this.#order[id]!);
    this.add(tools);
  }

  /** How many tools there are. */
  get size(): number {
    return this.#ids.size;
  }

  /** Above all ids. Ids are dense: that of a removed tool goes to one added later. */
  get idLimit(): number {
    return this.#names.length;
  }

  idOf(name: string): number | undefined {
    return this.#ids.get(name);
  }

  /** @returns `undefined` when the id is free */
  nameOf(id: number): string | undefined {
    return this.#names[id] || undefined;
  }

  /**
   * Adds tools after those that are there: all or, when it throws, none.
   * @throws {InvalidToolError} when one is no tool
   * @throws {DuplicateToolError} when a name is taken, or comes twice
   */
  add(tools: readonly Tool[]): void {
    checkTools(tools);
    for (const { name } of tools) if (this.#ids.has(name)) throw new DuplicateToolError(name);
    if (this.size + tools.length > maxDocuments)
      reject("tools", `up to ${maxDocuments} in all`, this.size + tools.length);
    for (const tool of tools) {
      const id = this.#free.pop() ?? this.#names.length;
      this.#register(id, tool);
      this.#index.add(id, textOf(tool));
    }
  }

  /**
   * Puts tools in the places of those with the same names: all or, when it throws, none.
   * @throws {InvalidToolError} when one is no tool
   * @throws {UnknownToolError} when there is none of that name
   */
  replace(tools: readonly Tool[]): void {
    checkTools(tools);
    for (const { name } of tools) if (!this.#ids.has(name)) throw new UnknownToolError(name);
    for (const tool of tools) {
      const id = this.#ids.get(tool.name)!;
      this.#index.remove(id);
      this.#index.add(id, textOf(tool));
      if (tool.pinned === true) this.#pinned.add(id);
      else this.#pinned.delete(id);
    }
  }

  /** @returns how many were there and are gone; an unknown name is passed over */
  remove(names: readonly string[]): number {
    if (!Array.isArray(names)) rejectType("names", "an array of names", names);
    let removed = 0;
    for (const name of names) {
      const id = this.#ids.get(name);
      if (id === undefined) continue;
      this.#index.remove(id);
      this.#mentions?.remove(name, id);
      this.#ids.delete(name);
      this.#pinned.delete(id);
      this.#names[id] = "";
      this.#free.push(id);
      removed++;
    }
    return removed;
  }

  /**
   * Scores all tools. An empty query, or one without a known word, gives no evidence.
   * @throws {TypeError} when the query is no string
   */
  score(query: string): QueryScores {
    const text = clippedQuery(query);
    const values = this.#values.fill(0);
    const { terms, weights, stems } = this.#terms;
    this.#analyzer.analyze(text, this.#words, this.#joints);
    this.#terms.read(this.#words, 0, this.#words.length, this.size);
    for (let i = 0; i < this.#terms.count; i++)
      this.#index.postings.accumulate(terms[i]!, weights[i]!, values);
    if (this.#joints.length > 0) this.#lift.apply(this.#words, this.#joints, values, this.idLimit, this.size);
    this.#mentions ??= this.#readNames();
    this.#mentions.find(text, this.#named);
    if (this.#named.length > 1) this.#named.sort((a, b) => this.#compareNamed(a, b));
    for (let i = 0; i < this.#named.length; i++) values[this.#named[i]!] = namedEvidence - i;
    return { values, terms: stems, named: this.#named };
  }

  /**
   * Chooses the best by their scores, which may have been changed; equally good ones come in catalogue order.
   * @throws {RangeError | TypeError} on an option that is unknown or out of its bounds
   */
  best(scores: QueryScores, options: RankOptions = {}): ScoredTool[] {
    const { k, threshold, order } = resolveRankOptions(options);
    const { values } = scores;
    const pinned = this.#pinned;
    this.#top.fill(values, this.idLimit, Math.min(k + pinned.size, this.idLimit));
    this.#top.drain(this.#best);
    let room = k;
    const chosen = this.#best.filter(
      (id) => pinned.has(id) || (scoreOf(values[id]!) >= threshold && room-- > 0),
    );
    const inOrder = (a: number, b: number): number => this.#order[a]! - this.#order[b]!;
    const others = Array.from(pinned).filter((id) => !chosen.includes(id));
    chosen.push(...others.sort(inOrder));
    if (order === "catalogue") chosen.sort(inOrder);
    return chosen.map((id) => ({ name: this.#names[id]!, score: scoreOf(values[id]!) }));
  }

  /** The best for a query; see {@link score} and {@link best}. */
  top(query: string, options: RankOptions = {}): ScoredTool[] {
    return this.best(this.score(query), options);
  }

  /**
   * Tells what lifted a tool for a query.
   * @param tool as it was added
   * @throws {UnknownToolError} when it isn't there
   */
  explain(query: string, tool: Tool): RankingExplanation {
    const id = this.#ids.get(tool.name);
    if (id === undefined) throw new UnknownToolError(tool.name);
    const { values, named } = this.score(query);
    return {
      score: scoreOf(values[id]!),
      isNamed: named.includes(id),
      terms: explainTerms(this.#terms, this.#index, textOf(tool)),
    };
  }

  /**
   * Runs made-up queries, so that the first real one finds compiled code: takes about a tenth of a second.
   * Without it the first query of a process takes several milliseconds.
   */
  warmUp(): void {
    const names = Array.from(this.#ids.keys());
    if (names.length > 0) for (const query of warmUpQueries(names)) this.top(query);
  }

  /** @returns all that is needed to rank, in a versioned format with a checksum; the tools themselves aren't in it */
  save(): Uint8Array {
    return writeIndex({
      names: this.#names,
      order: this.#order.slice(0, this.idLimit),
      pinned: Uint8Array.from(this.#names, (_, id) => (this.#pinned.has(id) ? 1 : 0)),
      stems: this.#index.stems,
      lists: this.#index.postings.packed(),
    });
  }

  /**
   * Loads what `save` gave, whole or not at all.
   * @throws {ToolIndexFormatError} when the bytes are none, or damaged, or of another version
   * @throws {TypeError} when they are no Uint8Array
   */
  static load(bytes: Uint8Array): LexicalRanking {
    const saved = readIndex(bytes);
    const ranking = new LexicalRanking([], saved);
    ranking.#restore(saved);
    return ranking;
  }

  #restore({ names, order, pinned }: SavedIndex): void {
    this.#names = names;
    this.#grow(Math.max(16, names.length));
    this.#order.set(order);
    for (let id = 0; id < names.length; id++) {
      const name = names[id]!;
      if (name === "") this.#free.push(id);
      else this.#ids.set(name, id);
      if (pinned[id] === 1 && name !== "") this.#pinned.add(id);
      const place = order[id]!;
      if (!(place >= 0 && place < Number.MAX_SAFE_INTEGER))
        throw new ToolIndexFormatError(`the place of a tool is ${place}`);
      if (place >= this.#sequence) this.#sequence = place + 1;
    }
    if (this.#ids.size + this.#free.length !== names.length)
      throw new ToolIndexFormatError("a name comes twice");
  }

  #register(id: number, { name, pinned }: Tool): void {
    if (id >= this.#values.length) this.#grow(id * 2);
    this.#order[id] = this.#sequence++;
    this.#names[id] = name;
    this.#ids.set(name, id);
    this.#mentions?.add(name, id);
    if (pinned === true) this.#pinned.add(id);
  }

  /** A longer name is less likely to have come by chance. */
  #compareNamed(a: number, b: number): number {
    return this.#names[b]!.length - this.#names[a]!.length || this.#order[a]! - this.#order[b]!;
  }

  #readNames(): NameMentions {
    const mentions = new NameMentions();
    for (const [name, id] of this.#ids) mentions.add(name, id);
    return mentions;
  }

  #grow(length: number): void {
    this.#values = new Float32Array(length);
    const order = new Float64Array(length);
    order.set(this.#order);
    this.#order = order;
  }
}

function resolveRankOptions(options: RankOptions): Required<RankOptions> {
  knownKeys("rank options", options, Object.keys(rankDefaults));
  return {
    k: integer("k", options.k ?? rankDefaults.k, 1),
    threshold: finite("threshold", options.threshold ?? rankDefaults.threshold, 0, 1),
    order: oneOf("order", options.order ?? rankDefaults.order, ["relevance", "catalogue"]),
  };
}
