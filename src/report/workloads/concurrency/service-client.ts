import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { armModule } from "./module-url.ts";
import { answerTo, type Service } from "./service.ts";

/** The caller's side of a service in a thread of its own. */
export class ServiceClient {
  /** Answers that were not those that belong to the request. */
  wrong = 0;
  readonly #thread: Worker;
  readonly #waiting = new Map<number, () => void>();

  private constructor(thread: Worker) {
    this.#thread = thread;
    thread.on("message", ([id, answer]: [number, number]) => {
      if (answer !== answerTo(id)) this.wrong++;
      this.#waiting.get(id)?.();
    });
  }

  /** Starts the service, and waits until it listens. */
  static async start(service: Service): Promise<ServiceClient> {
    const thread = new Worker(new URL(armModule("service-thread")), { workerData: service });
    await once(thread, "message");
    return new ServiceClient(thread);
  }

  /**
   * @param id of the request, never used before
   * @param deadline on the clock of `performance.now()`: then the caller gives up, of which the service doesn't learn
   * @returns whether the answer came before
   */
  ask(id: number, deadline = Number.POSITIVE_INFINITY): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isInTime: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(isInTime);
      };
      const timer =
        deadline === Number.POSITIVE_INFINITY
          ? undefined
          : setTimeout(settle, Math.max(0, deadline - performance.now()), false);
      this.#waiting.set(id, () => settle(performance.now() <= deadline));
      this.#thread.postMessage(id);
    });
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }
}
