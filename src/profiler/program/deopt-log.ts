import { type CodePlace, fileOf } from "./code-place.ts";

/** Deoptimizations of one place for one reason. */
export interface Deoptimization {
  readonly place: Omit<CodePlace, "name">;
  /** V8's own words, such as `wrong map`. */
  readonly reason: string;
  /** `deopt-eager` when a check failed; `deopt-lazy` when what the code relied on was changed. */
  readonly kind: string;
  readonly count: number;
}

/** Not for a wrong guess: V8 moves on to better code in a loop that runs. */
const tierUps = new Set(["prepare for on stack replacement (OSR)", "exit from OSR'd inner loop"]);

/**
 * Reads V8's log: `code-deopt,time,size,code,inliningId,offset,kind,<file:line:column> inlined at <…>,reason`.
 * @param texts of its files; lines of other kinds, and damaged ones, are passed over
 * @returns the most frequent first
 */
export function deoptimizations(texts: readonly string[]): Deoptimization[] {
  const found = new Map<string, { -readonly [K in keyof Deoptimization]: Deoptimization[K] }>();
  for (const text of texts) {
    for (const line of text.split("\n")) {
      const match = /^code-deopt,(?:[^,]*,){5}([^,]*),<(.*?):(\d+):(\d+)>(?: inlined at <.*>)*,([^,]*)$/.exec(
        line,
      );
      if (match === null) continue;
      const [, kind = "", url = "", lineText = "", columnText = "", reason = ""] = match;
      if (tierUps.has(reason)) continue;
      const place = { file: fileOf(unescaped(url)), line: Number(lineText), column: Number(columnText) };
      const key = `${place.file}:${place.line}:${place.column}:${reason}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { place, reason, kind, count: 1 });
      else known.count++;
    }
  }
  return Array.from(found.values()).sort((a, b) => b.count - a.count);
}

/** V8 writes what isn't printable, and commas, as `\x2C` or `\u1F600`. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|n|\\)/g, (whole, short?: string, long?: string) => {
    const code = short ?? long;
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    return whole === "\\n" ? "\n" : "\\";
  });
