import { type CodePlace, fileOf, shownText } from "./code-place.ts";
import type { CallFrame } from "./recorded-thread.ts";

/** Deoptimizations of one place for one reason. */
export interface Deoptimization {
  /**
   * Where the guess stood; its name is that of the function whose code was thrown away, the first one where the guess is
   * inlined into several. V8 gives no position of a `deopt-lazy`: it stands where the function begins, and on line 0 where
   * several functions of the file have its name, or it was never seen to run.
   */
  readonly place: CodePlace;
  /** V8's own words, such as `wrong map`. */
  readonly reason: string;
  /** `deopt-eager` when a check failed; `deopt-lazy` when what the code relied on was changed. */
  readonly kind: string;
  readonly count: number;
}

/** Not for a wrong guess: V8 moves on to better code in a loop that runs. */
const tierUps = new Set(["prepare for on stack replacement (OSR)", "exit from OSR'd inner loop"]);

const bailout =
  /^\[bailout \(kind: ([\w-]+), reason: (.+?)\): begin\. deoptimizing 0x[\da-f]+ <JSFunction ?(.*?) ?<(.*)> \(sfi = 0x[\da-f]+\)>.*$(?:\n +;;; deoptimize at <(.*?):(\d+):(\d+)>(?: inlined at <.*>)*$)?/gm;

/**
 * Reads what V8 writes with `--log-deopt --trace-deopt-verbose --trace-file-names`. Other lines, and damaged ones, are
 * passed over.
 * @param frames of the thread's CPU profile
 * @returns the most frequent first
 */
export function deoptimizations(trace: string, frames: readonly CallFrame[]): Deoptimization[] {
  const found = new Map<string, { -readonly [K in keyof Deoptimization]: Deoptimization[K] }>();
  for (const [, kind = "", reason = "", name = "", ownFile = "", url, line, column] of trace.matchAll(
    bailout,
  )) {
    if (tierUps.has(reason) || ownFile === ownScript) continue;
    const place =
      url === undefined
        ? functionPlace(frames, name, fileOf(ownFile))
        : { name: shownName(name), file: fileOf(url), line: Number(line), column: Number(column) };
    const key = `${place.file}:${place.line}:${place.column}:${place.line > 0 ? "" : name}:${reason}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { place, reason, kind, count: 1 });
    else known.count++;
  }
  return Array.from(found.values()).sort((a, b) => b.count - a.count);
}

/** Of the script that makes V8 open the trace, with a deoptimization of its own. */
export const ownScript = "node:victor-optimizations/profile";

const shownName = (name: string): string => shownText(name) || "(anonymous)";

function functionPlace(frames: readonly CallFrame[], name: string, file: string): CodePlace {
  const [only, ...others] = frames.filter(
    (frame) => frame.functionName === name && fileOf(frame.url) === file,
  );
  const isUnique = only !== undefined && others.length === 0;
  return {
    name: shownName(name),
    file,
    line: isUnique ? only.lineNumber + 1 : 0,
    column: isUnique ? only.columnNumber + 1 : 0,
  };
}
