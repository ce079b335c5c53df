/**
 * What Cache-Control says, of a request or a response; times in seconds. A directive that is there twice counts as the
 * stricter of the two, and an argument that can't be read as the strictest there is.
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-5.2
 */
export interface Directives {
  readonly noStore: boolean;
  /** For the whole response; field names alone don't set it. */
  readonly noCache: boolean;
  /** `no-cache="set-cookie"`: what must not be sent without validation, in lower case. */
  readonly noCacheFields: readonly string[];
  readonly isPrivate: boolean;
  readonly privateFields: readonly string[];
  readonly isPublic: boolean;
  readonly maxAge: number | undefined;
  readonly sMaxAge: number | undefined;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly immutable: boolean;
  readonly onlyIfCached: boolean;
  /** `Infinity` without an argument. */
  readonly maxStale: number | undefined;
  readonly minFresh: number | undefined;
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
}

type Draft = { -readonly [Name in keyof Directives]: Directives[Name] };

const draft = (): Draft => ({
  noStore: false,
  noCache: false,
  noCacheFields: [],
  isPrivate: false,
  privateFields: [],
  isPublic: false,
  maxAge: undefined,
  sMaxAge: undefined,
  mustRevalidate: false,
  proxyRevalidate: false,
  mustUnderstand: false,
  immutable: false,
  onlyIfCached: false,
  maxStale: undefined,
  minFresh: undefined,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
});

/** Nothing said. */
export const noDirectives: Directives = Object.freeze(draft());

/** What `Pragma: no-cache` of a request means. */
export const pragmaNoCache: Directives = Object.freeze({ ...draft(), noCache: true });

/** A greater number of seconds means this one: 2³¹. @see https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2 */
export const maxDeltaSeconds = 2_147_483_648;

const quote = 34;
const comma = 44;
const equals = 61;
const backslash = 92;

/** Which characters make a token. @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
const isTokenChar = new Uint8Array(128);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
  isTokenChar[char.charCodeAt(0)] = 1;

/** Reads in one pass, whatever it is given: nothing throws, and each character is looked at a few times at most. */
export function parseCacheControl(value: string): Directives {
  const said = draft();
  const { length } = value;
  // Once a quoted string has no end, no later one has: to look again each time would be quadratic.
  let quotesEnd = true;
  let i = 0;
  while (i < length) {
    const first = value.charCodeAt(i);
    if (first === comma || isSpace(first)) {
      i++;
      continue;
    }
    const nameEnd = tokenEnd(value, i);
    const name = value.slice(i, nameEnd).toLowerCase();
    i = nameEnd;
    let argument: string | undefined;
    let isSound = true;
    if (value.charCodeAt(i) === equals) {
      i++;
      if (value.charCodeAt(i) === quote) {
        const end = quotesEnd ? quotedEnd(value, i) : -1;
        if (end === -1) {
          quotesEnd = false;
          // Without its end nobody knows what was inside: read on as if it weren't quoted, and trust no time.
          said.maxAge = 0;
          said.sMaxAge = 0;
          i++;
          apply(said, name, "", false);
          continue;
        }
        argument = unquoted(value.slice(i + 1, end - 1));
        i = end;
      } else {
        const end = tokenEnd(value, i);
        argument = value.slice(i, end);
        isSound = end > i;
        i = end;
      }
    }
    while (isSpace(value.charCodeAt(i))) i++;
    if (i < length && value.charCodeAt(i) !== comma) {
      isSound = false;
      i = quotesEnd ? memberEnd(value, i) : plainEnd(value, i);
      quotesEnd &&= i >= 0;
      if (i < 0) i = plainEnd(value, ~i);
    }
    apply(said, name, argument, isSound);
  }
  return said;
}

