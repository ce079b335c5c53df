import type { EvidenceTable } from "./evidence-table.ts";
import { type LearnedTools, priorUses } from "./learned-tools.ts";
import { QueryFeatures } from "./query-features.ts";

/** What two neighbouring terms weigh, where a single one weighs 1: they repeat in part what each says. */
const pairWeight = 0.5;

/** What the evidence says about the tools for one query, in nats. Holds until the next `read`. */
export class QueryEvidence {
  readonly features = new QueryFeatures();
  /** By the tool's number. */
  nats: Float64Array = new Float64Array(64);
  #known = 0;
  readonly #tools: LearnedTools;
  readonly #table: EvidenceTable;

  constructor(tools: LearnedTools, table: EvidenceTable) {
    this.#tools = tools;
    this.#table = table;
  }

  /**
   * Sums up, in `nats`, what the query's features say for each tool, without what absent ones say against it.
   * @returns how many single terms have evidence; each says `absent` against every tool with feedback
   */
  read(terms: readonly string[]): number {
    this.features.read(terms);
    const { low, high, count, singles } = this.features;
    const table = this.#table;
    const { tools, counts } = table;
    const { absent, size } = this.#tools;
    const all = Math.max(0, this.#tools.total) + 1;
    if (this.nats.length < size) this.nats = new Float64Array(2 * size);
    const nats = this.nats;
    nats.fill(0, 0, size);
    let known = 0;
    for (let i = 0; i < count; i++) {
      if (!table.find(low[i]!, high[i]!)) continue;
      const isSingle = i < singles;
      if (isSingle) known++;
      const perUse = all / (priorUses * (Math.max(0, table.total) + 0.5));
      const end = table.start + table.length;
      // Most counts of a feature are the same few numbers, and a logarithm takes longer than all the rest.
      let last = 0;
      let lastNats = 0;
      for (let place = table.start; place < end; place++) {
        const number = tools[place]!;
        const uses = counts[place]!;
        if (uses !== last) {
          last = uses;
          lastNats = signedLog(uses * perUse);
        }
        nats[number]! += isSingle ? lastNats : pairWeight * (lastNats + absent[number]!);
      }
    }
    this.#known = known;
    return known;
  }

  /** @returns what the best tool has above `maxLead` nats, after `read` */
  excess(maxLead: number): number {
    const known = this.#known;
    const nats = this.nats;
    const { absent, size } = this.#tools;
    let most = 0;
    for (let number = 0; number < size; number++) {
      const all = nats[number]! + known * absent[number]!;
      if (all > most) most = all;
    }
    return Math.max(0, most - maxLead);
  }

  /** @returns what each feature says for one tool, and against it, after `read` of the same terms */
  partsOf(terms: readonly string[], number: number): { term: string; nats: number }[] {
    const { low, high, count, singles, term, before } = this.features;
    const table = this.#table;
    const all = Math.max(0, this.#tools.total) + 1;
    const absent = this.#tools.absent[number]!;
    const parts: { term: string; nats: number }[] = [];
    for (let i = 0; i < count; i++) {
      if (!table.find(low[i]!, high[i]!)) continue;
      const at = table.tools.subarray(table.start, table.start + table.length).indexOf(number);
      const isSingle = i < singles;
      if (at < 0 && !isSingle) continue;
      const uses = at < 0 ? 0 : table.counts[table.start + at]!;
      const nats = signedLog((uses * all) / (priorUses * (Math.max(0, table.total) + 0.5))) + absent;
      const text = terms[term[i]!]!;
      parts.push({
        term: isSingle ? text : `${terms[before[i]!]} ${text}`,
        nats: isSingle ? nats : pairWeight * nats,
      });
    }
    return parts;
  }
}

/** ln(1 + x), and the same below 0 with the sign turned. */
function signedLog(x: number): number {
  return x >= 0 ? Math.log(1 + x) : -Math.log(1 - x);
}
