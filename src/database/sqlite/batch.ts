import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../clock.ts";
import { BatchError } from "../../errors.ts";
import type { Operation } from "../driver.ts";
import { requireTime } from "./bounded-wait.ts";
import type { SqliteConnection, SqliteValue } from "./connection.ts";
import { bindParameters } from "./parameters.ts";
import type { StatementPlan } from "./statement-plan.ts";

export interface InlineBatchBounds {
  readonly operation: Operation;
  readonly clock: Clock;
  /** Milliseconds that the event loop may be held in one go. */
  readonly budgetMs: number;
  /** Called after each turn of the event loop; throws when the batch must not go on. */
  readonly goOn?: () => void;
}

/** Rows between two looks at the clock. */
const rowsPerLook = 16;

/**
 * Runs a statement for each row inside the transaction that is open on `connection`, and gives the event loop a turn
 * whenever half the budget is spent.
 * @returns rows changed in all
 * @throws {BatchError} naming the row that failed; {@link DeadlineError}, the signal's reason or what `goOn` throws
 * between two rows
 */
export async function runBatch(
  plan: StatementPlan,
  connection: SqliteConnection,
  rows: readonly (readonly unknown[])[],
  { operation, clock, budgetMs, goOn }: InlineBatchBounds,
): Promise<number> {
  plan.forWriting ??= connection.prepare(plan.sql);
  const statement = plan.forWriting;
  const bound: SqliteValue[] = new Array(plan.parameterCount);
  let changed = 0;
  let turnMs = clock.now();
  let longestMs = 0;
  for (let index = 0; index < rows.length; index++) {
    try {
      changed += statement.change(bindParameters(rows[index]!, plan.parameterCount, bound));
    } catch (cause) {
      throw new BatchError(index, { cause });
    }
    if (index % rowsPerLook !== rowsPerLook - 1) continue;
    const now = clock.now();
    if (now - turnMs < budgetMs / 2) continue;
    longestMs = Math.max(longestMs, now - turnMs);
    await setImmediate();
    goOn?.();
    turnMs = clock.now();
    requireTime(operation, turnMs, "a batch");
  }
  plan.batchPlacement.record(Math.max(longestMs, clock.now() - turnMs), "inline");
  return changed;
}
