import { defaultWorkerPool } from "./default-thread-pools.ts";
import type { AnyFunction } from "./worker-function.ts";
import type { RunOptions } from "./worker-pool-options.ts";

/**
 * Calls a function in a thread of this process's pool, as {@link WorkerPool.run} does; `configureDefaultThreadPools` sizes
 * that pool.
 *
 * ```ts
 * const sum = await runInWorker((a: number, b: number) => a + b, [1, 2]);
 * const parsed = await runInWorker("./parse.ts", [text], { name: "parse", timeoutMs: 500 });
 * ```
 * @param fn sent as its source text: **it must not use variables from around it**
 * @param args copied, unless they are in `transfer`
 * @throws as `WorkerPool.run`, by way of the promise
 */
export function runInWorker<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  args: NoInfer<A>,
  options?: Omit<RunOptions, "name">,
): Promise<Awaited<R>>;
/**
 * Calls an export of a module in a thread of this process's pool.
 * @param file URL, absolute path, or path relative to the working directory
 */
export function runInWorker<R = unknown>(
  file: string | URL,
  args?: readonly unknown[],
  options?: RunOptions,
): Promise<R>;
export function runInWorker(
  target: AnyFunction | string | URL,
  args: readonly unknown[] = [],
  options?: RunOptions,
): Promise<unknown> {
  const pool = defaultWorkerPool();
  // Overloads are resolved one at a time, and pass on alike.
  return pool.run(target as string, args, options);
}
