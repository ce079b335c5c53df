import { statSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";
import { ownScript } from "./deopt-trace.ts";

/** Bytes of a trace; a deoptimization takes 1 to 5 KB. */
export const maxTraceBytes = 64 * 1024 * 1024;
const checkMs = 1000;

/** V8 splits flags at white space, and has room for 127 bytes of the path; process ids and endings take up to 40. */
export const isTraceFolder = (path: string): boolean => !/\s/.test(path) && Buffer.byteLength(path) < 88;

/**
 * Lets V8 write the deoptimizations of this thread to a file, until the file is too large to be read. V8 opens the file
 * anew for each, and **ends the process when it can't**: it has no descriptor left, gave up its user, or changed its root.
 * Call it before worker threads start.
 * @param file an absolute path, in a folder that passes {@link isTraceFolder}
 */
export function traceDeopts(file: string): void {
  setFlagsFromString("--redirect-code-traces");
  setFlagsFromString(`--redirect-code-traces-to=${file}`);
  setFlagsFromString("--trace-file-names");
  setFlagsFromString("--trace-deopt-verbose");
  // Traces all that `--trace-deopt` does but the marking of code, half of which V8 writes to standard output.
  setFlagsFromString("--log-deopt");
  deoptimizeOnce();
  // A thread empties the file when it comes to its first deoptimization: worker threads would take this one's away.
  const unread = `${file}.workers`;
  setFlagsFromString(`--redirect-code-traces-to=${unread}`);
  const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const timer = setInterval(() => {
    if (sizeOf(file) + sizeOf(unread) < maxTraceBytes) return;
    setFlagsFromString("--no-log-deopt");
    clearInterval(timer);
  }, checkMs).unref();
}

/** V8 notes the file's name, for good, at a thread's first deoptimization. */
function deoptimizeOnce(): void {
  setFlagsFromString("--allow-natives-syntax");
  new Script(
    `(() => {
  const f = (x) => x + 1;
  %PrepareFunctionForOptimization(f);
  f(1); f(2);
  %OptimizeFunctionOnNextCall(f);
  f(3); f("");
})()`,
    { filename: ownScript },
  ).runInThisContext();
  setFlagsFromString("--no-allow-natives-syntax");
}
