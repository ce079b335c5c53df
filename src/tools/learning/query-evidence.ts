import type { EvidenceTable } from "./evidence-table.ts";
import { type LearnedTools, priorUses } from "./learned-tools.ts";
import { QueryFeatures } from "./query-features.ts";
import { signedLog } from "./signed-log.ts";

/** What two neighbouring terms weigh, where a single one weighs 1: in part they repeat what each says. */
const pairWeight = 0.7;

/** What the evidence says about the tools for one query, in nats. Holds until the next `read`. */
export class QueryEvidence {
  readonly features = new QueryFeatures();
  /** By the tool's number. */
  nats: Float64Array = new Float64Array(64);
  readonly #tools: LearnedTools;
  readonly #table: EvidenceTable;

  constructor(tools: LearnedTools, table: EvidenceTable) {
    this.#tools = tools;
    this.#table = table;
  }

  /** Sums up in `nats` what the query's features say for each tool, and against it. */
  read(terms: readonly string[]): void {
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
      const perUse = all / (priorUses * (Math.max(0, table.total) + 0.5));
      const end = table.start + table.length;
      for (let place = table.start; place < end; place++) {
        const number = tools[place]!;
        const said = signedLog(counts[place]! * perUse);
        nats[number]! += isSingle ? said : pairWeight * (said + absent[number]!);
      }
      if (isSingle) known++;
    }
    if (known > 0) for (let number = 0; number < size; number++) nats[number]! += known * absent[number]!;
  }

  /** @returns what the best tool has above `maxLead` nats, after `read` */
  excess(maxLead: number): number {
    const { nats } = this;
    const { size } = this.#tools;
    let most = maxLead;
    for (let number = 0; number < size; number++) if (nats[number]! > most) most = nats[number]!;
    return most - maxLead;
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
