import type { FingerprintEntry } from "../database/monitoring/query-metrics.ts";
import { nowMs } from "./own-time.ts";
import type { PatchedMethod } from "./patched-method.ts";
import type { StatementTimes } from "./statement-times.ts";

type Method = (this: never, ...args: never[]) => unknown;

/**
 * Measures a method that runs a statement and returns its result.
 * @param textOf the statement's SQL
 * @param rowsOf of its result
 */
export function measured(
  name: string,
  times: StatementTimes,
  textOf: (statement: never) => string,
  rowsOf: (result: never) => number,
): (original: Method, patch: PatchedMethod) => Method {
  // Asking a statement for its text makes a new string each time, which takes as long as a short query.
  const entries = new WeakMap<object, FingerprintEntry>();
  const entryOf = (statement: never): FingerprintEntry => {
    let entry = entries.get(statement);
    if (entry === undefined) {
      entry = times.entry(textOf(statement));
      entries.set(statement, entry);
    }
    return entry;
  };
  return (original, patch) =>
    ({
      [name](this: never, ...args: never[]): unknown {
        if (!patch.isActive) return Reflect.apply(original, this, args);
        const start = nowMs();
        let result: unknown;
        try {
          result = Reflect.apply(original, this, args);
        } catch (error) {
          const tookMs = nowMs() - start;
          try {
            entryOf(this).fail(tookMs);
          } catch {
            // Called on what is no statement: the program gets the error of the method itself.
          }
          throw error;
        }
        const tookMs = nowMs() - start;
        try {
          entryOf(this).record(tookMs, rowsOf(result as never));
        } catch {
          // Closed by its own execution, say: the program has its result all the same.
        }
        return result;
      },
    })[name] as Method;
}

/** Rows of what `run`, `get` and `all` return. */
export const resultRows = Object.freeze({
  run: (result: { readonly changes?: number | bigint }): number => Number(result?.changes ?? 0),
  get: (result: unknown): number => (result === undefined ? 0 : 1),
  all: (result: readonly unknown[]): number => result.length,
});
