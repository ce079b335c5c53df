import type { Clock } from "../clock.ts";
import { thrownText } from "../thrown-text.ts";
import type { AlertNotification, AlertSink } from "./notification.ts";

export interface DeliveryStats {
  readonly sent: number;
  /** The sink threw, or took too long. */
  readonly failed: number;
  /** The queue was full: the oldest of it was left out. */
  readonly dropped: number;
  readonly queued: number;
  /** The latest failure's message. */
  readonly lastError: string | undefined;
}

/** The way to one sink: one at a time, in order, each under a deadline; bounded. A sink that throws or hangs harms only itself. */
export class Delivery {
  readonly #sink: AlertSink;
  readonly #clock: Clock;
  readonly #maxQueue: number;
  readonly #timeoutMs: number;
  readonly #queue: AlertNotification[] = [];
  #running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  #sent = 0;
  #failed = 0;
  #dropped = 0;
  #lastError: string | undefined;

  constructor(sink: AlertSink, clock: Clock, maxQueue: number, timeoutMs: number) {
    this.#sink = sink;
    this.#clock = clock;
    this.#maxQueue = maxQueue;
    this.#timeoutMs = timeoutMs;
  }

  get name(): string {
    return this.#sink.name;
  }

  stats(): DeliveryStats {
    const queued = this.#queue.length + (this.#running ? 1 : 0);
    return {
      sent: this.#sent,
      failed: this.#failed,
      dropped: this.#dropped,
      queued,
      lastError: this.#lastError,
    };
  }

  push(notification: AlertNotification): void {
    if (this.#queue.length >= this.#maxQueue) {
      this.#queue.shift();
      this.#dropped++;
    }
    this.#queue.push(notification);
    this.#next();
  }

  /** @returns when all is delivered or given up */
  async drained(): Promise<void> {
    while (this.#running) await this.#running.done;
  }

  /** Gives up what is not delivered yet. */
  abandon(): void {
    this.#dropped += this.#queue.length;
    this.#queue.length = 0;
    this.#running?.abort.abort();
  }

  #next(): void {
    if (this.#running) return;
    const notification = this.#queue.shift();
    if (notification === undefined) return;
    const abort = new AbortController();
    const done = this.#deliver(notification, abort).then(() => {
      this.#running = undefined;
      this.#next();
    });
    this.#running = { abort, done };
  }

  async #deliver(notification: AlertNotification, abort: AbortController): Promise<void> {
    const { promise: gaveUp, reject } = Promise.withResolvers<never>();
    abort.signal.addEventListener("abort", () => reject(new Error("given up")), { once: true });
    const timer = this.#clock.setTimeout(() => {
      reject(new Error(`not done within ${this.#timeoutMs} ms`));
      abort.abort();
    }, this.#timeoutMs);
    try {
      // In a turn of its own, so that a slow sink's own work is not part of the evaluation.
      const work = Promise.resolve().then(() => this.#sink.notify(notification, abort.signal));
      await Promise.race([work, gaveUp]);
      this.#sent++;
    } catch (error) {
      this.#failed++;
      this.#lastError = thrownText(error);
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }
}
