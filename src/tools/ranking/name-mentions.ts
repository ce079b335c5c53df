/** Part names from other text. */
const parting = flagsOf(" \t\r\n\f\v\u00a0\u3000\"'`“”‘’()[]{}<>,;!?=*|，。、「」（）");
/** May be within a name, and at the end of a sentence. */
const closing = flagsOf(".:/\\-");
/** Only small letters, or one capital before them: might be a word like any other. */
const plainWord = /^\p{L}\p{Ll}*$/u;
const wordCharacter = /[\p{L}\p{N}_]/u;
const quotes = /["'`“”‘’]/;
const callBefore = /\b(?:use|using|call|calling|run|running|invoke|via|tool|function)\s+(?:the\s+)?$/i;
const callAfter = /^\s+(?:tool|function|plugin)\b/i;

/** How far a call's words are looked for before and after a name. */
const nearby = 24;
/** Of each query so many possible names are looked at; only names made to collide come near. */
const maxChecks = 4096;

interface NamedTool {
  readonly lowered: string;
  readonly id: number;
  readonly name: string;
}

/**
 * Finds tools that a query calls by their exact names, in any case. A name that looks like one (`get_weather`, `GitHub`, `s3`)
 * counts wherever it stands. A name that is a plain word (`search`) counts where it is the whole query, stands in quotes,
 * or is called: "use search", "the search tool"; elsewhere it is a word like others.
 */
export class NameMentions {
  /** By the first chunk of the name in lower case, or the first two of a name with spaces. */
  readonly #byStart = new Map<string, NamedTool[]>();
  /** For each first character the lengths of first chunks, a bit each: most words of a query are no name by that. */
  readonly #lengths = new Uint32Array(128);
  #spaced = 0;

  add(name: string, id: number): void {
    const lowered = name.toLowerCase();
    const start = startOf(lowered);
    if (start === "") return;
    if (start.includes(" ")) this.#spaced++;
    const slot = start.charCodeAt(0) & 127;
    this.#lengths[slot] = this.#lengths[slot]! | lengthBit(start.length);
    const named = { lowered, id, name };
    const known = this.#byStart.get(start);
    if (known === undefined) this.#byStart.set(start, [named]);
    else known.push(named);
  }

  remove(name: string, id: number): void {
    const start = startOf(name.toLowerCase());
    const known = this.#byStart.get(start);
    if (known === undefined) return;
    if (start.includes(" ")) this.#spaced--;
    const at = known.findIndex((named) => named.id === id);
    if (at >= 0) known.splice(at, 1);
    if (known.length === 0) this.#byStart.delete(start);
  }

  /** Puts into `into` the ids of the tools that are named, each once, as they come. */
  find(query: string, into: number[]): void {
    into.length = 0;
    const found: NamedTool[] = [];
    let checks = 0;
    let previous = 0;
    for (let at = nextChunk(query, 0); at < query.length && checks < maxChecks; ) {
      const end = chunkEnd(query, at);
      const trimmedEnd = trimmedTo(query, at, end);
      if (this.#mightBegin(query, at, trimmedEnd))
        checks += this.#look(query, query.slice(at, trimmedEnd).toLowerCase(), at, found);
      if (this.#spaced > 0 && at > 0)
        checks += this.#look(query, startOf(query.slice(previous, end).toLowerCase()), previous, found);
      previous = at;
      at = nextChunk(query, end);
    }
    for (const { id } of found) into.push(id);
  }

  #mightBegin(query: string, start: number, end: number): boolean {
    const code = query.charCodeAt(start);
    const lowered = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
    // Some capitals beyond ASCII change their length in lower case.
    return code > 127 || (this.#lengths[lowered]! & lengthBit(end - start)) !== 0;
  }

  /** @returns how many names were looked at */
  #look(query: string, start: string, at: number, found: NamedTool[]): number {
    const candidates = this.#byStart.get(start);
    if (candidates === undefined) return 0;
    for (const named of candidates)
      if (!found.includes(named) && isNamed(query, at, named)) found.push(named);
    return candidates.length;
  }
}

/** @returns 1 at the code of each character */
function flagsOf(characters: string): Uint8Array {
  const flags = new Uint8Array(0x1_0000);
  for (let i = 0; i < characters.length; i++) flags[characters.charCodeAt(i)] = 1;
  return flags;
}

function nextChunk(text: string, from: number): number {
  let at = from;
  while (at < text.length && parting[text.charCodeAt(at)] === 1) at++;
  return at;
}

function chunkEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && parting[text.charCodeAt(at)] !== 1) at++;
  return at;
}

function trimmedTo(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && closing[text.charCodeAt(at - 1)] === 1) at--;
  return at;
}

/** @returns the first chunk, or the first two and a space between */
function startOf(name: string): string {
  const first = nextChunk(name, 0);
  const firstEnd = chunkEnd(name, first);
  const second = nextChunk(name, firstEnd);
  const secondEnd = chunkEnd(name, second);
  const start = name.slice(first, trimmedTo(name, first, firstEnd));
  return second === name.length
    ? start
    : `${start} ${name.slice(second, trimmedTo(name, second, secondEnd))}`;
}

function lengthBit(length: number): number {
  return 1 << Math.min(length, 31);
}

function isNamed(query: string, at: number, { lowered, name }: NamedTool): boolean {
  const end = at + lowered.length;
  if (query.slice(at, end).toLowerCase() !== lowered || wordCharacter.test(query.charAt(end))) return false;
  if (!plainWord.test(name)) return true;
  if (query.trim().length === lowered.length) return true;
  if (quotes.test(query.charAt(at - 1)) && quotes.test(query.charAt(end))) return true;
  return (
    callBefore.test(query.slice(Math.max(0, at - nearby), at)) ||
    callAfter.test(query.slice(end, end + nearby))
  );
}
