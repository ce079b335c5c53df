import { PatchedMethods } from "../patched-methods.ts";
import type { OptimizationStep } from "../step.ts";
import { measured, resultRows } from "../sync-statements.ts";

/**
 * Durations, errors and slow statements of `node:sqlite`: `run`, `get` and `all` of prepared statements.
 * Journal mode and the like are the program's own, and left alone.
 */
export const nodeSqlite: OptimizationStep = {
  id: "node-sqlite",
  title: "node:sqlite",
  risk: "safe",
  apply(context) {
    const patches = new PatchedMethods(context.changed);
    context.modules.watchBuiltIn("sqlite", (exports) => {
      const { StatementSync, DatabaseSync } = exports as typeof import("node:sqlite");
      if (typeof StatementSync !== "function" || typeof DatabaseSync !== "function") return;
      const times = context.statements("sqlite");
      const textOf = (statement: { readonly sourceSQL: string }): string => statement.sourceSQL;
      patches.replace("StatementSync.prototype", StatementSync.prototype, {
        run: measured("run", times, textOf, resultRows.run),
        get: measured("get", times, textOf, resultRows.get),
        all: measured("all", times, textOf, resultRows.all),
      });
    });
    return {
      describe: () => patches.describe("prepared statements are measured"),
      undo: () => patches.undo(),
    };
  },
};
