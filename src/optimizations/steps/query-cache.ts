import { type OptimizationStep, unchanged } from "../step.ts";

/**
 * Results of a program's own queries aren't cached: from outside nothing tells which of its connections share a
 * transaction, a role or a search path. `DatabaseOptimizer` caches what is run through it, and knows.
 */
export const queryCache: OptimizationStep = {
  id: "query-cache",
  title: "Cache of query results",
  risk: "opt-in",
  apply: () =>
    unchanged(
      "left-alone",
      "a driver's own calls don't tell their transaction, role and search path; run what should be cached through handle.database",
    ),
};