function apply(said: Draft, name: string, argument: string | undefined, isSound: boolean): void {
  // What restricts counts however it is written; what permits only when it is written as it should be.
  const permits = isSound && argument === undefined;
  switch (name) {
    case "no-store":
      said.noStore = true;
      break;
    case "no-cache": {
      const fields = isSound ? fieldNames(argument) : [];
      if (fields.length === 0) said.noCache = true;
      else said.noCacheFields = [...said.noCacheFields, ...fields];
      break;
    }
    case "private": {
      const fields = isSound ? fieldNames(argument) : [];
      if (fields.length === 0) said.isPrivate = true;
      else said.privateFields = [...said.privateFields, ...fields];
      break;
    }
    case "public":
      said.isPublic ||= permits;
      break;
    case "max-age":
      said.maxAge = Math.min(said.maxAge ?? maxDeltaSeconds, seconds(argument, isSound) ?? 0);
      break;
    case "s-maxage":
      said.sMaxAge = Math.min(said.sMaxAge ?? maxDeltaSeconds, seconds(argument, isSound) ?? 0);
      break;
    case "must-revalidate":
      said.mustRevalidate = true;
      break;
    case "proxy-revalidate":
      said.proxyRevalidate = true;
      break;
    case "must-understand":
      said.mustUnderstand ||= permits;
      break;
    case "immutable":
      said.immutable ||= permits;
      break;
    case "only-if-cached":
      said.onlyIfCached = true;
      break;
    case "max-stale": {
      const allowed = permits ? Number.POSITIVE_INFINITY : (seconds(argument, isSound) ?? 0);
      said.maxStale = Math.min(said.maxStale ?? Number.POSITIVE_INFINITY, allowed);
      break;
    }
    case "min-fresh":
      said.minFresh = Math.max(said.minFresh ?? 0, seconds(argument, isSound) ?? Number.POSITIVE_INFINITY);
      break;
    case "stale-while-revalidate":
      said.staleWhileRevalidate = Math.min(
        said.staleWhileRevalidate ?? maxDeltaSeconds,
        seconds(argument, isSound) ?? 0,
      );
      break;
    case "stale-if-error":
      said.staleIfError = Math.min(said.staleIfError ?? maxDeltaSeconds, seconds(argument, isSound) ?? 0);
      break;
  }
}

/** @returns a number of seconds, at most 2³¹; `undefined` when `value` isn't digits alone */
export function parseDeltaSeconds(value: string): number | undefined {
  if (value.length === 0) return undefined;
  let sum = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    sum = Math.min(maxDeltaSeconds, sum * 10 + digit);
  }
  return sum;
}

function seconds(argument: string | undefined, isSound: boolean): number | undefined {
  return isSound && argument !== undefined ? parseDeltaSeconds(argument) : undefined;
}

function fieldNames(argument: string | undefined): readonly string[] {
  if (argument === undefined) return [];
  const names: string[] = [];
  for (const part of argument.split(",")) {
    const name = part.trim().toLowerCase();
    if (name !== "") names.push(name);
  }
  return names;
}

const isSpace = (code: number): boolean => code === 32 || code === 9;

function tokenEnd(value: string, from: number): number {
  let i = from;
  while (i < value.length && isTokenChar[value.charCodeAt(i)] === 1) i++;
  return i;
}

/** @returns where a quoted string ends, its last quote included; −1 when it has no end */
function quotedEnd(value: string, from: number): number {
  for (let i = from + 1; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === quote) return i + 1;
    if (code === backslash) i++;
  }
  return -1;
}

const unquoted = (text: string): string => (text.includes("\\") ? text.replace(/\\(.)/gs, "$1") : text);

/** @returns where the next comma outside of quotes is; `~i` when the quote at `i` has no end */
function memberEnd(value: string, from: number): number {
  for (let i = from; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === comma) return i;
    if (code === quote) {
      const end = quotedEnd(value, i);
      if (end === -1) return ~i;
      i = end - 1;
    }
  }
  return value.length;
}

function plainEnd(value: string, from: number): number {
  const end = value.indexOf(",", from);
  return end === -1 ? value.length : end;
}
