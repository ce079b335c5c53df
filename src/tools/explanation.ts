import type { LearnedExplanation } from "./learning/learned-ranking.ts";
import type { Ranker } from "./ranker.ts";
import type { RankingExplanation } from "./ranking/explanation.ts";
import type { RememberedSelection } from "./remembered-selection.ts";
import type { VectorIndex } from "./vectors/vector-index.ts";

/** Why a tool was chosen. Parts are points of one scale, whose sum made the order. */
export interface ToolExplanation {
  readonly name: string;
  /** As it was given. */
  readonly score: number;
  readonly pinned: boolean;
  /** By words of the query: terms and fields with what each gives. */
  readonly words: RankingExplanation;
  /** By vectors: the cosine, and the share of full evidence; `undefined` when there was none. */
  readonly vector: { readonly cosine: number; readonly weight: number } | undefined;
  /** By outcomes of queries with the same terms; `undefined` when nothing is learned. */
  readonly feedback: LearnedExplanation | undefined;
  /** By outcomes of tasks of the same kind. */
  readonly task: LearnedExplanation | undefined;
}

/** Why a selection is what it is. */
export interface Explanation {
  readonly id: string;
  /** Up to 8,192 characters of it. */
  readonly query: string;
  /** What the query was found by: stems, without stop words, misspelt ones corrected. */
  readonly terms: readonly string[];
  readonly tools: readonly ToolExplanation[];
}

export function explainSelection(
  id: string,
  { query, terms, tools, vector, taskType }: RememberedSelection,
  { catalogue, lexical, learned, tasks, fusion, ids }: Ranker,
  index: VectorIndex | undefined,
): Explanation {
  const cosines = new Map<string, number>();
  if (vector !== undefined) index?.cosines(vector, (name, cosine) => cosines.set(name, cosine));
  const explained: ToolExplanation[] = [];
  for (const { name, score } of tools) {
    const tool = catalogue.get(name);
    if (tool === undefined) continue;
    const cosine = cosines.get(name);
    explained.push({
      name,
      score,
      pinned: tool.pinned === true,
      words: lexical.explain(query, tool),
      vector: cosine === undefined ? undefined : { cosine, weight: fusion.weight },
      feedback: learned?.explain(terms, name, ids),
      task: taskType === undefined ? undefined : tasks?.explain([taskType], name, ids),
    });
  }
  return { id, query, terms, tools: explained };
}
