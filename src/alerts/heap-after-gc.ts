import { getHeapStatistics } from "node:v8";
import type { MetricSample } from "../metrics/index.ts";
import { type GcPause, observeGc } from "../metrics/runtime/gc-observer.ts";

/**
 * The heap in use right after the latest full garbage collection: what the program holds, without what is only waiting
 * to be collected. A leak raises it; more traffic alone doesn't. Each collection is told once: NaN until the next one, so
 * that a figure which stands for minutes doesn't count as many.
 */
export class HeapAfterGc {
  readonly name = "heap-after-gc";
  readonly #heapUsed: () => number;
  readonly #stop: () => void;
  #bytes = Number.NaN;

  /**
   * @param heapUsed bytes
   * @param observe calls back at each collection, and gives what ends that
   */
  constructor(
    // Not `process.memoryUsage`, which throws where the process is out of file descriptors.
    heapUsed: () => number = () => getHeapStatistics().used_heap_size,
    observe: (listener: (pause: GcPause) => void) => () => void = observeGc,
  ) {
    this.#heapUsed = heapUsed;
    this.#stop = observe(({ kind }) => {
      if (kind === "major") this.#bytes = this.#heapUsed();
    });
  }

  *collect(): Iterable<MetricSample> {
    yield {
      type: "gauge",
      name: "victor.heap.used_after_gc",
      help: "Heap in use right after the latest full garbage collection",
      unit: "By",
      labels: {},
      value: this.#bytes,
    };
    this.#bytes = Number.NaN;
  }

  close(): void {
    this.#stop();
  }
}
