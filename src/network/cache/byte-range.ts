import { parseDeltaSeconds } from "./cache-control.ts";

/** A stretch of bytes; both ends belong to it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A stretch of a representation of which the length is known. */
export interface ContentRange extends ByteRange {
  readonly total: number;
}

/** What is asked for: from a byte on, or the last bytes. */
export type RangeRequest =
  | { readonly first: number; readonly last: number | undefined }
  | { readonly suffix: number };

const maxDigits = 15;
const digits = (text: string): number | undefined =>
  text.length > maxDigits || parseDeltaSeconds(text) === undefined ? undefined : Number(text);

/**
 * @returns what a `Range` of one stretch of bytes asks for; `undefined` for several stretches, other units and what
 * can't be read, which is left to the origin
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14.2
 */
export function parseRange(value: string): RangeRequest | undefined {
  const at = value.indexOf("=");
  if (at === -1 || value.slice(0, at).trim().toLowerCase() !== "bytes") return undefined;
  const spec = value.slice(at + 1).trim();
  const dash = spec.indexOf("-");
  if (dash === -1) return undefined;
  const from = spec.slice(0, dash);
  const to = spec.slice(dash + 1);
  const first = digits(from);
  const last = digits(to);
  if (from === "") return last === undefined ? undefined : { suffix: last };
  if (first === undefined || (to !== "" && last === undefined)) return undefined;
  if (last !== undefined && last < first) return undefined;
  return { first, last };
}

/** @returns the bytes that are meant of `total`; `undefined` when there are none such (416) */
export function resolveRange(range: RangeRequest, total: number): ByteRange | undefined {
  if ("suffix" in range) {
    if (range.suffix === 0 || total === 0) return undefined;
    return { start: Math.max(0, total - range.suffix), end: total - 1 };
  }
  if (range.first >= total) return undefined;
  return { start: range.first, end: Math.min(range.last ?? total - 1, total - 1) };
}

/** @returns what `Content-Range` says; `undefined` when it can't be read, or doesn't tell the whole length */
export function parseContentRange(value: string): ContentRange | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(value.trim());
  if (match === null) return undefined;
  const range = { start: +match[1]!, end: +match[2]!, total: +match[3]! };
  return range.start <= range.end && range.end < range.total ? range : undefined;
}

export const contentRange = ({ start, end, total }: ContentRange): string => `bytes ${start}-${end}/${total}`;

/** @returns the stretch that both make together, and its bytes; `undefined` when there is a gap between them */
export function joinRanges(
  a: ContentRange,
  aBytes: Uint8Array,
  b: ContentRange,
  bBytes: Uint8Array,
): { readonly range: ContentRange; readonly bytes: Uint8Array } | undefined {
  if (a.total !== b.total) return undefined;
  if (a.start > b.start) return joinRanges(b, bBytes, a, aBytes);
  if (b.start > a.end + 1) return undefined;
  if (b.end <= a.end) return { range: a, bytes: aBytes };
  const bytes = new Uint8Array(b.end - a.start + 1);
  bytes.set(aBytes);
  bytes.set(bBytes, b.start - a.start);
  return { range: { start: a.start, end: b.end, total: a.total }, bytes };
}
