import { thrownText } from "../../thrown-text.ts";
import type { PoolTarget } from "./pool-options.ts";

/**
 * A pool's target whose `usable` and `destroy` never throw, whatever the driver's do: the pool's books must not depend
 * on a driver's good manners. A `usable` that throws means no, a `destroy` that fails has ended the connection as far
 * as the pool can. Each such failure is counted, and the first one is a process warning.
 */
export class GuardedTarget<C> implements PoolTarget<C> {
  /** Calls of `usable` and `destroy` that failed. */
  faults = 0;
  readonly #pool: string;
  readonly #target: PoolTarget<C>;
  readonly reset?: (connection: C) => Promise<void>;

  /** @param pool its name, for the warning */
  constructor(pool: string, target: PoolTarget<C>) {
    this.#pool = pool;
    this.#target = target;
    if (target.reset !== undefined) this.reset = (connection) => target.reset!(connection);
  }

  connect(signal: AbortSignal | undefined): Promise<C> {
    return this.#target.connect(signal);
  }
  ping(connection: C, signal: AbortSignal | undefined): Promise<void> {
    return this.#target.ping(connection, signal);
  }
  close(connection: C): Promise<void> {
    return this.#target.close(connection);
  }

  usable(connection: C): boolean {
    try {
      return this.#target.usable(connection);
    } catch (error) {
      this.#note("usable", error);
      return false;
    }
  }

  destroy(connection: C): void {
    try {
      // An async function passes for one that returns nothing.
      const done: unknown = this.#target.destroy(connection);
      if (done instanceof Promise) done.catch((error: unknown) => this.#note("destroy", error));
    } catch (error) {
      this.#note("destroy", error);
    }
  }

  #note(call: string, error: unknown): void {
    if (this.faults++ > 0) return;
    const what = thrownText(error);
    process.emitWarning(
      `pool ${this.#pool}: the driver's ${call} failed, which it must not; the connection is given up: ${what}`,
      { code: "VICTOR_POOL_DRIVER", type: "PoolDriverWarning" },
    );
  }
}
