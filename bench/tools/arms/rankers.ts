import MiniSearch from "minisearch";
import bm25 from "wink-bm25-text-search";
import nlp from "wink-nlp-utils";
import { textOf } from "../../../src/tools/catalogue/tool-text.ts";
import { LexicalRanking } from "../../../src/tools/ranking/lexical-ranking.ts";
import type { Tool } from "../../../src/tools/tool.ts";
import { PlainBm25f } from "./plain-bm25f.ts";

/** @returns names of the best k tools */
export type Rank = (query: string, k: number) => string[];

/** Each ranker with all of its index built. All get the same texts of the same three fields, and weigh names double. */
export const rankers = {
  ours: (tools: readonly Tool[]): Rank => {
    const ranking = new LexicalRanking(tools);
    return (query, k) => ranking.top(query, { k }).map(({ name }) => name);
  },
  miniSearch: (tools: readonly Tool[]): Rank => {
    const search = new MiniSearch({
      fields: ["name", "description", "parameters"],
      searchOptions: { boost: { name: 2, parameters: 0.5 } },
    });
    search.addAll(tools.map((tool, id) => ({ id, ...textOf(tool) })));
    return (query, k) =>
      search
        .search(query)
        .slice(0, k)
        .map(({ id }) => tools[id as number]!.name);
  },
  wink: (tools: readonly Tool[]): Rank => {
    const engine = bm25();
    engine.defineConfig({ fldWeights: { name: 2, description: 1, parameters: 0.5 } });
    engine.definePrepTasks([
      nlp.string.lowerCase,
      nlp.string.removeExtraSpaces,
      nlp.string.tokenize0,
      nlp.tokens.removeWords,
      nlp.tokens.stem,
    ]);
    for (const [id, tool] of tools.entries()) engine.addDoc(textOf(tool), id);
    engine.consolidate();
    return (query, k) => engine.search(query, k).map(([id]) => tools[Number(id)]!.name);
  },
  plain: (tools: readonly Tool[]): Rank => {
    const ranking = new PlainBm25f(tools);
    return (query, k) => ranking.top(query, k);
  },
};

export type RankerId = keyof typeof rankers;
