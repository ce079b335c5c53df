/**
 * Whether this is a worker thread. `node:worker_threads` says the same, but loading it costs a start several
 * milliseconds; Node marks what a worker mustn't call.
 */
export function isWorkerThread(): boolean {
  return (process.chdir as { readonly disabled?: boolean }).disabled === true;
}
