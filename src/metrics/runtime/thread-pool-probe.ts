import { randomBytes } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import type { MetricSample } from "../metric.ts";
import { libuvThreadCount } from "./libuv-thread-count.ts";

/** Has libuv's pool do a task that takes next to nothing, and calls back when it is done. */
export type ThreadPoolTask = (done: () => void) => void;

const tinyTask: ThreadPoolTask = (done) => randomBytes(1, done);

/**
 * libuv's pool, which does files, DNS look-ups, compression and cryptography. How many tasks wait there is not to be
 * seen from outside, so a tiny task of our own tells how long one waits: one at each collection, never two at a time.
 * A task that still waits is counted with its age so far, in `victor.runtime.thread_pool.probe.age`.
 */
export class ThreadPoolProbe {
  readonly #clock: Clock;
  readonly #task: ThreadPoolTask;
  readonly #isProbing: boolean;
  readonly #delays = new LatencyHistogram();
  #since: number | undefined;
  #threads: number | undefined = 0;

  constructor(isProbing: boolean, clock: Clock, task: ThreadPoolTask = tinyTask) {
    this.#isProbing = isProbing;
    this.#clock = clock;
    this.#task = task;
  }

  *samples(): Iterable<MetricSample> {
    // Once started, the pool keeps its size for life.
    if (this.#threads === 0) this.#threads = libuvThreadCount();
    if (this.#threads !== undefined)
      yield {
        type: "gauge",
        name: "victor.runtime.thread_pool.size",
        unit: "{thread}",
        help: "Threads of libuv's pool; 0 until it is first used.",
        labels: {},
        value: this.#threads,
      };
    if (!this.#isProbing) return;
    yield {
      type: "histogram",
      name: "victor.runtime.thread_pool.delay",
      unit: "s",
      help: "From asking libuv's pool for a tiny task to its end.",
      labels: {},
      histogram: this.#delays.snapshot(),
    };
    yield {
      type: "gauge",
      name: "victor.runtime.thread_pool.probe.age",
      unit: "s",
      help: "How long the tiny task that is under way has taken so far; 0 when there is none.",
      labels: {},
      value: this.#since === undefined ? 0 : (this.#clock.now() - this.#since) / 1000,
    };
    this.#probe();
  }

  #probe(): void {
    if (this.#since !== undefined) return;
    const since = this.#clock.now();
    this.#since = since;
    this.#task(() => {
      this.#since = undefined;
      this.#delays.record((this.#clock.now() - since) / 1000);
    });
  }
}
