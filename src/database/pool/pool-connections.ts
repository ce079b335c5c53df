import type { Clock } from "../../clock.ts";
import type { GuardedTarget } from "./guarded-target.ts";
import { OperationLimit } from "./operation-limit.ts";
import { Slot } from "./pool-lease.ts";

/** The open connections of a pool, and how they end. Every ping, reset and close is bounded in time. */
export class PoolConnections<C> {
  /** Those free to take, the one used last on top. */
  readonly idle: Slot<C>[] = [];
  /** Connections that have ended. */
  closed = 0;
  readonly #target: GuardedTarget<C>;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #onClosed: () => void;
  readonly #all = new Set<Slot<C>>();
  readonly #closing = new Set<Slot<C>>();

  /**
   * @param timeoutMs bound of each ping, reset and close
   * @param onClosed  called after each connection that has ended
   */
  constructor(target: GuardedTarget<C>, timeoutMs: number, clock: Clock, onClosed: () => void) {
    this.#target = target;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#onClosed = onClosed;
  }

  /** All that are open, those being closed included. */
  get size(): number {
    return this.#all.size;
  }
  /** Those that serve, or will again: all but the ones being closed. */
  get present(): number {
    return this.#all.size - this.#closing.size;
  }
  [Symbol.iterator](): Iterator<Slot<C>> {
    return this.#all.values();
  }
  has(slot: Slot<C>): boolean {
    return this.#all.has(slot);
  }

  add(connection: C, now: number, expiresAt: number): Slot<C> {
    const slot = new Slot(connection, now, expiresAt);
    this.#all.add(slot);
    return slot;
  }

  usable(slot: Slot<C>): boolean {
    return this.#target.usable(slot.connection);
  }

  /** @returns whether it answered in time; never rejects */
  ping(slot: Slot<C>): Promise<boolean> {
    return this.#bounded("ping", (signal) => this.#target.ping(slot.connection, signal));
  }

  /** @returns whether session state was put back; never rejects */
  async reset(slot: Slot<C>): Promise<boolean> {
    if (this.#target.reset === undefined || !this.usable(slot)) return false;
    return this.#bounded("reset", () => this.#target.reset!(slot.connection));
  }

  /** Closes in order, or cuts what is broken or takes too long. */
  retire(slot: Slot<C>): void {
    if (!this.usable(slot)) {
      this.cut(slot);
      return;
    }
    this.#closing.add(slot);
    this.#bounded("close", () => this.#target.close(slot.connection)).then((isClosed) => {
      if (isClosed) this.#strike(slot);
      else this.cut(slot);
    });
  }

  /** Cuts at once; does nothing for one that has ended. */
  cut(slot: Slot<C>): void {
    if (!this.#all.has(slot)) return;
    this.#target.destroy(slot.connection);
    this.#strike(slot);
  }

  /** Cuts all there are, under their holders. */
  cutAll(): void {
    for (const slot of this.#all) {
      slot.lease?.revoke();
      slot.lease = undefined;
      this.cut(slot);
    }
  }

  #strike(slot: Slot<C>): void {
    if (!this.#all.delete(slot)) return;
    this.#closing.delete(slot);
    this.closed++;
    this.#onClosed();
  }

  async #bounded(step: string, work: (signal: AbortSignal | undefined) => Promise<void>): Promise<boolean> {
    const limit = new OperationLimit({ deadline: this.#clock.now() + this.#timeoutMs }, this.#clock);
    try {
      await limit.run(step, work);
      return true;
    } catch {
      // Whatever went wrong, the connection is not to be trusted, and that is all there is to know.
      return false;
    } finally {
      limit.end();
    }
  }
}
