import type { AlgorithmOptimizer } from "../algorithms/optimizer.ts";
import type { ConcurrencyOptimizer } from "../concurrency/optimizer.ts";
import type { DatabaseOptimizer } from "../database/optimizer.ts";
import type { MemoryOptimizer } from "../memory/optimizer.ts";
import type { MetricSource } from "../metrics/metric.ts";
import type { NetworkOptimizer } from "../network/optimizer.ts";
import { lazyModule } from "./lazy-module.ts";

interface Closable {
  close(): void | Promise<void>;
}

type Made = MetricSource & Closable;

/** The five optimizers, each made when it is first asked for. */
export class Optimizers {
  readonly #made = new Map<string, Made>();
  readonly #onMade: (source: MetricSource) => void;

  /** @param onMade gets each as a source of metrics */
  constructor(onMade: (source: MetricSource) => void) {
    this.#onMade = onMade;
  }

  get database(): DatabaseOptimizer {
    return this.#of("database", () => {
      const room = lazyModule<typeof import("../database/optimizer.ts")>("database/optimizer");
      return new room.DatabaseOptimizer();
    });
  }
  get memory(): MemoryOptimizer {
    return this.#of("memory", () => {
      const room = lazyModule<typeof import("../memory/optimizer.ts")>("memory/optimizer");
      return new room.MemoryOptimizer();
    });
  }
  get concurrency(): ConcurrencyOptimizer {
    return this.#of("concurrency", () => {
      const room = lazyModule<typeof import("../concurrency/optimizer.ts")>("concurrency/optimizer");
      return new room.ConcurrencyOptimizer();
    });
  }
  get network(): NetworkOptimizer {
    return this.#of("network", () => {
      const room = lazyModule<typeof import("../network/optimizer.ts")>("network/optimizer");
      return new room.NetworkOptimizer();
    });
  }
  get algorithms(): AlgorithmOptimizer {
    return this.#of("algorithms", () => {
      const room = lazyModule<typeof import("../algorithms/optimizer.ts")>("algorithms/optimizer");
      return new room.AlgorithmOptimizer();
    });
  }

  async close(): Promise<void> {
    const closing = [...this.#made.values()].map(async (optimizer) => optimizer.close());
    this.#made.clear();
    const failed = (await Promise.allSettled(closing)).find(({ status }) => status === "rejected");
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  }

  #of<T extends Made>(name: string, make: () => T): T {
    const known = this.#made.get(name);
    if (known !== undefined) return known as T;
    const made = make();
    this.#made.set(name, made);
    this.#onMade(made);
    return made;
  }
}
