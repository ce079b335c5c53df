/** Between names and other text. A dot, a colon and the like may be within a name, and end a sentence. */
const chunk = /[^\s"'`“”‘’()[\]{}<>,;!?=*|]+/g;
const closing = /[.:/\\-]+$/;
/** Only letters in one case: might be a word like any other. */
const plainWord = /^\p{L}\p{Ll}*$/u;
const wordChar = /[\p{L}\p{N}_]/u;
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
  readonly isPlain: boolean;
}

/**
 * Finds tools that a query calls by their exact names, in any case. A name that looks like one (`get_weather`, `GitHub`, `s3`)
 * counts wherever it stands. A name that is a plain word (`search`) counts where it is the whole query, stands in quotes,
 * or is called: "use search", "the search tool"; elsewhere it is a word like others.
 */
export class NameMentions {
  /** By the first chunk of the name in lower case, or the first two of a name with spaces. */
  readonly #byStart = new Map<string, NamedTool[]>();
  #spaced = 0;

  add(name: string, id: number): void {
    const lowered = name.toLowerCase();
    const start = startOf(lowered);
    if (start === "") return;
    if (start.includes(" ")) this.#spaced++;
    const named = { lowered, id, isPlain: plainWord.test(name) };
    const known = this.#byStart.get(start);
    if (known === undefined) this.#byStart.set(start, [named]);
    else known.push(named);
  }

  remove(name: string, id: number): void {
    const start = startOf(name.toLowerCase());
    const known = this.#byStart.get(start);
    if (known === undefined) return;
    if (start.includes(" ")) this.#spaced--;
    const rest = known.filter((named) => named.id !== id);
    if (rest.length === 0) this.#byStart.delete(start);
    else this.#byStart.set(start, rest);
  }

  /** Puts into `into` the ids of the tools that are named, each once; the longest name first. */
  find(query: string, into: number[]): void {
    into.length = 0;
    const found: NamedTool[] = [];
    let checks = 0;
    let previous = "";
    let previousAt = 0;
    chunk.lastIndex = 0;
    for (let match = chunk.exec(query); match !== null && checks < maxChecks; match = chunk.exec(query)) {
      const key = trimmed(match[0].toLowerCase());
      checks += this.#look(query, key, match.index, found);
      if (this.#spaced > 0) checks += this.#look(query, `${previous} ${key}`, previousAt, found);
      previous = key;
      previousAt = match.index;
    }
    if (found.length > 1) found.sort((a, b) => b.lowered.length - a.lowered.length);
    for (const { id } of found) into.push(id);
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

function startOf(name: string): string {
  const chunks = name.match(chunk);
  if (chunks === null) return "";
  const first = trimmed(chunks[0]);
  return chunks[1] === undefined ? first : `${first} ${trimmed(chunks[1])}`;
}

function trimmed(text: string): string {
  return closing.test(text) ? text.replace(closing, "") : text;
}

function isNamed(query: string, at: number, { lowered, isPlain }: NamedTool): boolean {
  const end = at + lowered.length;
  if (query.slice(at, end).toLowerCase() !== lowered || wordChar.test(query.charAt(end))) return false;
  if (!isPlain) return true;
  if (query.trim().length === lowered.length) return true;
  if (quotes.test(query.charAt(at - 1)) && quotes.test(query.charAt(end))) return true;
  return (
    callBefore.test(query.slice(Math.max(0, at - nearby), at)) ||
    callAfter.test(query.slice(end, end + nearby))
  );
}
