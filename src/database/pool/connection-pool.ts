import { type Clock, systemClock } from "../../clock.ts";
import { ClosedError, PoolQueueFullError, PoolTimeoutError } from "../../errors.ts";
import type { MetricSample, MetricSource } from "../../metrics/metric.ts";
import type { Operation } from "../driver.ts";
import { GuardedTarget } from "./guarded-target.ts";
import { LeakDetector } from "./leak-detection.ts";
import { nanDeadline, OperationLimit, unbounded } from "./operation-limit.ts";
import { PoolConnections } from "./pool-connections.ts";
import { type Lease, PoolLease, type Slot } from "./pool-lease.ts";
import { PoolMetrics, type PoolStats } from "./pool-metrics.ts";
import { PoolOpener } from "./pool-opener.ts";
import {
  checkSizes,
  type PoolOptions,
  type PoolTarget,
  type ResolvedPoolOptions,
  resolvePoolOptions,
} from "./pool-options.ts";
import { connectionsNeeded, type Demand, lifetimeMs, MovingMean, roundsAhead } from "./pool-sizing.ts";
import { PoolUpkeep } from "./pool-upkeep.ts";
import { Waiter, WaiterQueue } from "./pool-waiters.ts";
import { PoolWatch } from "./pool-watch.ts";

export type { Lease } from "./pool-lease.ts";
export type { PoolStats } from "./pool-metrics.ts";
export type { LeakReport, PoolOptions, PoolTarget } from "./pool-options.ts";

/**
 * A pool of connections, with the promises of HikariCP, for any driver.
 *
 * - An idle connection is handed out at once, the one used last first; one that idled for long is pinged before.
 * - Callers wait first come, first served, each until its own absolute deadline, and take whatever becomes free
 *   first: a connection given back, validated or opened.
 * - Connections are opened for waiters only as far as that helps. The means of use time and connect time say how
 *   far the present connections will have come when a new one is there (`connectionsNeeded`). Where that estimate
 *   proves wrong, more are opened: for waiters whose patience is over, and for the standing queue, the fewest that
 *   waited at any moment during one time to connect.
 * - `maxSize` bounds all connections, those being opened and closed included.
 */
