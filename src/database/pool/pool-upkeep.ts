import type { Clock, TimerHandle } from "../../clock.ts";
import type { PoolConnections } from "./pool-connections.ts";
import type { Slot } from "./pool-lease.ts";
import { nextCare } from "./pool-sizing.ts";

/** What the upkeep asks of the pool and tells it. */
export interface UpkeepHost<C> {
  /** Are there more connections than `minSize`? */
  isAboveMinimum(): boolean;
  /** A connection taken out of `idle` has been pinged. */
  checked(slot: Slot<C>, isAlive: boolean): void;
}

/**
 * Retires and pings idle connections when their time has come, one ping at a time.
 * One timer for all; handing out and giving back never touches it.
 */
export class PoolUpkeep<C> {
  readonly #connections: PoolConnections<C>;
  readonly #options: { readonly idleTimeoutMs: number; readonly keepaliveMs: number };
  readonly #clock: Clock;
  readonly #host: UpkeepHost<C>;
  #isPinging = false;
  #isStopped = false;
  #timer: TimerHandle;
  #at = Number.POSITIVE_INFINITY;

  constructor(
    connections: PoolConnections<C>,
    options: { readonly idleTimeoutMs: number; readonly keepaliveMs: number },
    clock: Clock,
    host: UpkeepHost<C>,
  ) {
    this.#connections = connections;
    this.#options = options;
    this.#clock = clock;
    this.#host = host;
  }

  /** Sets the timer for the connection whose turn comes first. A used one needs none before it has been idle. */
  schedule(): void {
    if (this.#isStopped) return;
    const { idle, size } = this.#connections;
    const now = this.#clock.now();
    const { idleTimeoutMs, keepaliveMs } = this.#options;
    let at = Number.POSITIVE_INFINITY;
    if (size > idle.length) at = now + Math.min(idleTimeoutMs, keepaliveMs);
    for (const slot of this.#connections) if (slot.expiresAt > now) at = Math.min(at, slot.expiresAt);
    for (const slot of idle) {
      const care = nextCare(slot, this.#host.isAboveMinimum(), this.#options);
      if (care.what === "retire" || !this.#isPinging) at = Math.min(at, care.at);
    }
    if (at >= this.#at) return;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#at = Math.max(at, now + 1);
    this.#timer = this.#clock.setTimeout(this.#care, this.#at - now);
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #care = (): void => {
    this.#timer = undefined;
    this.#at = Number.POSITIVE_INFINITY;
    const { idle } = this.#connections;
    const now = this.#clock.now();
    for (const slot of [...idle]) {
      const place = idle.indexOf(slot);
      if (place === -1) continue;
      const care = nextCare(slot, this.#host.isAboveMinimum(), this.#options);
      const isUsable = this.#connections.usable(slot);
      if (isUsable && (care.at > now || (care.what === "ping" && this.#isPinging))) continue;
      idle.splice(place, 1);
      if (care.what === "retire" || !isUsable) this.#connections.retire(slot);
      else this.#keepAlive(slot);
    }
    this.schedule();
  };

  #keepAlive(slot: Slot<C>): void {
    this.#isPinging = true;
    this.#connections.ping(slot).then((isAlive) => {
      this.#isPinging = false;
      this.#host.checked(slot, isAlive);
      if (!this.#isStopped) this.#care();
    });
  }
}
