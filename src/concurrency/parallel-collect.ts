import { totalOf } from "./input-iterator.ts";
import type { ResolvedParallelOptions } from "./parallel-options.ts";
import { ParallelRun, type ParallelWork } from "./parallel-run.ts";

/** What is run; what becomes of it is the collector's business. */
export interface Calls<I, T>
  extends Omit<ParallelWork<I, T>, "onValue" | "onFailure" | "settles" | "holdsValues"> {
  /** Looks on: told of the run before it begins. @returns what is to be done when it has come to rest */
  observe?(run: ParallelRun<I, T>): () => void;
}

/** @returns the values, in the order of their items */
export async function collect<I, T>(
  where: string,
  calls: Calls<I, T>,
  options: ResolvedParallelOptions,
): Promise<T[]> {
  const { onValue, values } = inOrder<T>(calls);
  const run = new ParallelRun<I, T>(where, { ...calls, onValue }, options);
  await observed(run, calls);
  return values(run.started);
}

/** @returns what became of each item, in their order */
export async function settle<I, T>(
  where: string,
  calls: Calls<I, T>,
  options: ResolvedParallelOptions,
): Promise<PromiseSettledResult<T>[]> {
  const { onValue, values } = inOrder<PromiseSettledResult<T>>(calls);
  const run = new ParallelRun<I, T>(
    where,
    {
      ...calls,
      settles: true,
      onValue: (index, value) => onValue(index, { status: "fulfilled", value }),
      onFailure: ({ index, error }) => onValue(index, { status: "rejected", reason: error }),
    },
    options,
  );
  await observed(run, calls);
  return values(run.started);
}

async function observed<I, T>(run: ParallelRun<I, T>, { observe }: Calls<I, T>): Promise<void> {
  const onRest = observe?.(run);
  try {
    await run.run();
  } finally {
    onRest?.();
  }
}

interface InOrder<T> {
  onValue(index: number, value: T): void;
  /** @param count of items there have been */
  values(count: number): T[];
}

/** Where the number of items is known, the array is made once: growing it costs several times as much as a trivial task. */
function inOrder<T>({
  input,
  total = totalOf(input),
}: Pick<Calls<unknown, unknown>, "input" | "total">): InOrder<T> {
  const results: T[] = total === undefined ? [] : new Array(total);
  return {
    onValue(index, value) {
      // No holes, which a slow first task would leave: a large array with many is turned into a table by V8.
      while (index > results.length) results.push(undefined as T);
      results[index] = value;
    },
    values(count) {
      results.length = count;
      return results;
    },
  };
}
