import { latencyPercentiles } from "../tools/evaluation/latency-percentiles.ts";
import { RankingEvaluation } from "../tools/evaluation/ranking-measures.ts";
import type { SelectContext } from "../tools/select-context.ts";
import type { Tool } from "../tools/tool.ts";
import { ToolSelector } from "../tools/tool-selector.ts";
import type { LabelledQuery } from "./query-file.ts";

/** How right and how fast selections were. Shares are from 0 to 1. */
export interface EvaluatedQueries {
  readonly tools: number;
  /** Queries that have a tool. */
  readonly queries: number;
  /** By k: mean share of the right tools that are among the first k. */
  readonly recall: Readonly<Record<string, number>>;
  /** By k: share of queries of which all right tools are among the first k. */
  readonly complete: Readonly<Record<string, number>>;
  readonly mrr: number | undefined;
  /** Queries labelled with no tool, and the share of them for which none was chosen but pinned ones. */
  readonly nothingFits: { readonly queries: number; readonly share: number | undefined };
  /** Labels that the catalogue doesn't have. */
  readonly unknownTools: readonly string[];
  /** Of uncached selections, milliseconds; the first one apart from the others. */
  readonly latencyMs: {
    readonly first: number;
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
}

const depths = [1, 3, 5, 10];

/** Ranks each query once, uncached, learning nothing. @param queries at least one */
export async function evaluateQueries(
  tools: readonly Tool[],
  queries: readonly LabelledQuery[],
  threshold: number,
): Promise<EvaluatedQueries> {
  const selector = new ToolSelector({
    tools,
    k: Math.max(...depths),
    threshold,
    caches: false,
    learning: false,
  });
  const names = new Set(selector.names());
  const pinned = new Set(tools.filter((tool) => tool.pinned === true).map(({ name }) => name));
  const evaluation = new RankingEvaluation(depths);
  const latencies: number[] = [];
  const unknown = new Set<string>();
  let without = 0;
  let withoutChoice = 0;
  for (const { query, tools: right, ...context } of queries) {
    const startedMs = performance.now();
    const chosen = selector.select(query, context as SelectContext).tools;
    latencies.push(performance.now() - startedMs);
    for (const name of right) if (!names.has(name)) unknown.add(name);
    if (right.length === 0) {
      without++;
      if (chosen.every(({ name }) => pinned.has(name))) withoutChoice++;
    } else
      evaluation.add(
        chosen.map(({ name }) => name),
        Array.from(new Set(right)),
      );
  }
  const { queries: labelled, recall, complete, mrr } = evaluation.summary();
  const first = latencies[0] as number;
  const later = latencyPercentiles(latencies.slice(1)) ?? { p50: first, p90: first, p99: first, max: first };
  return {
    tools: names.size,
    queries: labelled,
    recall: Object.fromEntries(recall),
    complete: Object.fromEntries(complete),
    mrr,
    nothingFits: { queries: without, share: without === 0 ? undefined : withoutChoice / without },
    unknownTools: Array.from(unknown),
    latencyMs: { first, p50: later.p50, p90: later.p90, p99: later.p99, max: later.max },
  };
}
