import { knownKeys, oneOf, optionsObject, rejectType } from "../options.ts";
import type { ScoredTool } from "./tool.ts";
import type { Embedder } from "./vectors/embedder.ts";

/** Tools chosen for a query. */
export interface Selection {
  /** For `recordOutcome` and `explain`. */
  readonly id: string;
  /** Frozen; shared by all selections that came from one ranking. */
  readonly tools: readonly ScoredTool[];
  /** Whether it came from a cache. */
  readonly cached: boolean;
}

/** With an embedder a promise. @typeParam E the embedder's type */
export type Eventually<E, T> = E extends object ? Promise<T> : T;

/**
 * An embedder, once more: beside a type parameter it lends an object literal its parameters' types. `Embedder` itself would take
 * its place, and nothing would be inferred.
 */
export type GivenEmbedder = Pick<Embedder, keyof Embedder>;

/** What became of a selection. */
export interface SelectionOutcome {
  /** Names of the tools that were used, chosen or not; none is an outcome too, from which nothing is learned. */
  readonly used: readonly string[];
  /** Whether they did what was wanted. @default true */
  readonly succeeded?: boolean | undefined;
}

/** What to forget: entries of one cache, of one query, or of both together; nothing said means everything. */
export interface CacheSelector {
  readonly namespace?: "query" | "context" | "learned" | undefined;
  readonly query?: string | undefined;
}

/** @throws {TypeError | RangeError} on what names no cached selections */
export function checkCacheSelector(what: CacheSelector): CacheSelector {
  knownKeys("invalidate", what, ["namespace", "query"]);
  const { namespace, query } = what;
  if (namespace !== undefined) oneOf("namespace", namespace, ["query", "context", "learned"]);
  if (query !== undefined && typeof query !== "string") rejectType("query", "a string", query);
  return what;
}

/** @throws {TypeError} on an outcome that is none */
export function checkOutcome(outcome: unknown): {
  readonly used: readonly string[];
  readonly succeeded: boolean;
} {
  optionsObject("recordOutcome", outcome);
  knownKeys("recordOutcome", outcome, ["used", "succeeded"]);
  const { used, succeeded = true } = outcome as Partial<SelectionOutcome>;
  if (!Array.isArray(used)) rejectType("used", "an array of names", used);
  for (const name of used as unknown[]) if (typeof name !== "string") rejectType("used", "names", name);
  if (typeof succeeded !== "boolean") rejectType("succeeded", "true or false", succeeded);
  return { used: used as readonly string[], succeeded };
}
