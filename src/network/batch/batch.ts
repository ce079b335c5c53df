import type { TimerHandle } from "../../clock.ts";
import type { SendContext } from "./batcher-options.ts";

/** One key on its way, for one caller or several. */
export class Load<K, V> {
  readonly key: K;
  /** What makes another key the same. */
  readonly id: unknown;
  readonly batch: Batch<K, V>;
  readonly promise: Promise<V>;
  declare resolve: (value: V) => void;
  declare reject: (error: unknown) => void;
  /** Callers who wait; very many once one of them can't leave. */
  holders = 0;
  /** Left by all before it was sent. */
  isGone = false;

  constructor(key: K, id: unknown, batch: Batch<K, V>) {
    this.key = key;
    this.id = id;
    this.batch = batch;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/** Keys that go together: first gathered, then sent, then ended. */
export class Batch<K, V> implements SendContext {
  loads: Load<K, V>[] = [];
  /** Loads that somebody still waits for. */
  live = 0;
  /** Its wait is over. */
  isDue = false;
  isSent = false;
  isEnded = false;
  /** Of its sending. */
  deadline = 0;
  /** Its neighbours in the list that it is in. */
  previous: Batch<K, V> | undefined;
  next: Batch<K, V> | undefined;
  /** Ends its wait for others. */
  timer: TimerHandle;
  #controller: AbortController | undefined;

  /** Made when asked for: many sendings have no use for one. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }
}
