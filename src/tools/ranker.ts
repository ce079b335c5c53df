import { SelectorStateError } from "../errors.ts";
import { SelectionCache } from "./caches/selection-cache.ts";
import { SelectionKey } from "./caches/selection-key.ts";
import { ToolCatalogue } from "./catalogue/tool-catalogue.ts";
import { checkTools } from "./catalogue/tool-check.ts";
import { contextTexts } from "./context-texts.ts";
import { type LearnedOutcome, LearnedParts } from "./fleet/learned-parts.ts";
import { LearnedRanking, type ToolIds } from "./learning/learned-ranking.ts";
import { LexicalRanking, type QueryScores } from "./ranking/lexical-ranking.ts";
import type { SelectContext } from "./select-context.ts";
import type { ResolvedSelectorOptions } from "./selector-options.ts";
import type { ScoredTool, Tool } from "./tool.ts";
import { Fusion, type WordScores } from "./vectors/fusion.ts";
import type { FusedCandidate } from "./vectors/fusion-weight.ts";
import type { VectorIndex } from "./vectors/vector-index.ts";

/** What was chosen for one query, and what of it is needed later. */
export interface Ranked {
  readonly tools: readonly ScoredTool[];
  /** As the lexical ranking analysed the query. */
  readonly terms: readonly string[];
  /** Evidence by words and by vectors, of the tools that had most of either; without vectors none. */
  readonly candidates: readonly FusedCandidate[];
}

/** What a task type taught, by id. */
type TaskLifts = Float32Array;

/** The catalogue as it was saved. */
export interface SavedTools {
  /** An array of tools, in UTF-8. */
  readonly json: Uint8Array;
  readonly fingerprint: string;
}

/** Words of a query from which on a conversation counts by half. */
const enoughWords = 3;
const thinShare = 0.5;
/** What was learned for a kind of task is worth so much of what was learned for the words of a query. */
const taskShare = 0.5;
/** Of all outcomes, one in so many may be news to a cached result. */
const growth = 8;
/** More evidence than this is a tool's name in the query. */
const mostEvidence = 1e3;
const noWords: WordScores = Object.freeze({ top: 0, second: 0, best: undefined });
/** Tools that are kept for learning the weight of vectors. */
const fewCandidates = 32;

/**
 * Ranks tools for a query: words, then the conversation, feedback and vectors on top, then the choice. Knows no cache of
 * selections and no time but what the cache of learned lifts needs.
 */
export class Ranker {
  lexical = new LexicalRanking();
  readonly fusion = new Fusion();
  readonly learnedCache: SelectionCache<TaskLifts>;
  /** Evidence by words of the query; by kinds of task apart from it. */
  learned: LearnedRanking | undefined;
  tasks: LearnedRanking | undefined;
  /** Outcomes recorded, since the last reset of all. */
  outcomes = 0;
  /** Told of each outcome that was learned from. */
  onLearned: ((outcome: LearnedOutcome) => void) | undefined;
  /** For what was learned, which goes by names. */
  readonly ids: ToolIds;
  readonly #options: ResolvedSelectorOptions;
  readonly #catalogue = new ToolCatalogue();
  /** Tools that were loaded and not looked at yet. */
  #unread: SavedTools | undefined;
  #version = 0;
  /** Scores of the query while those of the conversation are made. */
  #kept = new Float32Array(0);
  readonly #taskKey = new SelectionKey();

  constructor(options: ResolvedSelectorOptions) {
    this.#options = options;
    const versionOf = (): number => this.#version;
    const sizeOf = (): number => this.lexical.size;
    this.ids = {
      get version() {
        return versionOf();
      },
      get size() {
        return sizeOf();
      },
      idOf: (name) => this.lexical.idOf(name),
    };
    this.learnedCache = new SelectionCache(options.caches.learned);
    if (options.learning !== undefined) {
      this.learned = new LearnedRanking(options.learning);
      this.tasks = new LearnedRanking(options.learning);
    }
  }

  /** Grows with each change of the tools. */
  get version(): number {
    return this.#version;
  }

  /** Of the catalogue. */
  get fingerprint(): string {
    return this.#unread?.fingerprint ?? this.#catalogue.fingerprint;
  }

