import type { Ranker } from "./ranker.ts";
import type { ResolvedSelectorOptions } from "./selector-options.ts";
import type { Tool } from "./tool.ts";

/** Enough for V8 to compile what a selection runs, in some ten milliseconds. */
const warmUpTools = 200;
const warmUpQueries = 600;
const longestWarmUpMs = 100;

/**
 * Runs queries made of the tools' own names.
 * @param selectorOf makes the selector that is asked beside the ranker
 * @returns queries that were run
 */
export function warmUp(
  ranker: Ranker,
  selectorOf: (tools: readonly Tool[]) => { select(query: string): unknown },
  { clock, k }: ResolvedSelectorOptions,
): number {
  const { lexical } = ranker;
  const ids = Array.from({ length: Math.min(warmUpTools, lexical.idLimit) }, (_, id) => id);
  const names = ids.map((id) => lexical.nameOf(id)).filter((name) => name !== undefined);
  if (names.length === 0) return 0;
  const other = selectorOf(names.map((name) => ({ name })));
  const untilMs = clock.now() + longestWarmUpMs;
  let count = 0;
  for (; count < warmUpQueries && clock.now() < untilMs; count++) {
    const [first, second, third] = [0, 7, 13].map((step) => names[(count * step + step) % names.length]);
    const query = `${first} with ${second}, and then ${third}? ${count}`.replace(/[_.-]/g, " ");
    other.select(query);
    other.select(query);
    ranker.rank(query, {}, k, 0);
  }
  return count;
}
