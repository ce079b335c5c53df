/** Standard deviation of a percentile under chance: uniform on 0 … 1. */
const chanceDeviation = Math.sqrt(1 / 12);
/** What the mean percentile must reach, two standard errors below it. Chance gives 0.5, poor models of words 0.9. */
const enough = 0.6;
const fewest = 3;
/** Later queries outweigh earlier ones: about so many of them count. */
const remembered = 100;
/** Queries from which on what they say counts too. */
const fewestQueries = 8;

/** Percentiles seen, as sums that can be saved. */
export interface TrustState {
  readonly probes: number;
  readonly probesSum: number;
  readonly queries: number;
  readonly queriesSum: number;
}

/**
 * Judges an embedder without labels, by percentiles: which share of the tools does it put below the one that is right?
 * Right is known twice. A tool's own description, asked as a query, should find the tool: that is tried when tools are
 * embedded. And where the words of a query single out one tool, vectors should find it near the top too: that is
 * watched as queries come. Chance gives a mean of 0.5 in both.
 */
export class EmbedderTrust {
  #probes = 0;
  #probesSum = 0;
  #queries = 0;
  #queriesSum = 0;

  /** A description that was asked as a query. @param percentile 0 to 1 */
  probe(percentile: number): void {
    this.#probes++;
    this.#probesSum += percentile;
  }

  /** A query whose words single out one tool. @param percentile of that tool by its vector, 0 to 1 */
  query(percentile: number): void {
    const kept = this.#queries < remembered ? 1 : 1 - 1 / remembered;
    this.#queries = this.#queries * kept + 1;
    this.#queriesSum = this.#queriesSum * kept + percentile;
  }

  /** Whether the embedder is better than chance, by all that was seen. */
  get isTrusted(): boolean {
    if (this.#probes < fewest || !isEnough(this.#probesSum, this.#probes)) return false;
    return this.#queries < fewestQueries || isEnough(this.#queriesSum, this.#queries);
  }

  /** Mean percentile of the probes, and of the queries; `undefined` before the first. */
  get means(): { readonly probes: number | undefined; readonly queries: number | undefined } {
    return {
      probes: this.#probes === 0 ? undefined : this.#probesSum / this.#probes,
      queries: this.#queries === 0 ? undefined : this.#queriesSum / this.#queries,
    };
  }

  state(): TrustState {
    return {
      probes: this.#probes,
      probesSum: this.#probesSum,
      queries: this.#queries,
      queriesSum: this.#queriesSum,
    };
  }

  restore({ probes, probesSum, queries, queriesSum }: TrustState): void {
    this.#probes = probes;
    this.#probesSum = probesSum;
    this.#queries = queries;
    this.#queriesSum = queriesSum;
  }
}

function isEnough(sum: number, count: number): boolean {
  return sum / count - (2 * chanceDeviation) / Math.sqrt(count) >= enough;
}
