import { nowMs } from "../own-time.ts";
import { PatchedMethods } from "../patched-methods.ts";
import type { StatementTimes } from "../statement-times.ts";
import type { OptimizationStep } from "../step.ts";

/** What mysql2's commands have, as far as it is looked at. */
interface MysqlCommand {
  readonly next: unknown;
  readonly sql?: unknown;
  readonly _rows?: readonly unknown[];
}

interface MysqlPacket {
  isError?(): boolean;
}

/**
 * Durations, errors and slow statements of `mysql2`, from when a query is sent until it is answered. Pools keep their
 * size and time limits. Its own tracing channels aren't used: a listener to them makes it swallow the error of a query
 * that nobody else listens to.
 */
export const mysql2: OptimizationStep = {
  id: "mysql2",
  title: "MySQL by mysql2",
  risk: "safe",
  apply(context) {
    const patches = new PatchedMethods(context.changed);
    const commands = {
      id: "../commands/index.js",
      within: "/node_modules/mysql2/",
      path: "/node_modules/mysql2/lib/commands/index.js",
    };
    context.modules.watch(commands, (exports) => {
      const { Query, Execute } = exports as { readonly Query?: unknown; readonly Execute?: unknown };
      if (typeof Query !== "function" || typeof Execute !== "function") return;
      const base = Object.getPrototypeOf(Query.prototype) as object;
      measure(base, [Query, Execute], patches, context.statements("mysql"));
    });
    return {
      describe: () => patches.describe("statements are measured; pools are left as they are"),
      undo: () => patches.undo(),
    };
  },
};

function measure(
  base: object,
  kinds: readonly (abstract new (...args: never[]) => unknown)[] | readonly unknown[],
  patches: PatchedMethods,
  times: StatementTimes,
): void {
  const began = new WeakMap<object, number>();
  const isStatement = (command: object): boolean =>
    kinds.some((kind) => command instanceof (kind as () => void));
  patches.replace("mysql2.Command.prototype", base, {
    execute: (original, patch) =>
      ({
        execute(this: MysqlCommand, ...args: never[]) {
          if (patch.isActive && !this.next && isStatement(this)) began.set(this, nowMs());
          const isDone = Reflect.apply(original, this, args);
          if (isDone === true) ended(this, args[0], began, times);
          return isDone;
        },
      }).execute,
  });
}

function ended(
  command: MysqlCommand,
  packet: MysqlPacket | undefined,
  began: WeakMap<object, number>,
  times: StatementTimes,
): void {
  const start = began.get(command);
  if (start === undefined) return;
  began.delete(command);
  try {
    const sql = String(command.sql);
    const first = command._rows?.[0];
    if (packet?.isError?.()) times.failed(sql, start);
    else times.done(sql, start, Array.isArray(first) ? first.length : 0);
  } catch {
    // A text that is no text; thrown here, it would end the connection's reading of answers.
  }
}
