import { joinRanges } from "./byte-range.ts";
import { parseCacheControl } from "./cache-control.ts";
import type { CacheRequest } from "./cache-request.ts";
import { matchesStrongly, matchesWeakly } from "./entity-tag.ts";
import { type ExchangeTimes, initialAge } from "./freshness.ts";
import { fieldValue, type HeaderFields, singleValue, storableFields } from "./header-fields.ts";
import type { ResponseRecord, StoredResponse } from "./stored-response.ts";
import { mayServeOthers, ownership } from "./storing-rules.ts";
import { isSameSelection, selectingNames, selectionOf } from "./vary.ts";

/** These tell how the stored bytes are to be read: other bytes' fields would break them. */
const bodyFields = ["content-length", "content-encoding", "content-range", "transfer-encoding"];

/** Whether a 304 or the answer to a HEAD speaks of that stored response. @see https://www.rfc-editor.org/rfc/rfc9111#section-4.3.4 */
export function concerns(stored: StoredResponse, received: HeaderFields): boolean {
  const etag = singleValue(received, "etag");
  if (etag !== undefined) return stored.etag !== undefined && matchesWeakly(etag, stored.etag);
  const modified = singleValue(received, "last-modified");
  return modified === undefined || stored.lastModified === undefined || modified === stored.lastModified;
}

/** The same for a HEAD, of which the length must agree too. @see https://www.rfc-editor.org/rfc/rfc9111#section-4.3.5 */
export function concernsByHead(stored: StoredResponse, received: HeaderFields): boolean {
  const { body, range } = stored.record;
  const length = singleValue(received, "content-length");
  if (length !== undefined && length !== String(range?.total ?? body.byteLength)) return false;
  for (const name of ["content-encoding", "last-modified"]) {
    const now = singleValue(received, name);
    if (now !== undefined && now !== singleValue(stored.record.fields, name)) return false;
  }
  return concerns(stored, received);
}

/**
 * Updates a stored response with what a 304, or the answer to a HEAD, says. It may be that it must not be
 * stored any longer, see `isStillStorable`. @see https://www.rfc-editor.org/rfc/rfc9111#section-3.2
 */
export function freshened(
  { record }: StoredResponse,
  request: CacheRequest,
  received: HeaderFields,
  times: ExchangeTimes,
  isShared: boolean,
): ResponseRecord {
  const fields: Record<string, string | readonly string[] | undefined> = Object.create(null);
  for (const name of Object.keys(record.fields)) fields[name] = record.fields[name];
  const update = storableFields(received, bodyFields);
  // A new age counts from a new date; without one, from now.
  if (update.date === undefined) delete fields.date;
  for (const name of Object.keys(update)) fields[name] = update[name];
  const directives = parseCacheControl(fieldValue(fields, "cache-control") ?? "");
  for (const name of directives.noCacheFields) delete fields[name];
  const names = selectingNames(fields);
  return {
    ...record,
    ...times,
    fields,
    selection: names === "*" ? record.selection : selectionOf(names, request),
    ...ownership(request, fields, directives, isShared),
    initialAgeMs: initialAge(received, times),
  };
}

export function isStillStorable(
  { directives, record }: StoredResponse,
  request: CacheRequest,
  isShared: boolean,
): boolean {
  if (request.directives.noStore || selectingNames(record.fields) === "*") return false;
  if (directives.noStore && !directives.mustUnderstand) return false;
  if (!isShared) return true;
  if (directives.isPrivate || record.fields["set-cookie"] !== undefined) return false;
  return request.authorization === undefined || mayServeOthers(directives);
}

/**
 * Puts a part (206) together with what is stored of the same representation. @see https://www.rfc-editor.org/rfc/rfc9111#section-3.4
 * @returns the whole as 200 when nothing is missing any longer; `undefined` when they don't fit
 */
export function combined(stored: StoredResponse, part: ResponseRecord): ResponseRecord | undefined {
  const { record, etag } = stored;
  const newTag = singleValue(part.fields, "etag");
  if (etag === undefined || newTag === undefined || !matchesStrongly(etag, newTag)) return undefined;
  if (record.isPersonal !== part.isPersonal || record.credentials !== part.credentials) return undefined;
  if (!isSameSelection(record.selection, part.selection)) return undefined;
  if (part.range === undefined || record.isHead || (record.status !== 200 && record.status !== 206))
    return undefined;
  const held = record.range ?? wholeRange(record.body.byteLength);
  if (held === undefined) return undefined;
  const joined = joinRanges(held, record.body, part.range, part.body);
  if (joined === undefined) return undefined;
  const fields: Record<string, string | readonly string[] | undefined> = Object.create(null);
  for (const from of [record.fields, part.fields])
    for (const name of Object.keys(from)) fields[name] = from[name];
  const { range, bytes } = joined;
  const base = { ...part, fields, body: bytes };
  if (range.start > 0 || range.end < range.total - 1) {
    fields["content-range"] = `bytes ${range.start}-${range.end}/${range.total}`;
    fields["content-length"] = String(bytes.byteLength);
    return { ...base, range };
  }
  delete fields["content-range"];
  fields["content-length"] = String(range.total);
  return { ...base, status: 200, statusText: "OK", range: undefined };
}

const wholeRange = (total: number) => (total === 0 ? undefined : { start: 0, end: total - 1, total });
