import { hash } from "node:crypto";
import type { CacheRequest } from "./cache-request.ts";
import { fieldValue, type HeaderFields, tokens } from "./header-fields.ts";

/** Lists in which neither case nor the order of members of the same weight means anything (RFC 9110, 12.5). */
const preferences = new Set(["accept", "accept-charset", "accept-encoding", "accept-language"]);

/** Longer values aren't remembered as they came. */
const longestSeen = 256;

/** How a response is chosen among those of one URL; `undefined` values stand for fields that weren't there. */
export interface Selection {
  /** In lower case, sorted. */
  readonly names: readonly string[];
  readonly values: readonly (string | undefined)[];
  /** Values as the last request had them that matched, so that the next one like it is soon known. Never a secret. */
  readonly seen: (string | undefined)[];
}

export const noSelection: Selection = Object.freeze({ names: [], values: [], seen: [] });

/**
 * @returns the request's fields by which a response is chosen, in lower case, sorted: those that `Vary` nominates, and
 * `cookie` where a cookie is set, for what a server gives to one client so isn't for those who come without it, or with
 * another one; `"*"` for more than a request's fields tell
 */
export function selectingNames(fields: HeaderFields): readonly string[] | "*" {
  const names = new Set(tokens(fieldValue(fields, "vary")).map((name) => name.toLowerCase()));
  if (names.has("*")) return "*";
  if (fields["set-cookie"] !== undefined) names.add("cookie");
  return [...names].sort();
}

export function selectionOf(names: readonly string[], request: CacheRequest): Selection {
  if (names.length === 0) return noSelection;
  return { names, values: names.map((name) => selectingValue(name, request)), seen: [] };
}

/** @see https://www.rfc-editor.org/rfc/rfc9111#section-4.1 */
export function selects({ names, values, seen }: Selection, request: CacheRequest): boolean {
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const raw = request.value(name);
    if (raw !== undefined && raw === seen[i]) continue;
    if (selectingValue(name, request) !== values[i]) return false;
    if (!request.isSecret(name) && (raw?.length ?? 0) <= longestSeen) seen[i] = raw;
  }
  return true;
}

export function isSameSelection(a: Selection, b: Selection): boolean {
  return (
    a.names.length === b.names.length &&
    a.names.every((name, i) => name === b.names[i] && a.values[i] === b.values[i])
  );
}

function selectingValue(name: string, request: CacheRequest): string | undefined {
  const value = request.value(name);
  if (value === undefined) return undefined;
  return request.isSecret(name) ? fingerprint(value) : normalised(name, value);
}

let lastSecret = "";
let lastFingerprint = "";

/** @returns what stands for a credential without giving it away */
export function fingerprint(secret: string): string {
  // Nearly always the same one again, and hashing takes longer than all else of a hit.
  if (secret !== lastSecret || lastFingerprint === "") {
    lastFingerprint = hash("sha256", secret, "base64url");
    lastSecret = secret;
  }
  return lastFingerprint;
}

function normalised(name: string, value: string): string {
  if (value.includes('"')) return value.trim();
  const members = tokens(value).map((member) => member.replace(/[ \t]+/g, " "));
  if (!preferences.has(name)) return members.join(",");
  return members
    .map((member) => {
      const text = member.toLowerCase().replace(/ ?; ?/g, ";").replace(/ ?= ?/g, "=");
      return { text, weight: weightOf(text) };
    })
    .sort((a, b) => b.weight - a.weight || (a.text < b.text ? -1 : 1))
    .map(({ text, weight }) => (weight === 1 ? text.replace(/;q=1(?:\.0{0,3})?$/, "") : text))
    .join(",");
}

function weightOf(member: string): number {
  const at = member.lastIndexOf(";q=");
  const weight = at === -1 ? 1 : Number(member.slice(at + 3));
  return weight >= 0 && weight <= 1 ? weight : 0;
}
