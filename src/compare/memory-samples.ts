import { quantile } from "../measure/index.ts";
import type { ProcessTree } from "./process-tree.ts";

const everyMs = 100;

/** Looks at the memory of a program ten times a second. */
export class MemorySamples {
  readonly #tree: ProcessTree;
  readonly #samples: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;

  constructor(tree: ProcessTree) {
    this.#tree = tree;
    this.#timer = setInterval(() => this.#sample(), everyMs).unref();
    this.#sample();
  }

  #sample(): void {
    // Which processes there are changes seldom, and costs more to find out.
    if (this.#ticks++ % 10 === 0) this.#tree.scan();
    const bytes = this.#tree.rssBytes();
    if (bytes !== undefined && bytes > 0) this.#samples.push(bytes);
  }

  /** Stops looking. @returns the figures; none where nothing was seen */
  end(): { readonly rssPeak?: number; readonly rssMedian?: number } {
    this[Symbol.dispose]();
    if (this.#samples.length === 0) return {};
    return {
      rssPeak: this.#samples.reduce((most, bytes) => Math.max(most, bytes)),
      rssMedian: quantile(this.#samples, 0.5),
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
