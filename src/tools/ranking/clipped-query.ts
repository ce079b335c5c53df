import { rejectType } from "../../options.ts";

/** A longer query is cut to its beginning and its end, of half this many characters each. */
export const maxQueryLength = 8192;

/** @returns what of a query is looked at @throws {TypeError} when it is no string */
export function clippedQuery(query: string): string {
  if (typeof query !== "string") rejectType("query", "a string", query);
  if (query.length <= maxQueryLength) return query;
  return `${query.slice(0, maxQueryLength / 2)} ${query.slice(-maxQueryLength / 2)}`;
}
