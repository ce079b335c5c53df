import type { Tool } from "../../../tools/tool.ts";

interface Document {
  readonly name: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
}

const k1 = 1.2;
const b = 0.75;

/**
 * What is written by hand first: every query is compared with every tool by Okapi BM25 over name, description and
 * parameters.
 * @see Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009
 */
export class Bm25Scan {
  readonly #documents: readonly Document[];
  readonly #frequencies = new Map<string, number>();
  readonly #meanLength: number;

  constructor(tools: readonly Tool[]) {
    this.#documents = tools.map((tool) => {
      const words = wordsOf(searchText(tool));
      const counts = new Map<string, number>();
      for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
      return { name: tool.name, counts, length: words.length };
    });
    for (const { counts } of this.#documents)
      for (const word of counts.keys()) this.#frequencies.set(word, (this.#frequencies.get(word) ?? 0) + 1);
    this.#meanLength = this.#documents.reduce((sum, { length }) => sum + length, 0) / tools.length;
  }

  /** @returns names of the best tools that share a word with the query, best first */
  select(query: string, k: number): string[] {
    const words = new Set(wordsOf(query));
    const scored: { readonly name: string; readonly score: number }[] = [];
    for (const { name, counts, length } of this.#documents) {
      let score = 0;
      for (const word of words) {
        const count = counts.get(word);
        if (count === undefined) continue;
        const tools = this.#frequencies.get(word) ?? 0;
        const rarity = Math.log(1 + (this.#documents.length - tools + 0.5) / (tools + 0.5));
        score += (rarity * count * (k1 + 1)) / (count + k1 * (1 - b + (b * length) / this.#meanLength));
      }
      if (score > 0) scored.push({ name, score });
    }
    return scored
      .sort((first, second) => second.score - first.score)
      .slice(0, k)
      .map(({ name }) => name);
  }
}

/** Name, description and parameters of a tool, as one text. */
export function searchText({ name, description = "", inputSchema }: Tool): string {
  const { properties } = (inputSchema ?? {}) as {
    readonly properties?: Readonly<Record<string, { description?: string }>>;
  };
  const parameters = Object.entries(properties ?? {}).map(
    ([key, schema]) => `${key} ${schema.description ?? ""}`,
  );
  return `${name} ${description} ${parameters.join(" ")}`;
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\d]+/gu) ?? [];
