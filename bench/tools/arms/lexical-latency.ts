import { readFileSync } from "node:fs";
import type { Arm } from "../../../src/measure/index.ts";
import { LexicalRanking } from "../../../src/tools/ranking/lexical-ranking.ts";
import { catalogueOf, queriesFor } from "./data.ts";
import { type RankerId, rankers } from "./rankers.ts";

export interface QueryArgs {
  readonly id: RankerId;
  readonly tools: number;
}

/** The last so many calls are looked at. */
const kept = 20_000;
/** Before all that is counted, each ranker runs so long or so many queries, whichever ends first. */
const warmUp = { ms: 600, queries: 20_000 };

/** One operation: the best five tools for the next query. Counters are percentiles of single calls, in microseconds. */
export function query(args: unknown): Arm {
  const { id, tools } = args as QueryArgs;
  const rank = rankers[id](catalogueOf(tools));
  const queries = queriesFor(tools);
  const times = new Float64Array(kept);
  let calls = 0;
  let found = 0;
  const end = performance.now() + warmUp.ms;
  for (let i = 0; i < warmUp.queries && performance.now() < end; i++)
    found += rank(queries[i % queries.length]!, 5).length;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        const text = queries[calls % queries.length]!;
        const start = performance.now();
        const names = rank(text, 5);
        times[calls++ % kept] = (performance.now() - start) * 1000;
        found += names.length;
      }
    },
    answer: () => found > 0,
    counters: () => {
      const sorted = times.subarray(0, Math.min(calls, kept)).sort();
      const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
      return { p50: at(0.5), p99: at(0.99) };
    },
  };
}

export interface FirstCallArgs {
  readonly id: RankerId;
  readonly tools: number;
  readonly isWarmedUp: boolean;
}

/** One operation, of one only: the first query of a process. */
export function firstCall(args: unknown): Arm {
  const { id, tools, isWarmedUp } = args as FirstCallArgs;
  const catalogue = catalogueOf(tools);
  const [text] = queriesFor(tools);
  const ranking = id === "ours" ? new LexicalRanking(catalogue) : undefined;
  const rank = ranking === undefined ? rankers[id](catalogue) : (q: string) => ranking.top(q);
  if (isWarmedUp) ranking?.warmUp();
  let found = 0;
  return {
    run: () => {
      found += rank(text!, 5).length;
    },
    answer: () => found > 0,
  };
}

/** One operation, of one only: an index is loaded in a process that did nothing before. */
export function load(args: unknown): Arm {
  const { path } = args as { readonly path: string };
  const bytes = readFileSync(path);
  let size = 0;
  return {
    run: () => {
      size = LexicalRanking.load(bytes).size;
    },
    answer: () => size,
  };
}
