import { Worker } from "node:worker_threads";

/** A killed parent is noticed so long after, at most. */
const lookEveryMs = 1_000;

/** In JavaScript and without imports, so that the thread is up at once. */
const script = `
  const { workerData } = require("node:worker_threads");
  setInterval(() => {
    if (process.ppid !== workerData.parent) process.kill(process.pid, "SIGKILL");
  }, workerData.lookEveryMs);
`;

/**
 * Kills this process when its parent has gone, however busy the main thread is: an arm in an endless loop sees neither
 * a message nor a closed channel. The watch is a thread of its own that sleeps but for one look a second.
 * @returns once the thread is up, so that its start falls into no round
 */
export async function watchParent(): Promise<void> {
  // Where Node may not start threads, the closed channel alone has to do.
  if (process.permission && !process.permission.has("worker")) return;
  const worker = new Worker(script, {
    eval: true,
    // Flags such as --cpu-prof are meant for the arm, not for its watchdog.
    execArgv: [],
    env: {},
    workerData: { parent: process.ppid, lookEveryMs },
  });
  await new Promise((resolve) => worker.once("online", resolve));
  worker.unref();
}
