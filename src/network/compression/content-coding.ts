/** What is decoded here. `deflate` is RFC 1950's, and RFC 1951's without its wrapper, as some servers mistake it. */
export type ContentCoding = "gzip" | "deflate" | "br" | "zstd";

/**
 * `Accept-Encoding` for what is decoded here, the cheapest to decode first. `deflate` isn't asked for, since servers differ
 * in what it means.
 */
export const acceptEncoding = "zstd, gzip;q=0.9, br;q=0.8";

/** More in one response are somebody's attack, or mistake; as many as undici takes. */
const mostCodings = 5;

const byName: ReadonlyMap<string, ContentCoding> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
  ["br", "br"],
  ["zstd", "zstd"],
]);

/**
 * Reads `Content-Encoding`.
 * @param value of the header; several are joined by commas
 * @returns in the order in which they were applied, without `identity`; `undefined` when one is unknown, or there are more
 * than five, so that the body is to be left as it is
 * @see RFC 9110, 8.4
 */
export function contentCodings(
  value: string | readonly string[] | null | undefined,
): readonly ContentCoding[] | undefined {
  if (value === undefined || value === null) return [];
  const codings: ContentCoding[] = [];
  for (const part of (typeof value === "string" ? value : value.join(",")).split(",")) {
    const name = part.trim().toLowerCase();
    if (name === "" || name === "identity") continue;
    const coding = byName.get(name);
    if (coding === undefined) return undefined;
    codings.push(coding);
  }
  return codings.length > mostCodings ? undefined : codings;
}

/**
 * Reads `Accept-Encoding`.
 * @returns those of `wanted` that it allows, the most welcome first, else in the order of `wanted`
 * @see RFC 9110, 12.5.3
 */
export function acceptedCodings(value: string, wanted: readonly ContentCoding[]): ContentCoding[] {
  const weights = new Map<string, number>();
  for (const part of value.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((each) => each.trim());
    const weight = parameters.find((each) => /^q\s*=/.test(each))?.replace(/^q\s*=\s*/, "");
    if (name !== "") weights.set(byName.get(name) ?? name, weight === undefined ? 1 : Number(weight) || 0);
  }
  const weightOf = (coding: ContentCoding): number => weights.get(coding) ?? weights.get("*") ?? 0;
  return wanted
    .filter((coding) => weightOf(coding) > 0)
    .sort((left, right) => weightOf(right) - weightOf(left));
}
