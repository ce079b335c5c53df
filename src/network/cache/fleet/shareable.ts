import type { CacheRequest } from "../cache-request.ts";
import type { StoredResponse } from "../stored-response.ts";

/**
 * Whether a response may lie on a server that several processes, and so several users, share. Stricter than RFC 9111 is with
 * shared caches: nothing that is `private` in part, sets a cookie, or varies by who asks; and to a request with credentials of
 * any kind, not `Authorization` alone, only what says `public` or `s-maxage`.
 * @param request what it answers
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-3
 */
export function isShareable({ record, directives }: StoredResponse, request: CacheRequest): boolean {
  if (record.isHead || record.range !== undefined) return false;
  if (request.directives.noStore || directives.noStore || directives.isPrivate) return false;
  if (directives.privateFields.length > 0 || record.fields["set-cookie"] !== undefined) return false;
  if (record.selection.names.some((name) => request.isSecret(name))) return false;
  return request.credentials === undefined || directives.isPublic || directives.sMaxAge !== undefined;
}
