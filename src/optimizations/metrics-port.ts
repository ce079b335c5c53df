import type { MetricsServer } from "../metrics/endpoint/metrics-server.ts";
import type { MetricRegistry } from "../metrics/registry.ts";
import { thrownText } from "../thrown-text.ts";
import { lazyModule } from "./lazy-module.ts";
import { isWorkerThread } from "./main-thread.ts";

/** Serves a registry at a port from outside, if it is free: a program must not end because its metrics can't be read. */
export class MetricsPort {
  #server: MetricsServer | undefined;
  #error: string | undefined;
  readonly #opening: Promise<void>;

  /** @param onOpened called when `url` or `error` is there */
  constructor(port: number, registry: () => MetricRegistry, onOpened: () => void) {
    this.#opening = isWorkerThread() ? this.#leave() : this.#open(port, registry).then(onOpened);
  }

  get url(): string | undefined {
    return this.#server?.url;
  }
  get error(): string | undefined {
    return this.#error;
  }

  async close(): Promise<void> {
    await this.#opening;
    await this.#server?.close();
  }

  async #leave(): Promise<void> {
    this.#error = "served by the main thread alone";
  }

  async #open(port: number, registry: () => MetricRegistry): Promise<void> {
    try {
      const { startMetricsServer } = lazyModule<typeof import("../metrics/endpoint/metrics-server.ts")>(
        "metrics/endpoint/metrics-server",
      );
      this.#server = await startMetricsServer({ registry: registry(), port });
    } catch (error) {
      this.#error = thrownText(error);
      process.emitWarning(`metrics can't be served at port ${port}: ${this.#error}`, {
        code: "VICTOR_METRICS_PORT",
      });
    }
  }
}
