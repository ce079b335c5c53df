import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { flagMib, startFlags } from "./gc-flags.ts";

/** V8's flags, which belong to the whole process; others in tests. */
export interface V8Flags {
  set(flag: string): void;
  /** What the process was started with. */
  readonly started: readonly string[];
  /** Collects all that can go and gives the memory back to the system; stops this thread meanwhile. */
  collectAll(): void;
}

export const processFlags: V8Flags = Object.freeze({
  set: setFlagsFromString,
  get started() {
    return startFlags();
  },
  collectAll() {
    const isExposed = "gc" in globalThis;
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as (options: {
      readonly type: "major";
      readonly flavor: "last-resort";
    }) => void;
    // Contexts made later would all have a gc.
    if (!isExposed) setFlagsFromString("--no-expose-gc");
    // The only kind that returned memory: a plain full collection left it resident (measured).
    gc({ type: "major", flavor: "last-resort" });
  },
});

/**
 * Sets limits for workers that are created later; the running isolates keep theirs.
 * @param flags of the form `--name=MiB`
 * @returns puts back what the process was started with; 0 is V8's own choice
 */
export function setWorkerLimits(flags: readonly string[], v8: V8Flags): () => void {
  for (const flag of flags) v8.set(flag);
  return () => {
    for (const flag of flags) {
      const name = flag.slice(2, flag.indexOf("="));
      v8.set(`--${name}=${flagMib(v8.started, name) ?? 0}`);
    }
  };
}

/** @returns undoes it; where the process was started with the flag, neither changes anything */
export function favourSize(v8: V8Flags): () => void {
  const flag = "--optimize-for-size";
  if (v8.started.some((started) => started.replaceAll("_", "-") === flag)) return () => undefined;
  v8.set(flag);
  return () => v8.set("--no-optimize-for-size");
}
