/** Splits text into lower-case words, as names of tools and prose need it. */

const lower = 1;
const upper = 2;
const digit = 3;
const apostrophe = 4;
const stop = 5;

/** What an ASCII character is; 0 separates. */
const kinds = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  if (char >= "a" && char <= "z") kinds[code] = lower;
  else if (char >= "A" && char <= "Z") kinds[code] = upper;
  else if (char >= "0" && char <= "9") kinds[code] = digit;
}
kinds[0x27] = apostrophe;
for (const mark of ".?!;\n") kinds[mark.charCodeAt(0)] = stop;

/** Stands among the words where a sentence ends. */
export const sentenceEnd = ".";

/** A longer word is cut; stemmers take time that grows with the square of the length. */
const maxWordLength = 40;

const beyondAscii = /[^\0-\x7f]/;
const foreignWord = /(?=[^\0-\x7f])[\p{L}\p{N}]/u;
const accents = /[\u0300-\u036f]/g;
const curlyApostrophes = /[\u2018\u2019\u02bc]/g;
const wordOrDigits = /[\p{L}\p{M}]+|\p{N}+/gu;
/** Scripts that put no spaces between words. */
const unspaced =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const unspacedRun =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{M}]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]+/gu;

/**
 * Appends the words of `text` to `into`, in order, in lower case and without accents: `getHTTPStatus`, `get_http_status`
 * and `get-http.status` all give get, http, status; letters part from digits; an English ending after an apostrophe is
 * left out. A name of two parts such as GitHub also gives both in one. Scripts without spaces give pairs of characters.
 * Words are cut at 40 characters. Among them {@link sentenceEnd} stands where a sentence ends and another follows.
 */
export function scanWords(text: string, into: string[]): void {
  if (!beyondAscii.test(text)) {
    scanAscii(text, into);
    return;
  }
  const folded = text.normalize("NFKD").replace(accents, "").normalize("NFC").replace(curlyApostrophes, "'");
  if (foreignWord.test(folded)) scanAny(folded, into);
  else scanAscii(folded, into);
}

function scanAscii(text: string, into: string[]): void {
  const { length } = text;
  let at = 0;
  while (at < length) {
    const kind = kindAt(text, at);
    if (kind === 0 || kind === apostrophe) at++;
    else if (kind === stop) {
      // A dot within a name or a number is followed by something.
      if (++at < length && text.charCodeAt(at) <= 0x20) into.push(sentenceEnd);
    } else if (kind === digit) at = scanDigits(text, at, into);
    else at = scanLetters(text, at, into);
  }
}

/** Codes beyond ASCII are punctuation here. */
function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? kinds[code]! : 0;
}

function scanDigits(text: string, start: number, into: string[]): number {
  let at = start + 1;
  while (at < text.length && kindAt(text, at) === digit) at++;
  into.push(text.slice(start, Math.min(at, start + maxWordLength)));
  return at;
}

/** @returns where the run of letters ends, with an ending such as 's or n't */
function scanLetters(text: string, start: number, into: string[]): number {
  const { length } = text;
  let parts = 0;
  let partStart = start;
  let hasUpper = kindAt(text, start) === upper;
  let before = hasUpper ? upper : lower;
  let at = start + 1;
  for (; at < length; at++) {
    const kind = kindAt(text, at);
    if (kind !== lower && kind !== upper) break;
    const startsPart =
      kind === upper
        ? before === lower
        : // In HTTPServer the S begins a part, which is seen only at the e.
          before === upper && at - partStart > 1 && kindAt(text, at - 2) === upper;
    if (startsPart) {
      const end = kind === upper ? at : at - 1;
      push(text, partStart, end, true, into);
      partStart = end;
      parts++;
      hasUpper = true;
    } else if (kind === upper) hasUpper = true;
    before = kind;
  }
  push(text, partStart, at, hasUpper, into);
  if (parts === 1) push(text, start, at, true, into);
  if (at < length && kindAt(text, at) === apostrophe) {
    let end = at + 1;
    while (end < length && end - at <= 3 && kindAt(text, end) === lower) end++;
    if (end - at > 1 && end - at <= 3) return end;
  }
  return at;
}

function push(text: string, start: number, end: number, hasUpper: boolean, into: string[]): void {
  const word = text.slice(start, Math.min(end, start + maxWordLength));
  into.push(hasUpper ? word.toLowerCase() : word);
}

function scanAny(text: string, into: string[]): void {
  for (const [run] of text.matchAll(wordOrDigits)) {
    if (!beyondAscii.test(run)) scanAscii(run, into);
    else for (const [part] of run.matchAll(unspacedRun)) pushForeign(part, into);
  }
}

function pushForeign(part: string, into: string[]): void {
  if (!unspaced.test(part)) {
    into.push(part.slice(0, maxWordLength).toWellFormed().toLowerCase());
    return;
  }
  const chars = Array.from(part);
  if (chars.length === 1) into.push(part);
  for (let i = 1; i < chars.length; i++) into.push(`${chars[i - 1]}${chars[i]}`);
}
