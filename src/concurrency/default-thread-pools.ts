import { libuvThreadCount } from "../metrics/runtime/libuv-thread-count.ts";
import { integer, knownKeys } from "../options.ts";
import { type LibuvThreads, libuvVariable, maxLibuvThreads, sizeLibuvThreads } from "./libuv-threads.ts";
import { WorkerPool } from "./worker-pool.ts";
import { poolOptionKeys, resolvePoolOptions, type WorkerPoolOptions } from "./worker-pool-options.ts";
import { availableCpus } from "./worker-sizing.ts";

export interface ThreadPoolsOptions extends WorkerPoolOptions {
  /**
   * Threads in libuv's pool, an integer from 1 to 1024. @default the processors that this process may use, at least
   * libuv's own 4; nothing is changed where `UV_THREADPOOL_SIZE` is set
   */
  readonly libuvThreads?: number;
}

/** What `configureDefaultThreadPools` did. */
export interface ThreadPoolsChange {
  /** Processors that this process may use. */
  readonly cpus: number;
  readonly maxWorkers: number;
  readonly minWorkers: number;
  readonly libuv: LibuvThreads;
  /**
   * Puts the options of the worker threads, and the environment, back to what they were; doing it again has no effect.
   * libuv's pool, once started, keeps its size.
   */
  undo(): void;
}

const libuvDefault = 4;

let options: WorkerPoolOptions = {};
let pool: WorkerPool | undefined;

/** The pool of this process, which `runInWorker` uses; made at its first use. */
export function defaultWorkerPool(): WorkerPool {
  pool ??= new WorkerPool({ name: "default", ...options });
  return pool;
}

/** The same, `undefined` before its first use. @internal */
export function currentWorkerPool(): WorkerPool | undefined {
  return pool;
}

/**
 * Sets the size and options of the pool that `runInWorker` uses, and asks for as many threads in libuv's. Call it first
 * in a program, or libuv's pool has been used already; the answer says what took effect. A pool in use ends what it
 * has, and the next call gets a new one.
 * @throws {RangeError | TypeError} on an option that is unknown or out of its bounds; nothing is changed then
 */
export function configureDefaultThreadPools(change: ThreadPoolsOptions = {}): ThreadPoolsChange {
  knownKeys("configureDefaultThreadPools", change, ["libuvThreads", ...poolOptionKeys]);
  const { libuvThreads, ...workers } = change;
  const { maxWorkers, minWorkers } = resolvePoolOptions(workers);
  if (libuvThreads !== undefined) integer("libuvThreads", libuvThreads, 1, maxLibuvThreads);
  const before = { options, libuv: process.env[libuvVariable] };
  const libuv = sizeLibuv(libuvThreads);
  const isSet = process.env[libuvVariable] !== before.libuv;
  useOptions(workers);
  let isUndone = false;
  return {
    cpus: availableCpus(),
    maxWorkers,
    minWorkers,
    libuv,
    undo() {
      if (isUndone) return;
      isUndone = true;
      if (isSet && before.libuv === undefined) delete process.env[libuvVariable];
      else if (isSet) process.env[libuvVariable] = before.libuv;
      useOptions(before.options);
    },
  };
}

/** Ends the pool of this process once its tasks have settled; the next use makes a new one. */
export async function closeDefaultWorkerPool(): Promise<void> {
  const closing = pool;
  pool = undefined;
  await closing?.close();
}

function useOptions(next: WorkerPoolOptions): void {
  options = next;
  closeDefaultWorkerPool();
}

function sizeLibuv(wish: number | undefined): LibuvThreads {
  const fromOutside = process.env[libuvVariable];
  if (wish === undefined && fromOutside !== undefined)
    return { requested: Number(fromOutside), effect: "left", threads: libuvThreadCount() };
  return sizeLibuvThreads(wish ?? Math.max(libuvDefault, availableCpus()));
}
