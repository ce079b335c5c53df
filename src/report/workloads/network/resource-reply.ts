import type { OutgoingHttpHeaders } from "node:http";
import type { OriginReply } from "./origin-reply.ts";

const day = 86_400_000;
/** The start of a day, so that it is the same for every process of a run, midnight aside. */
const lastModified = new Date(Math.floor(Date.now() / day) * day - 63 * day).toUTCString();

/** Two even spreads of ids, neither of which tells of the other. @returns 0 ≤ x < 1 */
const spread = (id: number): number => (id * 0.618033988749895) % 1;
const otherSpread = (id: number): number => (id * 0.414213562373095) % 1;

/**
 * What the origin of the report's rows gives to `/mixed/7` and `/private/7`: JSON of about 1 kB, with 7 as its `id`. A mixed one
 * may be kept, or not, as the Web's responses may; a private one may never be.
 *
 * Of all responses on the Web, 47 % are fresh for a time, 27 % say nothing of it, 6 % are to be validated each time and 20 %
 * must not be stored; 38 % have an `ETag` and a `Last-Modified`, 27 % the latter alone, 5 % the former alone, 30 % neither.
 * @returns `undefined` for other targets
 * @see https://almanac.httparchive.org/en/2019/caching
 */
export function resourceReply(
  target: string,
  asked: NodeJS.Dict<string | string[]>,
): OriginReply | undefined {
  const [, kind, digits] = /^\/(mixed|private)\/(\d+)$/.exec(target) ?? [];
  if (digits === undefined) return undefined;
  const id = Number(digits);
  const headers =
    kind === "mixed" ? { ...freshness(id), ...validators(id) } : { "cache-control": "no-store" };
  return isUnchanged(headers, asked)
    ? { status: 304, headers, body: "", framing: "chunked" }
    : { headers, body: resourceText(id) };
}

/** What a resource holds. */
export const resourceText = (id: number): string =>
  JSON.stringify({ id, lines: Array.from({ length: 20 }, (_, i) => `line ${i} of resource ${id}, as ever`) });

function freshness(id: number): OutgoingHttpHeaders {
  const share = spread(id);
  if (share < 0.47) return { "cache-control": "max-age=3600" };
  if (share < 0.74) return {};
  return { "cache-control": share < 0.8 ? "max-age=0" : "no-store" };
}

function validators(id: number): OutgoingHttpHeaders {
  const share = otherSpread(id);
  return {
    ...(share < 0.65 && { "last-modified": lastModified }),
    ...((share < 0.38 || (share >= 0.65 && share < 0.7)) && { etag: `"${id}"` }),
  };
}

/** An entity tag decides before a date does, as RFC 9110 (section 13.2.2) says. */
function isUnchanged(headers: OutgoingHttpHeaders, asked: NodeJS.Dict<string | string[]>): boolean {
  const tag = asked["if-none-match"];
  if (tag !== undefined) return headers.etag === tag;
  const since = asked["if-modified-since"];
  return since !== undefined && headers["last-modified"] === since;
}
