import type { StoredResponse } from "./stored-response.ts";
import { isSameSelection } from "./vary.ts";

/** Responses kept of one URL at most: who varies by more than this is better not cached. */
export const maxVariants = 32;

/** @returns all responses of a URL after one more has come, which takes the place of its former self */
export function withResponse(
  responses: readonly StoredResponse[],
  added: StoredResponse,
): readonly StoredResponse[] {
  const kept = responses.filter((stored) => !replaces(added, stored));
  kept.push(added);
  return kept.length > maxVariants ? kept.slice(1) : kept;
}

function replaces({ record: added }: StoredResponse, { record }: StoredResponse): boolean {
  if (added.credentials !== record.credentials || added.isPersonal !== record.isPersonal) {
    // A response for everybody supersedes what one client had.
    if (added.isPersonal) return false;
  }
  if (!isSameSelection(added.selection, record.selection)) return false;
  const isWhole = added.range === undefined && !added.isHead;
  return (
    isWhole ||
    (added.isHead === record.isHead && (added.range === undefined) === (record.range === undefined))
  );
}
