export type { SelectionCacheOptions, SelectionCacheStats } from "./caches/selection-cache.ts";
export { ToolCatalogue } from "./catalogue/tool-catalogue.ts";
export { type LatencyPercentiles, latencyPercentiles } from "./evaluation/latency-percentiles.ts";
export {
  completeAt,
  RankingEvaluation,
  type RankingSummary,
  recallAt,
  reciprocalRank,
} from "./evaluation/ranking-measures.ts";
export {
  codingAssistantQueries,
  codingAssistantTools,
  type ExampleQuery,
} from "./example/coding-assistant.ts";
export type { Explanation, ToolExplanation } from "./explanation.ts";
export type { SharingStats } from "./fleet/learning-exchange.ts";
export type { SharingOptions } from "./fleet/sharing-options.ts";
export type { ToolFleetStats } from "./fleet/tool-fleet.ts";
export {
  type LearnedExplanation,
  LearnedRanking,
  type LearnedRankingStats,
  type ToolOutcome,
} from "./learning/learned-ranking.ts";
export type { LearnedRankingOptions } from "./learning/learning-options.ts";
export type { RankingExplanation, TermExplanation } from "./ranking/explanation.ts";
export { LexicalRanking, type RankOptions } from "./ranking/lexical-ranking.ts";
export type { Message, SelectContext } from "./select-context.ts";
export type { CacheSelector, Selection, SelectionOutcome } from "./selection.ts";
export type {
  SelectorCacheOptions,
  SelectorLearningOptions,
  ToolSelectorOptions,
} from "./selector-options.ts";
export type { SelectorStats } from "./selector-stats.ts";
export type { JsonSchema, ScoredTool, Tool } from "./tool.ts";
export { ToolSelector } from "./tool-selector.ts";
export type { Embedder } from "./vectors/embedder.ts";
