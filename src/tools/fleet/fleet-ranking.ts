import type { Ranked, Ranker } from "../ranker.ts";
import { roleOf, type SelectContext, textOf } from "../select-context.ts";
import type { ToolVectors } from "../vectors/tool-vectors.ts";
import type { SharedSelection, ToolFleet } from "./tool-fleet.ts";

/** A query that is to be ranked with its vector. */
export interface FleetQuery {
  readonly query: string;
  readonly context: SelectContext;
  readonly k: number;
  readonly now: number;
}

/** What a query came to. */
export interface RankedQuery {
  readonly ranked: Ranked;
  /** `undefined` where it couldn't be made in time. */
  readonly vector: Int8Array | undefined;
}

/** Ranks with a vector; of the same question, one node of a fleet for all. */
export async function rankWithVector(
  ranker: Ranker,
  vectors: ToolVectors,
  { query, context, k, now }: FleetQuery,
  fleet: ToolFleet | undefined,
  parts: readonly unknown[] | undefined,
): Promise<RankedQuery> {
  const rank = (vector: Int8Array | undefined): RankedQuery => ({
    ranked: ranker.rank(query, context, k, now, vector, vectors.index),
    vector,
  });
  if (fleet === undefined || parts === undefined)
    return rank(query === "" ? undefined : await vectors.query(query));
  const made: RankedQuery[] = [];
  const { version } = ranker;
  const shared = await fleet.selection(
    parts,
    (outcomes) => ranker.outcomes - outcomes <= ranker.lag,
    async () => {
      const own = rank(await vectors.query(query));
      made.push(own);
      return own.vector === undefined || version !== ranker.version
        ? undefined
        : sharedSelection(own.ranked, own.vector, ranker.outcomes);
    },
  );
  // Who waited for another's that was of no use to others has no vector either: words decide.
  if (made.length > 0 || shared === undefined || version !== ranker.version)
    return made.at(-1) ?? rank(undefined);
  const { tools, candidates } = shared;
  return {
    ranked: { tools, candidates, terms: ranker.termsOf(query) },
    vector: Int8Array.from(shared.vector),
  };
}

/**
 * What a selection depends on beside its query's vector, on whichever node.
 * @param settings of the selector
 * @returns `undefined` where it can't be shared: without a query, or while tools have no vectors yet
 */
export function sharedParts(
  { fingerprint, lexical }: Ranker,
  { index }: ToolVectors,
  settings: readonly unknown[],
  { query, context, k }: Omit<FleetQuery, "now">,
): readonly unknown[] | undefined {
  if (query === "" || index?.size !== lexical.size) return undefined;
  const { history = [], pendingActions = [], taskType = "" } = context;
  const messages = history.map((message) => [roleOf(message), textOf(message)]);
  return [fingerprint, index.dimensions, ...settings, k, query, taskType, messages, pendingActions];
}

function sharedSelection(
  { tools, candidates }: Ranked,
  vector: Int8Array,
  outcomes: number,
): SharedSelection {
  return {
    tools: tools.map(({ name, score }) => ({ name, score })),
    candidates: candidates.map((candidate) => ({ ...candidate })),
    vector: Array.from(vector),
    outcomes,
  };
}
