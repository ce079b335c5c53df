import type { MetricSample, MetricSource } from "../../metrics/index.ts";
import { reject, rejectType } from "../../options.ts";
import { EvidenceTable } from "./evidence-table.ts";
import { LearnedTools } from "./learned-tools.ts";
import { type LearnedRankingOptions, resolveLearning } from "./learning-options.ts";
import { QueryEvidence } from "./query-evidence.ts";
import { readState, writeState } from "./state-encoding.ts";

/** What a tool keeps of its score, however much speaks against it. */
const leastShare = 0.1;
/**
 * What a failure takes away of what a success gives: it can have many reasons, and often the tool was still the right
 * one.
 */
const failureWeight = 0.25;
/** Names of one outcome that are looked at. */
const maxUsed = 32;
/** UTF-16 units; no catalogue takes a longer name. */
const maxNameUnits = 1024;

/** What came of a choice of tools. */
export interface ToolOutcome {
  /** The tools that the agent could choose from. */
  readonly shown: readonly string[];
  /** Those that it used, of those shown. */
  readonly used: readonly string[];
  /** Whether that did what was wanted; `false` counts against the tools. @default true */
  readonly succeeded?: boolean;
}

/** Numbers that whoever holds the scores has given to tools. */
export interface ToolIds {
  /** Grows whenever a name gets another id, or none. */
  readonly version: number;
  /** How many tools there are. */
  readonly size: number;
  /** @returns an index of `scores`; `undefined` when there is no such tool now */
  idOf(name: string): number | undefined;
}

/** Why feedback lifted a tool, in points of the score. */
export interface LearnedExplanation {
  /** Uses that succeeded, less a quarter of those that failed. */
  readonly uses: number;
  /** The sum of what follows; below 0 where the query is unlike those that the tool was used for. */
  readonly lift: number;
  /** What each term gives, or two neighbours with a space between; the strongest first. */
  readonly terms: readonly { readonly term: string; readonly lift: number }[];
  /** What `maxLead` takes, ≤ 0. */
  readonly bound: number;
}

/** Counts since it was made, and what is held. */
export interface LearnedRankingStats {
  /** Outcomes that taught something. */
  readonly recorded: number;
  /** Outcomes in which no tool was used that had been shown. */
  readonly withoutUse: number;
  /** Used names that had not been shown; they are passed over. */
  readonly usedNotShown: number;
  /** How often the least evident was dropped for want of room. */
  readonly trims: number;
  readonly tools: number;
  readonly features: number;
  readonly pairs: number;
  readonly sizeBytes: number;
}

/**
 * Learns from what agents use which tools queries need: the likelihood ratio of naive Bayes for each term, and each two
 * neighbouring terms, with each tool.
 *
 * With c uses of a tool together with a term, C of all tools, N and T uses in all, p = (C + 1.5) / (T + 300) and a = 100,
 * a term gives ln(1 + c / (a·p)) + ln(a / (N + a)) nats, so that a tool that never got feedback stands at 0.
 * Neighbours weigh 0.7; a term that nobody's query had gives nothing. What the best tool has above `maxLead` nats is
 * then taken from each tool with feedback, times N / (N + 1): it keeps them apart, and no tool without feedback falls
 * farther behind than that. A failed use counts −¼; below 0, c gives −ln(1 − c / (a·p)) with p of at least 1/20, so that
 * a few failures cost a place or two.
 *
 * The same outcomes in the same order give the same scores; there is no clock and no chance in it. Evidence is sums,
 * so that of several nodes can be added. It goes by the tool's name: a tool that leaves the catalogue and comes back,
 * or is replaced with another schema, keeps it, for the queries that it is used for are the same; `reset` it where
 * they aren't, or where another server offers something else under its name.
 * @see docs/decisions/learned-ranking.md
 */
export class LearnedRanking implements MetricSource {
  readonly name = "learned-ranking";
  readonly #options: Required<LearnedRankingOptions>;
  readonly #tools = new LearnedTools();
  readonly #table = new EvidenceTable();
  readonly #evidence = new QueryEvidence(this.#tools, this.#table);
  #boundTo: ToolIds | undefined;
  #boundVersion = -1;
  #boundTools = -1;
  /** Id by the tool's number, -1 for none. */
  #ids = new Int32Array(0);
  #recorded = 0;
  #withoutUse = 0;
  #usedNotShown = 0;
  #trims = 0;

  /** @throws {TypeError} on an unknown option, {RangeError} on a value out of bounds */
  constructor(options: LearnedRankingOptions = {}) {
    this.#options = resolveLearning(options);
  }

