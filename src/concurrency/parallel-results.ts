import { knownKeys, oneOf } from "../options.ts";
import { type ResultsOf, type Task, type Tasks, taskWork } from "./execute-in-parallel.ts";
import { type ParallelOptions, parallelKeys, resolveParallelOptions } from "./parallel-options.ts";
import { ParallelRun } from "./parallel-run.ts";

export interface ParallelResult<T> {
  /** Of its task, from 0. */
  readonly index: number;
  readonly value: T;
}

export interface ParallelResultsOptions extends ParallelOptions {
  /** `completion`: whatever is done first comes first; `input`: in the order of the tasks. @default "completion" */
  readonly order?: "completion" | "input";
}

/**
 * Runs tasks side by side, and gives each result as it comes.
 * ```ts
 * for await (const { index, value } of parallelResults(tasks, { maxConcurrency: 5 })) …
 * ```
 * Nothing starts before the first result is asked for. Tasks that run and results that wait to be taken are never more than
 * `maxConcurrency`, so a slow consumer slows the tasks. Ending the loop early stops the pulling, aborts what runs, and waits
 * until it has come to rest; whatever fails in that time is ignored.
 * After a failure the results that were ready still come, in input order up to the first gap; then the error is thrown.
 * @throws as {@link executeInParallel} does, from the loop; on options at once
 */
export function parallelResults<const L extends readonly Task<unknown>[]>(
  tasks: L,
  options?: ParallelResultsOptions,
): AsyncGenerator<ParallelResult<ResultsOf<L>[number]>, void, undefined>;
export function parallelResults<T>(
  tasks: Tasks<T>,
  options?: ParallelResultsOptions,
): AsyncGenerator<ParallelResult<T>, void, undefined>;
export function parallelResults<T>(
  tasks: Tasks<T>,
  options: ParallelResultsOptions = {},
): AsyncGenerator<ParallelResult<T>, void, undefined> {
  knownKeys("parallelResults", options, [...parallelKeys, "order"]);
  const { order = "completion", ...others } = options;
  oneOf("order", order, ["completion", "input"]);
  const ready = new Map<number, T>();
  const failed = new Set<number>();
  let wake = (): void => undefined;
  const run = new ParallelRun(
    "parallelResults",
    {
      ...taskWork(tasks),
      holdsValues: true,
      onValue(index, value) {
        ready.set(index, value);
        wake();
      },
      onFailure({ index }) {
        if (order === "input") failed.add(index);
        wake();
      },
    },
    resolveParallelOptions("parallelResults", others),
  );

  async function* results(): AsyncGenerator<ParallelResult<T>, void, undefined> {
    let isOver = false;
    const end = run.run().finally(() => {
      isOver = true;
      wake();
    });
    // Its rejection is thrown below, when the results that are ready have been taken.
    end.catch(() => undefined);
    try {
      for (let next = 0; ; ) {
        while (failed.delete(next)) next++;
        const [index] = order === "input" ? [next] : ready.keys();
        if (index !== undefined && ready.has(index)) {
          const value = ready.get(index) as T;
          ready.delete(index);
          next = index + 1;
          run.release();
          yield { index, value };
        } else if (isOver) break;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
      await end;
    } finally {
      await run.leave();
    }
  }
  return results();
}
