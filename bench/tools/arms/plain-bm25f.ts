import { textOf } from "../../../src/tools/catalogue/tool-text.ts";
import type { Tool } from "../../../src/tools/tool.ts";

const stop = new Set(
  "a an the of to in on for and or is are was i me my you your it this that with by as at from do can".split(
    " ",
  ),
);
const weights = { name: 2, description: 1, parameters: 0.5 };
const k1 = 1.2;
const b = 0.75;

const wordsOf = (text: string): string[] =>
  (
    text
      .replace(/([a-z])([A-Z])/g, "$1 $2")
      .toLowerCase()
      .match(/[a-z]+|\d+/g) ?? []
  ).filter((word) => !stop.has(word));

/** The trivial rival: BM25F as one writes it down from the paper, without stems. */
export class PlainBm25f {
  readonly #names: string[];
  readonly #postings = new Map<string, [document: number, impact: number][]>();

  constructor(tools: readonly Tool[]) {
    this.#names = tools.map(({ name }) => name);
    const fields = Object.keys(weights) as (keyof typeof weights)[];
    const texts = tools.map(textOf);
    const words = texts.map((text) => fields.map((field) => wordsOf(text[field])));
    const means = fields.map((_, f) => words.reduce((sum, of) => sum + of[f]!.length, 0) / tools.length || 1);
    for (const [document, of] of words.entries()) {
      const sums = new Map<string, number>();
      for (const [f, field] of fields.entries())
        for (const word of of[f]!) {
          const norm = 1 - b + (b * of[f]!.length) / means[f]!;
          sums.set(word, (sums.get(word) ?? 0) + weights[field] / norm);
        }
      for (const [word, sum] of sums) {
        const list = this.#postings.get(word) ?? [];
        list.push([document, (sum * (k1 + 1)) / (sum + k1)]);
        this.#postings.set(word, list);
      }
    }
  }

  top(query: string, k: number): string[] {
    const scores = new Map<number, number>();
    for (const word of wordsOf(query)) {
      const list = this.#postings.get(word);
      if (list === undefined) continue;
      const idf = Math.log(1 + (this.#names.length - list.length + 0.5) / (list.length + 0.5));
      for (const [document, impact] of list) scores.set(document, (scores.get(document) ?? 0) + idf * impact);
    }
    return Array.from(scores)
      .sort((x, y) => y[1] - x[1])
      .slice(0, k)
      .map(([document]) => this.#names[document]!);
  }
}
