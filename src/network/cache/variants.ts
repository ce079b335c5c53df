import type { CacheRequest } from "./cache-request.ts";
import type { StoredResponse } from "./stored-response.ts";
import { isSameSelection } from "./vary.ts";

/** Responses kept of one URL at most: who varies by more than this is better not cached. */
export const maxVariants = 32;

/**
 * @param request what it answers, if that is known
 * @returns all responses of a URL after one more has come, which takes the place of what answered the same before
 */
export function withResponse(
  responses: readonly StoredResponse[],
  added: StoredResponse,
  request?: CacheRequest,
): readonly StoredResponse[] {
  const kept = responses.filter((stored) => !replaces(added, stored, request));
  kept.push(added);
  return kept.length > maxVariants ? kept.slice(1) : kept;
}

function replaces(
  { record: added }: StoredResponse,
  stored: StoredResponse,
  request: CacheRequest | undefined,
): boolean {
  const { record } = stored;
  if (added.credentials !== record.credentials || added.isPersonal !== record.isPersonal) {
    // A response for everybody supersedes what one client had.
    if (added.isPersonal) return false;
  }
  // An origin may say another Vary today, or set a cookie no longer: the former response would be chosen for ever.
  const isForSame = request === undefined ? false : stored.isFor(request);
  if (!isForSame && !isSameSelection(added.selection, record.selection)) return false;
  const isWhole = added.range === undefined && !added.isHead;
  return (
    isWhole ||
    (added.isHead === record.isHead && (added.range === undefined) === (record.range === undefined))
  );
}