  /**
   * Takes an outcome as evidence. Names used but not shown, repeated ones, and those of more than
   * 1,024 characters teach nothing; neither does an outcome in which
   * nothing was used. The first 48 terms count, of at most 128 characters each, and the first 32 names used.
   * @param terms as the lexical ranking analysed them, in the query's order
   * @throws {TypeError} when a part is no array, or a term or name no string; nothing has been learned then
   */
  record(terms: readonly string[], outcome: ToolOutcome): void {
    checkOutcome(terms, outcome);
    const { shown, used, succeeded = true } = outcome;
    this.#evidence.features.read(terms);
    let learned = false;
    for (let i = 0; i < used.length && i < maxUsed; i++) {
      const name = used[i]!;
      if (used.indexOf(name) < i) continue;
      if (!shown.includes(name)) this.#usedNotShown++;
      else if (name.length <= maxNameUnits) {
        this.#learn(name, succeeded ? 1 : -failureWeight);
        learned = true;
      }
    }
    if (learned) this.#recorded++;
    else this.#withoutUse++;
  }

  #learn(name: string, by: number): void {
    const number = this.#tools.number(name);
    this.#tools.add(number, by);
    const { low, high, count } = this.#evidence.features;
    for (let i = 0; i < count; i++) this.#table.add(low[i]!, high[i]!, number, by);
    this.#trim();
  }

  #trim(): void {
    const { maxPairs, maxTools } = this.#options;
    if (this.#table.pairs > maxPairs) {
      this.#table.trim(maxPairs);
      // Both at once, or what a tool was used for would seem rarer than it was.
      this.#tools.keep(() => true, 7 / 8);
      this.#trims++;
    }
    if (this.#tools.size > maxTools) {
      const { uses, names } = this.#tools;
      const order = Array.from(names, (_, number) => number).sort(
        (a, b) => Math.abs(uses[a]!) - Math.abs(uses[b]!) || (names[a]! < names[b]! ? -1 : 1),
      );
      const dropped = new Set(order.slice(0, Math.max(order.length - maxTools, Math.ceil(order.length / 8))));
      this.#drop((number) => dropped.has(number));
      this.#trims++;
    }
  }

  #drop(drops: (number: number) => boolean): void {
    this.#table.rebuild({ tools: this.#tools.keep((number) => !drops(number)) });
  }

  /**
   * Adds what was learned to the scores of all tools, also of those that have none yet. A tool with a score keeps a
   * tenth of it, whatever speaks against it, so that one that fits the words is never lost to what it was used for
   * before.
   * @param terms as for `record`
   * @param scores by id: evidence ≥ 0, as `LexicalRanking` gives it
   */
  lift(terms: readonly string[], scores: Float32Array, ids: ToolIds): void {
    const { weight, maxLead } = this.#options;
    const { size, absent, bound } = this.#tools;
    if (size === 0 || weight === 0) return;
    this.#bind(ids);
    this.#evidence.read(terms);
    const scale = this.#scale(ids);
    const excess = this.#evidence.excess(maxLead);
    const { nats, known } = this.#evidence;
    const ofTool = this.#ids;
    for (let number = 0; number < size; number++) {
      const id = ofTool[number]!;
      const score = scores[id];
      const said = nats[number]!;
      // An id of -1 has no score. Most tools have neither, and nothing but absent terms speaks of them.
      if (score === undefined || (score === 0 && said <= 0)) continue;
      const lifted = score + scale * (said + known * absent[number]! - excess * bound[number]!);
      scores[id] = Math.max(lifted, leastShare * score);
    }
  }

  /** What a nat is worth, after the query was read: as the lexical ranking scales its own. */
  #scale({ size }: ToolIds): number {
    const { singles } = this.#evidence.features;
    return this.#options.weight / (Math.log(2 * size + 2) * Math.sqrt(Math.max(1, singles)));
  }

  #bind(ids: ToolIds): void {
    if (
      this.#boundTo === ids &&
      this.#boundVersion === ids.version &&
      this.#boundTools === this.#tools.version
    )
      return;
    this.#ids = Int32Array.from(this.#tools.names, (name) => ids.idOf(name) ?? -1);
    this.#boundTo = ids;
    this.#boundVersion = ids.version;
    this.#boundTools = this.#tools.version;
  }

  /** @returns what `lift` adds to the tool's score (unless it is kept at a tenth), and why; zeros without feedback */
  explain(terms: readonly string[], name: string, ids: ToolIds): LearnedExplanation {
    const number = this.#tools.numberOf(name);
    if (number === undefined) return { uses: 0, lift: 0, terms: [], bound: 0 };
    this.#evidence.read(terms);
    const scale = this.#scale(ids);
    const bound = -scale * this.#evidence.excess(this.#options.maxLead) * this.#tools.bound[number]!;
    const parts = this.#evidence
      .partsOf(terms, number)
      .map(({ term, nats }) => ({ term, lift: scale * nats }))
      .sort((a, b) => Math.abs(b.lift) - Math.abs(a.lift));
    const lift = parts.reduce((sum, part) => sum + part.lift, bound);
    return { uses: this.#tools.uses[number]!, lift, terms: parts, bound: bound === 0 ? 0 : bound };
  }

  /**
   * Forgets what was learned of a tool, or everything.
   * @returns whether there was anything
   */
  reset(name?: string): boolean {
    if (name === undefined) {
      const any = this.#tools.size > 0;
      this.#drop(() => true);
      return any;
    }
    const number = this.#tools.numberOf(name);
    if (number === undefined) return false;
    this.#drop((other) => other === number);
    return true;
  }

  /**
   * Adds what another has learned, of the same outcomes twice if it is added twice. To share between nodes, each
   * keeps what it learned itself, and adds all of them up in another.
   * @throws {TypeError} when it is no LearnedRanking, {RangeError} when it is this one
   */
  merge(other: LearnedRanking): void {
    if (!(other instanceof LearnedRanking)) rejectType("other", "a LearnedRanking", other);
    if (other === this) reject("other", "another LearnedRanking", this);
    const numbers = other.#tools.names.map((name, number) => {
      const own = this.#tools.number(name);
      this.#tools.add(own, other.#tools.uses[number]!);
      return own;
    });
    const { tools, counts } = other.#table;
    other.#table.forEach((low, high, start, length) => {
      if (length < 0) this.#table.addCommon(low, high);
      for (let place = start; place < start + length; place++)
        this.#table.add(low, high, numbers[tools[place]!]!, counts[place]!);
    });
    this.#trim();
  }

  /**
   * All that was learned, without the options: versioned, with a checksum, little-endian. The same evidence gives the
   * same bytes, in whatever order it came. Terms can't be read from it; names of tools can.
   */
  save(): Uint8Array {
    return writeState(this.#tools, this.#table);
  }

  /**
   * What `save` gave, as another with these options; when they allow less, the least evident is dropped.
   * @throws {LearnedStateError} when the bytes are damaged, cut off, of another version, or something else
   * @throws {TypeError} when they are no Uint8Array, or as the constructor does
   */
  static load(bytes: Uint8Array, options: LearnedRankingOptions = {}): LearnedRanking {
    const loaded = new LearnedRanking(options);
    readState(bytes, loaded.#tools, loaded.#table);
    loaded.#trim();
    return loaded;
  }

  stats(): LearnedRankingStats {
    return {
      recorded: this.#recorded,
      withoutUse: this.#withoutUse,
      usedNotShown: this.#usedNotShown,
      trims: this.#trims,
      tools: this.#tools.size,
      features: this.#table.features,
      pairs: this.#table.pairs,
      sizeBytes: this.#table.sizeBytes,
    };
  }

  *collect(): IterableIterator<MetricSample> {
    const { recorded, withoutUse, usedNotShown, pairs, sizeBytes } = this.stats();
    const feedback = (outcome: string, value: number): MetricSample => ({
      type: "counter",
      name: "victor.tools.learning.outcomes",
      help: "Outcomes of tool selections, by what was learned from them.",
      labels: { outcome },
      value,
    });
    yield feedback("recorded", recorded);
    yield feedback("without_use", withoutUse);
    yield {
      type: "counter",
      name: "victor.tools.learning.used_not_shown",
      help: "Tools reported as used that had not been shown.",
      labels: {},
      value: usedNotShown,
    };
    yield {
      type: "gauge",
      name: "victor.tools.learning.pairs",
      help: "Pairs of a term and a tool with evidence.",
      labels: {},
      value: pairs,
    };
    yield {
      type: "gauge",
      name: "victor.tools.learning.size",
      help: "Memory of the evidence.",
      unit: "By",
      labels: {},
      value: sizeBytes,
    };
  }
}

function checkOutcome(terms: readonly string[], outcome: ToolOutcome): void {
  checkStrings("terms", terms);
  if (typeof outcome !== "object" || outcome === null) rejectType("outcome", "an object", outcome);
  checkStrings("shown", outcome.shown);
  checkStrings("used", outcome.used);
  const { succeeded } = outcome;
  if (succeeded !== undefined && typeof succeeded !== "boolean")
    rejectType("succeeded", "a boolean", succeeded);
}

function checkStrings(name: string, values: unknown): void {
  if (!Array.isArray(values)) rejectType(name, "an array of strings", values);
  for (let i = 0; i < values.length; i++)
    if (typeof values[i] !== "string") rejectType(`${name}[${i}]`, "a string", values[i]);
}
