import { nowMs } from "../own-time.ts";
import { PatchedMethods } from "../patched-methods.ts";
import type { StatementTimes } from "../statement-times.ts";
import type { AppliedStep, OptimizationStep } from "../step.ts";

/** What pg's Query has, as far as it is looked at. */
interface PgQuery {
  readonly text?: unknown;
  readonly name?: unknown;
  readonly _canceledDueToError?: unknown;
  readonly _result?: { readonly rowCount?: unknown };
}

/**
 * Durations, errors and slow statements of `pg`, from when a query is sent until it is answered. Pools keep their size
 * and time limits, which a program can see. Cursors, streams of rows and `pg-native` are left alone.
 */
export const pg: OptimizationStep = {
  id: "pg",
  title: "PostgreSQL by pg",
  risk: "safe",
  apply(context): AppliedStep {
    const patches = new PatchedMethods(context.changed);
    context.modules.watch({ id: "pg", path: "/node_modules/pg/lib/index.js" }, (exports) => {
      const { Query } = (exports as { readonly Client?: { readonly Query?: unknown } }).Client ?? {};
      if (typeof Query === "function") measure(Query.prototype, patches, context.statements("postgresql"));
    });
    return {
      describe: () => patches.describe("statements are measured; pools are left as they are"),
      undo: () => patches.undo(),
    };
  },
};

function measure(prototype: object, patches: PatchedMethods, times: StatementTimes): void {
  const began = new WeakMap<object, number>();
  const ended = (query: PgQuery, isFailed: boolean): void => {
    const start = began.get(query);
    if (start === undefined) return;
    began.delete(query);
    try {
      const sql = String(query.text ?? query.name);
      const rows = query._result?.rowCount;
      if (isFailed) times.failed(sql, start);
      else times.done(sql, start, typeof rows === "number" ? rows : 0);
    } catch {
      // A text that is no text; thrown here, it would end the connection's reading of answers.
    }
  };
  patches.replace("pg.Query.prototype", prototype, {
    submit: (original, patch) =>
      ({
        submit(this: object, ...args: never[]) {
          if (patch.isActive) began.set(this, nowMs());
          return Reflect.apply(original, this, args);
        },
      }).submit,
    handleReadyForQuery: (original, patch) =>
      ({
        handleReadyForQuery(this: PgQuery, ...args: never[]) {
          if (patch.isActive) ended(this, Boolean(this._canceledDueToError));
          return Reflect.apply(original, this, args);
        },
      }).handleReadyForQuery,
    handleError: (original, patch) =>
      ({
        handleError(this: PgQuery, ...args: never[]) {
          if (patch.isActive) ended(this, true);
          return Reflect.apply(original, this, args);
        },
      }).handleError,
  });
}
