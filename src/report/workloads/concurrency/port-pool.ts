import { Worker } from "node:worker_threads";
import { armModule } from "./module-url.ts";

interface Task {
  readonly pair: readonly [string, string];
  readonly resolve: (distance: number) => void;
}

/**
 * A pool as Node's documentation shows it: a few threads, one task with each at a time, a message there and one back.
 * @see https://nodejs.org/api/async_context.html#using-asyncresource-for-a-worker-thread-pool
 */
export class PortPool {
  readonly #threads: readonly Worker[];
  readonly #free: Worker[] = [];
  readonly #running = new Map<Worker, Task>();
  readonly #queue: Task[] = [];

  constructor(threads: number) {
    this.#threads = Array.from({ length: threads }, () => {
      const thread = new Worker(new URL(armModule("port-thread")));
      thread.on("message", (distance: number) => {
        this.#running.get(thread)?.resolve(distance);
        this.#next(thread);
      });
      this.#free.push(thread);
      return thread;
    });
  }

  run(pair: readonly [string, string]): Promise<number> {
    return new Promise((resolve) => {
      this.#queue.push({ pair, resolve });
      const thread = this.#free.pop();
      if (thread !== undefined) this.#next(thread);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #next(thread: Worker): void {
    const task = this.#queue.shift();
    if (task === undefined) {
      this.#running.delete(thread);
      this.#free.push(thread);
      return;
    }
    this.#running.set(thread, task);
    thread.postMessage(task.pair);
  }
}
