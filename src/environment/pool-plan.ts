/** Threads that libuv starts by itself. */
export const libuvDefaultThreads = 4;

/** Beyond, a thread more for each processor brought nothing that was measured, and each has a stack of 8 MiB reserved. */
const maxThreads = 64;

/**
 * Threads for libuv's pool: one for each processor, so that cryptography and compression use all of them, and never fewer than
 * libuv's 4, so that slow files and look-ups don't wait for each other (`bench/environment/thread-pool.ts`).
 * @param cpus that the process may use, an integer ≥ 1
 * @returns `undefined` where libuv's own number is that already
 */
export function planPoolThreads(cpus: number): number | undefined {
  const threads = Math.min(maxThreads, Math.max(libuvDefaultThreads, cpus));
  return threads === libuvDefaultThreads ? undefined : threads;
}