export class ConnectionPool<C> implements MetricSource {
  readonly name: string;
  readonly #options: ResolvedPoolOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #target: GuardedTarget<C>;
  readonly #connections: PoolConnections<C>;
  readonly #opener: PoolOpener<C>;
  readonly #upkeep: PoolUpkeep<C>;
  readonly #leaks: LeakDetector<C>;
  readonly #metrics = new PoolMetrics();
  readonly #waiters = new WaiterQueue<C>();
  readonly #watch: PoolWatch<C>;
  /** Connections being pinged for a waiter, as far as an answer is still hoped for. */
  readonly #validating = new Set<Slot<C>>();
  readonly #useMs = new MovingMean(16);
  readonly #connectMs = new MovingMean(4);
  #minSize: number;
  #maxSize: number;
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  /**
   * Opens `minSize` connections at once, and none otherwise.
   * @param name   as metrics and errors call it
   * @param random from 0 to 1, for jitter
   * @throws {TypeError | RangeError} for an option that is unknown or out of bounds
   */
  constructor(
    name: string,
    target: PoolTarget<C>,
    options: PoolOptions = {},
    clock: Clock = systemClock,
    random: () => number = Math.random,
  ) {
    this.name = name;
    this.#options = resolvePoolOptions(options);
    this.#clock = clock;
    this.#random = random;
    ({ minSize: this.#minSize, maxSize: this.#maxSize } = this.#options);
    this.#target = new GuardedTarget(name, target);
    const { pingTimeoutMs } = this.#options;
    this.#connections = new PoolConnections(this.#target, pingTimeoutMs, clock, () => this.#lost());
    this.#opener = new PoolOpener(this.#target, this.#options.connectTimeoutMs, clock, random, {
      opened: (connection, tookMs) => this.#opened(connection, tookMs),
      failed: () => {
        this.#metrics.connectFailures++;
        this.#supply();
      },
      retry: () => this.#supply(),
    });
    this.#upkeep = new PoolUpkeep(this.#connections, this.#options, clock, {
      isAboveMinimum: () => this.#connections.present + this.#opener.inFlight > this.#minSize,
      checked: (slot, isAlive) => this.#checked(slot, isAlive),
    });
    this.#leaks = new LeakDetector(name, this.#options, this.#connections, clock);
    this.#watch = new PoolWatch(
      this.#waiters,
      clock,
      () => this.#demand(),
      (connections, hasOverdue) => {
        // A ping that keeps a waiter past its patience may never be answered: go on without it.
        if (hasOverdue) this.#validating.clear();
        this.#supply(connections);
      },
    );
    this.#supply();
  }

  /**
   * Takes a connection, waiting for one if need be.
   * @throws {PoolTimeoutError} at the deadline; its `cause` is why connecting fails, if it does
   * @throws {PoolQueueFullError} when `queueLimit` callers wait already
   * @throws {ClosedError} when the pool is closed, or is being closed
   * @throws the signal's reason when it aborts; {RangeError} when the deadline is NaN
   */
  acquire(operation: Operation = unbounded): Promise<Lease<C>> {
    const { signal } = operation;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closing) return Promise.reject(new ClosedError(`pool ${this.name}`));
    const now = this.#clock.now();
    const deadline = Math.min(operation.deadline, now + this.#options.acquireTimeoutMs);
    if (Number.isNaN(deadline)) return Promise.reject(nanDeadline());
    if (deadline < now) return Promise.reject(this.#timeout(0));
    const trace = this.#leaks.trace(this.acquire);
    const slot = this.#takeFresh(now);
    if (slot) return Promise.resolve(this.#lease(slot, now, now, trace));
    if (deadline === now) return Promise.reject(this.#timeout(0));
    if (this.#waiters.size >= this.#options.queueLimit) {
      this.#metrics.refused++;
      return Promise.reject(new PoolQueueFullError(this.name, this.#options.queueLimit));
    }
    return new Promise((resolve, reject) => {
      const rounds = roundsAhead(this.#waiters.size + 1, this.#connections.present);
      const waiter = new Waiter<C>(now, deadline, rounds, trace, resolve, reject);
      this.#waiters.push(waiter);
      waiter.arm(
        this.#clock,
        signal,
        () => this.#leave(waiter, this.#timeout(this.#clock.now() - now)),
        (reason) => this.#leave(waiter, reason),
      );
      this.#supply();
    });
  }

  /** @returns an idle connection that needs no ping; `undefined` when there is none, or when others wait */
  tryAcquire(): Lease<C> | undefined {
    if (this.#closing) return undefined;
    const now = this.#clock.now();
    const slot = this.#takeFresh(now);
    return slot && this.#lease(slot, now, now, this.#leaks.trace(this.tryAcquire));
  }

  /**
   * Changes the bounds. Idle connections above the new maximum are closed now, used ones when they come back.
   * @throws {RangeError} when 0 ≤ minSize ≤ maxSize, maxSize ≥ 1 doesn't hold
   */
  resize(sizes: { readonly minSize?: number; readonly maxSize?: number }): void {
    const { minSize = this.#minSize, maxSize = this.#maxSize } = sizes;
    ({ minSize: this.#minSize, maxSize: this.#maxSize } = checkSizes({ minSize, maxSize }));
    const { idle } = this.#connections;
    while (idle.length > 0 && this.#isOverfull()) this.#connections.retire(idle.shift()!);
    this.#supply();
    this.#upkeep.schedule();
  }

  stats(): PoolStats {
    const { opened, connectFailures, timeouts, refused } = this.#metrics;
    return {
      minSize: this.#minSize,
      maxSize: this.#maxSize,
      size: this.#connections.size,
      idle: this.#connections.idle.length,
      used: [...this.#connections].filter(({ lease }) => lease).length,
      connecting: this.#opener.inFlight,
      pending: this.#waiters.size,
      opened,
      closed: this.#connections.closed,
      connectFailures,
      timeouts,
      refused,
      leaks: this.#leaks.count,
      driverFaults: this.#target.faults,
      meanUseMs: this.#useMs.value,
      meanConnectMs: this.#connectMs.value,
      lastConnectError: this.#opener.lastError,
    };
  }

  collect(): Iterable<MetricSample> {
    return this.#metrics.collect(this.name, this.stats());
  }

  /**
   * Refuses waiters and callers from now on, waits for what is out to come back, and closes everything. At the
   * deadline, or when the signal aborts, the rest is destroyed under its holders. Rejects only with a
   * RangeError, when the deadline is NaN; the pool then stays open.
   * @param operation bounds of the waiting; by default `acquireTimeoutMs` from now
   */
  close(operation?: Operation): Promise<void> {
    if (Number.isNaN(operation?.deadline)) return Promise.reject(nanDeadline());
    if (this.#closing) return this.#closing;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Before anything else: what a driver does on the spot may close the pool again.
    this.#closing = promise;
    resolve(this.#drain(operation ?? { deadline: this.#clock.now() + this.#options.acquireTimeoutMs }));
    return promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #owner = {
    usable: (slot: Slot<C>): boolean => this.#connections.usable(slot),
    release: (slot: Slot<C>): void => {
      const now = this.#clock.now();
      this.#endUse(slot, now);
      if (slot.dirty) this.#reset(slot);
      else this.#offer(slot, now);
    },
    destroy: (slot: Slot<C>): void => {
      this.#endUse(slot, this.#clock.now());
      this.#connections.cut(slot);
    },
  };

  #endUse(slot: Slot<C>, now: number): void {
    const useMs = now - slot.usedSince;
    this.#useMs.add(useMs);
    this.#metrics.useTime.record(useMs / 1000);
    slot.lease = undefined;
    slot.aliveAt = now;
    slot.idleSince = now;
  }

  #takeFresh(now: number): Slot<C> | undefined {
    if (this.#waiters.size > 0) return undefined;
    const { idle } = this.#connections;
    for (let slot = idle.at(-1); slot; slot = idle.at(-1)) {
      if (this.#connections.usable(slot) && now < slot.expiresAt)
        return this.#isStale(slot, now) ? undefined : idle.pop();
      idle.pop();
      this.#connections.retire(slot);
    }
    return undefined;
  }

  #isStale(slot: Slot<C>, now: number): boolean {
    return now - slot.aliveAt > this.#options.validateAfterIdleMs;
  }

  #lease(slot: Slot<C>, now: number, since: number, trace: Error | undefined): Lease<C> {
    const lease = new PoolLease(this.#owner, slot);
    slot.lease = lease;
    slot.usedSince = now;
    slot.sql = undefined;
    this.#leaks.watch(slot, trace);
    this.#metrics.waitTime.record((now - since) / 1000);
    return lease;
  }

  #leave(waiter: Waiter<C>, reason: unknown): void {
    this.#unqueue(waiter);
    waiter.reject(reason);
  }

  #unqueue(waiter: Waiter<C>): void {
    this.#waiters.remove(waiter);
    if (this.#waiters.size === 0) this.#watch.stop();
  }

  #timeout(waitedMs: number): PoolTimeoutError {
    this.#metrics.timeouts++;
    const cause = this.#opener.lastError;
    return new PoolTimeoutError(this.name, waitedMs, this.#maxSize, cause === undefined ? {} : { cause });
  }

  /** Puts a free connection to use: for the waiter whose turn it is, or as an idle one. */
  #offer(slot: Slot<C>, now: number): void {
    if (this.#closing || now >= slot.expiresAt || this.#isOverfull() || !this.#connections.usable(slot)) {
      this.#connections.retire(slot);
      return;
    }
    // A timer may be late when the event loop was held up: the deadline counts, not the timer.
    for (let head = this.#waiters.head; head && head.deadline < now; head = this.#waiters.head)
      this.#leave(head, this.#timeout(now - head.since));
    const waiter = this.#waiters.head;
    if (waiter === undefined) {
      this.#connections.idle.push(slot);
      return;
    }
    this.#unqueue(waiter);
    waiter.resolve(this.#lease(slot, now, waiter.since, waiter.trace));
  }

  #isOverfull(): boolean {
    return this.#connections.present + this.#opener.inFlight > this.#maxSize;
  }

  /**
   * Sees to it that waiters get connections and the minimum is kept: from idle ones first, then by opening.
   * @param beyondEstimate connections that should be on their way whatever the estimate says
   */
  #supply(beyondEstimate = 0): void {
    if (this.#closing) return;
    const now = this.#clock.now();
    const { idle } = this.#connections;
    while (idle.length > 0 && this.#waiters.size > this.#validating.size) {
      const slot = idle.pop()!;
      if (this.#connections.usable(slot) && now < slot.expiresAt && this.#isStale(slot, now))
        this.#validate(slot);
      else this.#offer(slot, now);
    }
    const inFlight = this.#opener.inFlight;
    const room = this.#maxSize - this.#connections.size - inFlight;
    if (room <= 0) return;
    const waiting = this.#waiters.size;
    const needed = Math.min(waiting, Math.max(connectionsNeeded(this.#demand()), beyondEstimate));
    const missing = Math.max(needed - inFlight, this.#minSize - this.#connections.present - inFlight);
    if (missing > 0) {
      const count = Math.min(missing, room, this.#opener.allowed(now));
      for (let i = 0; i < count; i++) this.#opener.open(now);
    }
    const connectMs = this.#connectMs.value;
    if (waiting > 0 && connectMs !== undefined) this.#watch.start(connectMs);
  }

  #demand(): Demand {
    return {
      waiting: this.#waiters.size,
      present: this.#connections.present,
      useMs: this.#useMs.value,
      connectMs: this.#connectMs.value,
    };
  }

  #opened(connection: C, tookMs: number): void {
    const now = this.#clock.now();
    this.#connectMs.add(tookMs);
    this.#metrics.createTime.record(tookMs / 1000);
    this.#metrics.opened++;
    const expiresAt = now + lifetimeMs(this.#options.maxLifetimeMs, this.#random());
    this.#offer(this.#connections.add(connection, now, expiresAt), now);
    this.#supply();
    this.#upkeep.schedule();
  }

  #lost(): void {
    if (this.#connections.size === 0) this.#drained?.();
    this.#supply();
  }

  #validate(slot: Slot<C>): void {
    this.#validating.add(slot);
    this.#connections.ping(slot).then((isAlive) => {
      this.#validating.delete(slot);
      this.#checked(slot, isAlive);
    });
  }

  #reset(slot: Slot<C>): void {
    slot.dirty = false;
    this.#connections.reset(slot).then((isClean) => {
      if (isClean) this.#checked(slot, true);
      else this.#connections.retire(slot);
    });
  }

  #checked(slot: Slot<C>, isAlive: boolean): void {
    if (!this.#connections.has(slot)) return;
    if (!isAlive) {
      this.#connections.cut(slot);
      return;
    }
    slot.aliveAt = this.#clock.now();
    this.#offer(slot, slot.aliveAt);
  }

  async #drain(operation: Operation): Promise<void> {
    const reason = new ClosedError(`pool ${this.name}`);
    this.#upkeep.stop();
    this.#leaks.stop();
    for (let head = this.#waiters.head; head; head = this.#waiters.head) this.#leave(head, reason);
    this.#opener.cancel(reason);
    for (const slot of this.#connections.idle.splice(0)) this.#connections.retire(slot);
    if (this.#connections.size === 0) return;
    const limit = new OperationLimit(operation, this.#clock);
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    this.#drained = resolve;
    try {
      await limit.run("close", () => drained);
    } catch {
      // The time is up: whoever still holds a connection loses it.
      this.#connections.cutAll();
    } finally {
      limit.end();
    }
  }
}
