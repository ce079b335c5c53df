/** Data sets with the embedders that are tried on them. The sets of others are read from `../shared/data` beside the project. */
import { seededRandom, shuffled } from "../../../src/measure/index.ts";
import { RankingEvaluation } from "../../../src/tools/evaluation/ranking-measures.ts";
import { codingAssistantQueries, codingAssistantTools } from "../../../src/tools/example/coding-assistant.ts";
import type { Tool } from "../../../src/tools/tool.ts";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";
import type { Embedder } from "../../../src/tools/vectors/embedder.ts";
import { chanceEmbedder, constantEmbedder, gramEmbedder } from "../../../test/support/embedders.ts";
import { type LabelledQuery, readBfcl, readMetaTool } from "../arms/data.ts";

/** A query with all tools that are right. */
export interface Query {
  readonly query: string;
  readonly tools: readonly string[];
}

export interface FusionSet {
  readonly title: string;
  readonly tools: readonly Tool[];
  readonly queries: readonly Query[];
  readonly embedders: readonly (readonly [name: string, embedder: Embedder])[];
}

const tested = 800;
const learnedFrom = 2_000;
const dimensions = 256;
const useless: FusionSet["embedders"] = [
  ["chance", chanceEmbedder],
  ["one vector for all", constantEmbedder],
];
const honest: FusionSet["embedders"] = [["hashed n-grams", gramEmbedder], ...useless];

export function fusionSets(): readonly FusionSet[] {
  const random = seededRandom(1);
  const metatool = readMetaTool();
  const bfcl = readBfcl();
  const known = metatool.development.slice(0, learnedFrom).map(named);
  return [
    {
      title: "MetaTool",
      tools: metatool.tools,
      queries: metatool.test.slice(0, tested).map(named),
      embedders: [...honest, ["learned from queries", coOccurrence(known)]],
    },
    {
      title: "BFCL",
      // Of functions with one name, the last.
      tools: Array.from(new Map(bfcl.tools.map((tool) => [tool.name, tool])).values()),
      queries: shuffled(bfcl.test, random).slice(0, tested).map(named),
      embedders: honest,
    },
    {
      title: "the coding assistant",
      tools: codingAssistantTools,
      queries: codingAssistantQueries.filter(({ tools }) => tools.length > 0),
      embedders: honest,
    },
  ];
}

/** Recall in percent, and what the selector thinks of the embedder. */
export async function evaluate(
  tools: readonly Tool[],
  queries: readonly Query[],
  embedder: Embedder | undefined,
) {
  const selector = new ToolSelector({ tools, caches: false, learning: false, ...(embedder && { embedder }) });
  await selector.ready();
  const evaluation = new RankingEvaluation([1, 5]);
  for (const { query, tools: right } of queries) {
    const { tools: chosen } = await selector.select(query);
    evaluation.add(
      chosen.map(({ name }) => name),
      right,
    );
  }
  const { recall } = evaluation.summary();
  return {
    recall1: 100 * (recall.get(1) ?? 0),
    recall5: 100 * (recall.get(5) ?? 0),
    trusted: false,
    weight: 0,
    ...selector.getStats().fusion,
  };
}

function named({ text, tools }: LabelledQuery): Query {
  return { query: text, tools };
}

/** Stands in for a model that knows what words mean: a word's vector is the mean of its queries' tools, which are random. */
function coOccurrence(queries: readonly Query[]): Embedder {
  const words = new Map<string, { sum: Float32Array; count: number }>();
  const toolVectors = new Map<string, Float32Array>();
  for (const { query, tools } of queries)
    for (const tool of tools) {
      const random = seededRandom(toolVectors.size + 1);
      const vector =
        toolVectors.get(tool) ?? Float32Array.from({ length: dimensions }, () => 2 * random() - 1);
      toolVectors.set(tool, vector);
      for (const word of new Set(wordsOf(query))) {
        const known = words.get(word) ?? { sum: new Float32Array(dimensions), count: 0 };
        words.set(word, known);
        known.count++;
        for (const [i, value] of vector.entries()) known.sum[i]! += value;
      }
    }
  const embedOne = (text: string): Float32Array => {
    const vector = new Float32Array(dimensions);
    for (const word of new Set(wordsOf(text))) {
      const known = words.get(word);
      if (known !== undefined)
        for (const [i, value] of known.sum.entries()) vector[i]! += value / known.count;
    }
    return vector;
  };
  return { dimensions, embed: (texts) => texts.map(embedOne) };
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\d]+/gu) ?? [];
