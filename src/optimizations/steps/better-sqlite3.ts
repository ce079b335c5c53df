import { PatchedMethods } from "../patched-methods.ts";
import type { OptimizationStep } from "../step.ts";
import { measured, resultRows } from "../sync-statements.ts";

interface BetterStatement {
  readonly source: string;
}

/**
 * Durations, errors and slow statements of `better-sqlite3`: `run`, `get` and `all`. The prototype of its statements is
 * first seen at the first `prepare`.
 */
export const betterSqlite3: OptimizationStep = {
  id: "better-sqlite3",
  title: "better-sqlite3",
  risk: "safe",
  apply(context) {
    const patches = new PatchedMethods(context.changed);
    const seen = new WeakSet<object>();
    const patchStatements = (statement: unknown): void => {
      if (typeof statement !== "object" || statement === null) return;
      const prototype = Object.getPrototypeOf(statement) as object;
      if (seen.has(prototype)) return;
      seen.add(prototype);
      const times = context.statements("sqlite");
      const textOf = ({ source }: BetterStatement): string => source;
      patches.replace("Statement.prototype", prototype, {
        run: measured("run", times, textOf, resultRows.run),
        get: measured("get", times, textOf, resultRows.get),
        all: measured("all", times, textOf, resultRows.all),
      });
    };
    context.modules.watch(
      { id: "better-sqlite3", path: "/node_modules/better-sqlite3/lib/index.js" },
      (exports) => {
        if (typeof exports !== "function") return;
        patches.replace("Database.prototype", exports.prototype as object, {
          prepare: (original, patch) =>
            function prepare(this: unknown, ...args: never[]) {
              const statement = Reflect.apply(original, this, args);
              if (patch.isActive) patchStatements(statement);
              return statement;
            },
        });
      },
    );
    return {
      describe: () => patches.describe("prepared statements are measured"),
      undo: () => patches.undo(),
    };
  },
};
