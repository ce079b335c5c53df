import { type EvidenceTable, maxToolsOfFeature } from "./evidence-table.ts";
import { type LearnedTools, priorUses } from "./learned-tools.ts";
import { QueryFeatures } from "./query-features.ts";
import { signedLog } from "./signed-log.ts";

/** What two neighbouring terms weigh, where a single one weighs 1: in part they repeat what each says. */
const pairWeight = 0.7;

/**
 * Uses with all kinds of terms that are supposed to have gone before, and how many of them had a given term: at first every
 * term is rare, so that the first outcomes say something, however alike they are.
 */
const supposedUses = 300;
const supposedWithTerm = 1.5;
/**
 * Against a tool a term counts as no rarer than this share of uses: that a rare one came with a success says much, but a
 * failure can have many reasons, whatever the words.
 */
const leastShareAgainst = 1 / 20;

/**
 * @param uses signed, of a tool with a feature
 * @param perUse 1 / (a·p)
 * @returns nats, without what absent terms say
 */
function natsOf(uses: number, perUse: number): number {
  return signedLog(uses * (uses < 0 ? Math.min(perUse, 1 / (priorUses * leastShareAgainst)) : perUse));
}

/** What the evidence says about the tools for one query, in nats. Holds until the next `read`. */
export class QueryEvidence {
  readonly features = new QueryFeatures();
  /** By the tool's number: what the features that came with it say. */
  nats: Float64Array = new Float64Array(64);
  /** So many single terms have evidence; each says `absent` of every tool besides. */
  known = 0;
  /** The tools in `nats`, so that the others need not be looked at. */
  #spokenFor = new Int32Array(64);
  #count = 0;
  readonly #tools: LearnedTools;
  readonly #table: EvidenceTable;

  constructor(tools: LearnedTools, table: EvidenceTable) {
    this.#tools = tools;
    this.#table = table;
  }

  /** Sums up what the query's features say for each tool. */
  read(terms: readonly string[]): void {
    this.features.read(terms);
    this.#clear();
    const { low, high, count, singles } = this.features;
    const { nats } = this;
    const spokenFor = this.#spokenFor;
    const table = this.#table;
    const { tools, counts } = table;
    const { absent } = this.#tools;
    const all = Math.max(0, this.#tools.total) + supposedUses;
    let known = 0;
    let spoken = 0;
    for (let i = 0; i < count; i++) {
      if (!table.find(low[i]!, high[i]!)) continue;
      const isSingle = i < singles;
      if (isSingle) known++;
      const perUse = all / (priorUses * (Math.max(0, table.total) + supposedWithTerm));
      const end = table.start + table.length;
      for (let place = table.start; place < end; place++) {
        const number = tools[place]!;
        const said = natsOf(counts[place]!, perUse);
        const before = nats[number]!;
        // Twice in the list, when a sum comes back to 0, does no harm; the list has room for every pair.
        if (before === 0) spokenFor[spoken++] = number;
        nats[number] = before + (isSingle ? said : pairWeight * (said + absent[number]!));
      }
    }
    this.known = known;
    this.#count = spoken;
  }

  #clear(): void {
    const { size } = this.#tools;
    if (this.nats.length < size) this.nats = new Float64Array(2 * size);
    else for (let i = 0; i < this.#count; i++) this.nats[this.#spokenFor[i]!] = 0;
    const most = this.features.count * maxToolsOfFeature;
    if (this.#spokenFor.length < most) this.#spokenFor = new Int32Array(most);
  }

  /** @returns what the best tool has above `maxLead` nats, after `read` */
  excess(maxLead: number): number {
    const { nats, known } = this;
    const { absent } = this.#tools;
    let most = maxLead;
    for (let i = 0; i < this.#count; i++) {
      const number = this.#spokenFor[i]!;
      const all = nats[number]! + known * absent[number]!;
      if (all > most) most = all;
    }
    return most - maxLead;
  }

  /** @returns what each feature says for one tool, and against it, after `read` of the same terms */
  partsOf(terms: readonly string[], number: number): { term: string; nats: number }[] {
    const { low, high, count, singles, term, before } = this.features;
    const table = this.#table;
    const all = Math.max(0, this.#tools.total) + supposedUses;
    const absent = this.#tools.absent[number]!;
    const parts: { term: string; nats: number }[] = [];
    for (let i = 0; i < count; i++) {
      if (!table.find(low[i]!, high[i]!)) continue;
      const at = table.tools.subarray(table.start, table.start + table.length).indexOf(number);
      const isSingle = i < singles;
      if (at < 0 && !isSingle) continue;
      const uses = at < 0 ? 0 : table.counts[table.start + at]!;
      const perUse = all / (priorUses * (Math.max(0, table.total) + supposedWithTerm));
      const nats = natsOf(uses, perUse) + absent;
      const text = terms[term[i]!]!;
      parts.push({
        term: isSingle ? text : `${terms[before[i]!]} ${text}`,
        nats: isSingle ? nats : pairWeight * nats,
      });
    }
    return parts;
  }
}
