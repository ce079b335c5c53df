import type { MetricSource } from "../metrics/metric.ts";
import type { MetricRegistry } from "../metrics/registry.ts";
import { lazyModule } from "./lazy-module.ts";

/** Sources that wait for a registry, which is made when somebody first wants to read it. */
export class LazyRegistry {
  readonly #sources = new Set<MetricSource>();
  #registry: MetricRegistry | undefined;

  get registry(): MetricRegistry {
    if (this.#registry === undefined) {
      const { MetricRegistry: Registry } =
        lazyModule<typeof import("../metrics/registry.ts")>("metrics/registry");
      this.#registry = new Registry();
      for (const source of this.#sources) this.#registry.register(source);
    }
    return this.#registry;
  }

  add(source: MetricSource): void {
    this.#sources.add(source);
    this.#registry?.register(source);
  }

  remove(source: MetricSource): void {
    this.#sources.delete(source);
    this.#registry?.unregister(source);
  }

  clear(): void {
    for (const source of [...this.#sources]) this.remove(source);
  }
}
