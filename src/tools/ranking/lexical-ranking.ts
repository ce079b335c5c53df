import { DuplicateToolError, UnknownToolError } from "../../errors.ts";
import { textOf } from "../catalogue/tool-text.ts";
import { Analyzer } from "../text/analyzer.ts";
import type { ScoredTool, Tool } from "../tool.ts";
import { LexicalIndex } from "./lexical-index.ts";
import { NameMentions } from "./name-mentions.ts";
import { clipped, QueryTerms } from "./query-terms.ts";
import { TopK } from "./top-k.ts";

export class LexicalRanking {
  readonly #analyzer = new Analyzer();
  #index = new LexicalIndex(this.#analyzer);
  #terms = new QueryTerms(this.#analyzer, this.#index);
  #mentions = new NameMentions();
  readonly #ids = new Map<string, number>();
  readonly #names: (string | undefined)[] = [];
  #order = new Float64Array(16);
  #scores = new Float32Array(16);
  #sequence = 0;
  readonly #free: number[] = [];
  readonly #top = new TopK((id) => this.#order[id]!);
  readonly #mentioned: number[] = [];
  readonly #best: number[] = [];

  add(tools: readonly Tool[]): void {
    for (const tool of tools) {
      if (this.#ids.has(tool.name)) throw new DuplicateToolError(tool.name);
      const id = this.#free.pop() ?? this.#names.length;
      this.#put(id, tool);
      this.#order[id] = this.#sequence++;
    }
    this.#terms.forget();
  }
  replace(tools: readonly Tool[]): void {
    for (const tool of tools) {
      const id = this.#ids.get(tool.name);
      if (id === undefined) throw new UnknownToolError(tool.name);
      this.#index.remove(id);
      this.#index.add(id, textOf(tool));
    }
    this.#terms.forget();
  }
  #put(id: number, tool: Tool): void {
    if (id >= this.#scores.length) {
      this.#scores = new Float32Array(id * 2);
      const order = new Float64Array(id * 2);
      order.set(this.#order);
      this.#order = order;
    }
    this.#names[id] = tool.name;
    this.#ids.set(tool.name, id);
    this.#index.add(id, textOf(tool));
    this.#mentions.add(tool.name, id);
  }
  get size(): number { return this.#ids.size; }
  score(query: string): Float32Array {
    this.#terms.read(query, this.#ids.size);
    const { terms, weights, count } = this.#terms;
    const scores = this.#scores.fill(0);
    for (let i = 0; i < count; i++) this.#index.postings.accumulate(terms[i]!, weights[i]!, scores);
    this.#mentions.find(clipped(query), this.#mentioned);
    return scores;
  }
  get bound(): number { return this.#terms.bound; }
  top(query: string, k: number): ScoredTool[] {
    const scores = this.score(query);
    const top = this.#top;
    top.reset(k);
    for (let i = 0; i < this.#mentioned.length; i++) scores[this.#mentioned[i]!] = 1e9 - i;
    let floor = 0;
    for (let id = 0, n = this.#names.length; id < n; id++) {
      const score = scores[id]!;
      if (score > floor || (score === floor && score > 0)) { top.offer(id, score); floor = Math.max(0, top.floor); }
    }
    top.drain(this.#best);
    const scale = this.#terms.bound === 0 ? 0 : 1 / this.#terms.bound;
    return this.#best.map((id) => ({ name: this.#names[id]!, score: Math.min(1, scores[id]! * scale) }));
  }
}
