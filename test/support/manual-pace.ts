import { setImmediate as turn } from "node:timers/promises";
import type { Pace } from "../../src/compare/load/pace.ts";

/** Time that goes to the next moment somebody waits for, once nothing else is left to do. */
export class ManualPace implements Pace {
  #nowMs = 0;
  #running = false;
  readonly #waiting: { readonly atMs: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  until(atMs: number): Promise<void> {
    return new Promise((wake) => {
      this.#waiting.push({ atMs, wake });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      // All that can go on without time passing goes on first.
      await turn();
      if (this.#waiting.length === 0) break;
      this.#waiting.sort((a, b) => a.atMs - b.atMs);
      const { atMs, wake } = this.#waiting.shift()!;
      this.#nowMs = Math.max(this.#nowMs, atMs);
      wake();
    }
    this.#running = false;
  }
}
