import { stat } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { libuvThreadCount } from "../metrics/runtime/libuv-thread-count.ts";

/** What became of a wish for another number of threads in libuv's pool. */
export interface LibuvThreads {
  readonly requested: number;
  /**
   * - `applied`: the pool was started now, with this number.
   * - `already started`: it had been used before, so its size is fixed for the life of the process.
   * - `unverified`: the wish is recorded in the environment, but this system doesn't show whether it came in time.
   * - `not in a thread`: only the main thread's environment counts.
   * - `left`: `UV_THREADPOOL_SIZE` was set from outside, and is kept.
   */
  readonly effect: "applied" | "already started" | "unverified" | "not in a thread" | "left";
  /** Threads that the pool has now; `undefined` where the system doesn't show it. */
  readonly threads: number | undefined;
}

export const libuvVariable = "UV_THREADPOOL_SIZE";
/** libuv's own bound. */
export const maxLibuvThreads = 1024;

/** What sizing looks at and touches; others in tests. */
export interface LibuvGround {
  readonly isMainThread: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Threads of the pool: 0 before its first use, `undefined` where that can't be seen. */
  count(): number | undefined;
  /** Has the pool do something, which starts it. */
  use(): void;
}

const thisProcess: LibuvGround = {
  isMainThread,
  env: process.env,
  count: libuvThreadCount,
  // It asks for nothing that could fail or take long.
  use: () => stat("/", () => {}),
};

/**
 * Asks for a number of threads in the pool in which libuv, Node's foundation, does files, DNS look-ups, compression and
 * cryptography. libuv reads the wish when that pool is first used, and starts all its threads then, for good.
 * So the wish comes first in a program, or from outside: `UV_THREADPOOL_SIZE=8 node app.js`.
 * @param requested an integer from 1 to 1024
 * @see https://docs.libuv.org/en/v1.x/threadpool.html
 */
export function sizeLibuvThreads(requested: number, ground: LibuvGround = thisProcess): LibuvThreads {
  const before = ground.count();
  if (!ground.isMainThread) return { requested, effect: "not in a thread", threads: before };
  if (before !== undefined && before > 0) return { requested, effect: "already started", threads: before };
  ground.env[libuvVariable] = String(requested);
  if (before === undefined) return { requested, effect: "unverified", threads: undefined };
  ground.use();
  const threads = ground.count();
  return { requested, effect: threads === requested ? "applied" : "unverified", threads };
}