  /**
   * The tools themselves. To rank they aren't needed, so that loaded ones are read when they are asked for first.
   * @throws {SelectorStateError} when what was loaded turns out to be something else
   */
  get catalogue(): ToolCatalogue {
    if (this.#unread !== undefined) this.#read(this.#unread);
    return this.#catalogue;
  }

  /** Outcomes that a cached result may be behind: the more were learned from, the less each one changes. */
  get lag(): number {
    const { maxLag } = this.#options;
    return maxLag === 0 ? 0 : Math.max(maxLag, this.outcomes / growth);
  }

  /** Adds tools, or puts them in the places of those with their names. All of them or none. @param tools of its own */
  put(tools: readonly Tool[]): void {
    const isKnown = (tool: Tool): boolean => this.catalogue.has(tool.name);
    checkTools(tools);
    const replaced = tools.filter(isKnown);
    const added = tools.filter((tool) => !isKnown(tool));
    // Each list is taken whole or not at all, but not both together: what only a catalogue finds must be found before.
    if (replaced.length > 0 && added.length > 0) new ToolCatalogue(tools);
    if (replaced.length > 0) {
      this.catalogue.replace(replaced);
      this.lexical.replace(replaced);
    }
    if (added.length > 0) {
      this.catalogue.add(added);
      this.lexical.add(added);
    }
    this.#changed();
  }

  /** @returns how many were there */
  remove(names: readonly string[]): number {
    const removed = this.catalogue.remove(names);
    this.lexical.remove(names);
    this.#changed();
    return removed;
  }

  /**
   * Learns from an outcome: also of a tool that was used though it had not been chosen, which tells the most.
   * @param used names of the tools that were used
   * @returns false, and nothing has been learned, when there are names but none that was chosen or is in the catalogue
   */
  learn(
    ranked: Ranked & { readonly taskType: string | undefined },
    used: readonly string[],
    succeeded: boolean,
  ): boolean {
    const chosen = ranked.tools.map(({ name }) => name);
    const others = used.filter((name) => !chosen.includes(name) && this.lexical.idOf(name) !== undefined);
    if (used.length > 0 && others.length === 0 && !used.some((name) => chosen.includes(name))) return false;
    this.outcomes++;
    const outcome = { shown: [...chosen, ...others], used, succeeded };
    this.learned?.record(ranked.terms, outcome);
    if (ranked.taskType !== undefined) this.tasks?.record([ranked.taskType], outcome);
    if (succeeded && ranked.candidates.length > 0) this.fusion.record(ranked.candidates, used);
    this.onLearned?.({
      terms: ranked.terms,
      taskType: ranked.taskType,
      candidates: ranked.candidates,
      outcome: { ...outcome, succeeded },
    });
    return true;
  }

  /** A query's terms, as `rank` gives them. */
  termsOf(query: string): readonly string[] {
    return this.lexical.score(query).terms.slice();
  }

  /** All that was learned, apart from this ranker. */
  parts(): LearnedParts {
    const parts = new LearnedParts(this.#options.learning ?? {});
    if (this.learned !== undefined) parts.words.merge(this.learned);
    if (this.tasks !== undefined) parts.tasks.merge(this.tasks);
    parts.weight.restore(this.fusion.state().weight);
    parts.outcomes = this.outcomes;
    return parts;
  }

  /** Takes what a fleet has learned, in the place of what was. */
  take({ words, tasks, weight, outcomes }: LearnedParts): void {
    this.learned = words;
    this.tasks = tasks;
    this.outcomes = outcomes;
    this.fusion.take(weight.state());
    this.learnedCache.clear();
  }

  /** @param name of a tool; all when there is none */
  resetLearning(name?: string): boolean {
    const learned = this.learned?.reset(name) ?? false;
    const tasks = this.tasks?.reset(name) ?? false;
    if (name === undefined) {
      // What is cached may lag behind by a share of what is known, which is nothing now.
      this.outcomes = 0;
      this.fusion.forget();
    }
    return learned || tasks;
  }

  /** @param vector of the query, where there is one */
  rank(
    query: string,
    context: SelectContext,
    k: number,
    now: number,
    vector?: Int8Array,
    index?: VectorIndex,
  ): Ranked {
    const { threshold, order } = this.#options;
    let scores = this.lexical.score(query);
    const terms = scores.terms.slice();
    const hasContext = context.history !== undefined || context.pendingActions !== undefined;
    const words = vector !== undefined || hasContext ? this.#bestWords(scores.values) : noWords;
    if (hasContext) scores = this.#withContext(scores, context, words.top);
    if (this.learned !== undefined && this.outcomes > 0) {
      if (terms.length > 0) this.learned.lift(terms, scores.values, this.ids);
      if (context.taskType !== undefined) {
        const lifts = this.#liftsOf(context.taskType, now);
        for (let id = 0; id < lifts.length; id++) scores.values[id]! += taskShare * lifts[id]!;
      }
    }
    let candidates: readonly FusedCandidate[] = [];
    // "Yes, do it" has no word that means anything, nor has its vector: the conversation says what is wanted.
    const isSaying = terms.length > 0 || !hasContext;
    if (vector !== undefined && index !== undefined && isSaying)
      candidates = this.#addVectors(scores.values, index, vector, words);
    const tools = this.lexical.best(scores, { k, threshold, order });
    for (const tool of tools) Object.freeze(tool);
    return { tools: Object.freeze(tools), terms, candidates };
  }

  /** Of tools that the query doesn't name. */
  #bestWords(scores: Float32Array): WordScores {
    let top = 0;
    let second = 0;
    let best = -1;
    for (let id = 0, { idLimit } = this.lexical; id < idLimit; id++) {
      const score = scores[id]!;
      if (score > mostEvidence) continue;
      if (score > top) {
        second = top;
        top = score;
        best = id;
      } else if (score > second) second = score;
    }
    return { top, second, best: best < 0 ? undefined : this.lexical.nameOf(best) };
  }

  /** Adds the conversation's evidence, beside that of the query. */
  #withContext(scores: QueryScores, context: SelectContext, top: number): QueryScores {
    const { lexical } = this;
    const { idLimit } = lexical;
    if (this.#kept.length < scores.values.length) this.#kept = new Float32Array(scores.values.length);
    const values = this.#kept;
    values.set(scores.values);
    const own = { values, terms: scores.terms.slice(), named: scores.named.slice() };
    const thin = own.terms.length < enoughWords ? 1 : thinShare;
    for (const { text, weight } of contextTexts(context)) {
      const { values: found, named } = lexical.score(text);
      // A tool that the conversation names is worth as much as its best word, or as a query of one word.
      const most = Math.max(this.#bestWords(found).top, named.length > 0 ? 1 : 0);
      if (most === 0) continue;
      // Beside a query the conversation is worth a share of the query's best; alone, what it says itself.
      const scale = top > 0 ? (thin * weight * top) / most : weight;
      for (let id = 0; id < idLimit; id++) values[id]! += scale * Math.min(most, found[id]!);
    }
    return own;
  }

  /** Of a kind of task: from the cache, whose key is the kind and the catalogue's version. */
  #liftsOf(taskType: string, now: number): TaskLifts {
    const key = this.#taskKey;
    key.reset();
    key.number(this.#version);
    key.whole(taskType);
    const cached = this.learnedCache.get(key, now, this.outcomes, this.lag);
    if (cached !== undefined) {
      this.learnedCache.saved(cached.costMs, 0);
      return cached.value;
    }
    const taken = key.taken();
    const { clock } = this.#options;
    const startedMs = clock.now();
    const lifts = new Float32Array(this.lexical.idLimit);
    (this.tasks as LearnedRanking).lift([taskType], lifts, this.ids);
    const endedMs = clock.now();
    const costMs = endedMs - startedMs;
    this.learnedCache.set(taken, lifts, {
      costMs,
      bytes: lifts.byteLength,
      now: endedMs,
      learned: this.outcomes,
    });
    return lifts;
  }

  #addVectors(
    scores: Float32Array,
    index: VectorIndex,
    vector: Int8Array,
    words: WordScores,
  ): readonly FusedCandidate[] {
    const found = this.fusion.evidence(index, vector, words);
    const { weight } = this.fusion;
    const hasWords = words.top > 0;
    // Without a word in common, vectors alone are worth one word.
    const scale = hasWords ? words.top : 1;
    const worth = weight === 0 ? 0 : scale * (hasWords ? weight : 1);
    const candidates: FusedCandidate[] = [];
    for (let id = 0, { idLimit } = this.lexical; id < idLimit; id++) {
      const name = this.lexical.nameOf(id);
      if (name === undefined) continue;
      const value = found.get(name) ?? 0;
      const score = scores[id]!;
      if (value === 0 && score <= 0) continue;
      candidates.push({ name, lexical: Math.max(0, score) / scale, vector: value });
      scores[id] = score + worth * value;
    }
    if (!hasWords) return [];
    const total = ({ lexical, vector: value }: FusedCandidate): number => lexical + value;
    return candidates.sort((a, b) => total(b) - total(a)).slice(0, fewCandidates);
  }

  /** Takes what was saved, into a ranker without tools. */
  restore(tools: SavedTools, lexical: LexicalRanking): void {
    this.#unread = tools;
    this.lexical = lexical;
    this.#changed();
  }

  #read({ json, fingerprint }: SavedTools): void {
    const tools = JSON.parse(new TextDecoder().decode(json)) as readonly Tool[];
    const read = new ToolCatalogue(tools);
    if (read.fingerprint !== fingerprint || read.size !== this.lexical.size)
      throw new SelectorStateError("the tools in it are others than those that were indexed");
    this.#catalogue.add(tools);
    this.#unread = undefined;
  }

  /** Takes what was learned, unless this one is not to learn. @throws {LearnedStateError} */
  restoreLearning(learned: Uint8Array, tasks: Uint8Array, outcomes: number): void {
    const { learning } = this.#options;
    if (learning === undefined) return;
    this.learned = LearnedRanking.load(learned, learning);
    this.tasks = LearnedRanking.load(tasks, learning);
    this.outcomes = outcomes;
  }

  #changed(): void {
    this.#version++;
    this.learnedCache.clear();
  }
}
