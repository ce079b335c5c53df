import type { Clock } from "../clock.ts";
import { ClosedError, LimitExceededError } from "../errors.ts";
import type { MetricSample, MetricSource } from "../metrics/metric.ts";
import { durationMs, integer, knownKeys, reject } from "../options.ts";
import { durationStats } from "./duration-stats.ts";
import type { Limit } from "./limit.ts";
import { LimitInForce } from "./limit-in-force.ts";
import { Partition, PartitionTurns } from "./partition.ts";
import { HeldPermit, type Permit, type ReleaseOptions } from "./permit.ts";
import {
  type AcquireOptions,
  type AdaptiveSemaphoreOptions,
  type Admission,
  acquireKeys,
  checkedLimit,
  heaviest,
  isAbort,
  type RejectionReason,
  type ResolvedSemaphoreOptions,
  resolveSemaphoreOptions,
  type TryAcquireOptions,
  tryAcquireKeys,
} from "./semaphore-options.ts";
import { SemaphoreCounts, type SemaphoreStats, semaphoreSamples } from "./semaphore-stats.ts";
import { WaitDeadlines } from "./wait-deadlines.ts";
import { WaitQueue } from "./wait-queue.ts";
import { WaitSignals } from "./wait-signals.ts";
import { type Claim, Waiter } from "./waiter.ts";

/** With a fixed limit nobody needs every run time, and two looks at the clock cost as much as the rest. */
const timedOneIn = 16;
const never = Number.POSITIVE_INFINITY;

/**
 * Lets so many run at once as its limit allows; the others wait in turn. The limit may change at any time, by itself or by
 * `setLimit`, and no permit is lost or given twice: what is out above a lowered limit is let end.
 *
 * Turns: first come, first served, an older waiter of low priority before a much younger one of high priority (`agingMs`).
 * Nobody overtakes: while the next in turn has no room for its weight, those behind it wait. One that is heavier than
 * the limit runs when nothing else does. Once somebody runs out of time, the newest go first until nobody waits: under
 * lasting overload that keeps answers in time, where first come, first served would serve each just too late.
 */
export class AdaptiveSemaphore implements MetricSource {
  readonly name: string;
  readonly #options: ResolvedSemaphoreOptions;
  readonly #clock: Clock;
  readonly #rest: Partition;
  readonly #partitions: readonly Partition[];
  readonly #turns: PartitionTurns;
  readonly #deadlines: WaitDeadlines<Waiter>;
  readonly #signals: WaitSignals;
  readonly #counts = new SemaphoreCounts();
  readonly #limit: LimitInForce;
  /** What may be out; 0 once it is closed. */
  #room: number;
  #inFlight = 0;
  #queued = 0;
  #order = 0;
  #closing: PromiseWithResolvers<void> | undefined;

  /** @throws {RangeError | TypeError} on an option that is unknown or out of its bounds */
  constructor(name: string, options: AdaptiveSemaphoreOptions = {}) {
    this.#options = resolveSemaphoreOptions(name, options);
    const { agingMs, clock, limit, maxConcurrent, shares } = this.#options;
    this.name = name;
    this.#clock = clock;
    this.#limit = new LimitInForce(name, limit, maxConcurrent);
    this.#room = this.#limit.current;
    this.#partitions = shares.map(([key, share]) => new Partition(key, share, new WaitQueue(agingMs)));
    this.#rest = this.#partitions[0]!;
    this.#turns = new PartitionTurns(this.#partitions);
    this.#deadlines = new WaitDeadlines(
      clock,
      (waiter) => this.#expire(waiter),
      () => this.#serve(),
    );
    this.#signals = new WaitSignals((waiters) => this.#abort(waiters));
  }

  /** Weight that may be out at once. */
  get limit(): number {
    return this.#limit.current;
  }
  /** Weight that is out. */
  get inFlight(): number {
    return this.#inFlight;
  }
  /** Callers that wait. */
  get queued(): number {
    return this.#queued;
  }

  /**
   * Waits for a permit.
   * @throws {LimitExceededError} when the queue is full, or the time is over
   * @throws {ClosedError} when the semaphore is closed, also while it waits
   * @throws the signal's reason when that aborts
   * @throws {RangeError | TypeError} on an option that is unknown or out of its bounds
   */
  acquire(options?: AcquireOptions): Promise<Permit> {
    if (options === undefined && this.#queued === 0 && this.#inFlight < this.#room)
      return Promise.resolve(this.#grant(this.#rest, 1, false));
    return this.#ask(options, false) as Promise<Permit>;
  }

  /**
   * Like `acquire`, for callers to whom a rejection is nothing exceptional: it comes as a value.
   * @throws {RangeError | TypeError} on an option that is unknown or out of its bounds
   */
  acquireOrReject(options?: AcquireOptions): Promise<Admission> {
    return this.#ask(options, true) as Promise<Admission>;
  }

  /**
   * @returns a permit if there is one at once and nobody waits
   * @throws {ClosedError} when the semaphore is closed
   * @throws {RangeError | TypeError} on an option that is unknown or out of its bounds
   */
  tryAcquire(options?: TryAcquireOptions): Permit | undefined {
    if (options !== undefined) knownKeys("tryAcquire", options, tryAcquireKeys);
    const partition = this.#partitionOf(options?.partition);
    const weight = options?.weight === undefined ? 1 : this.#weight(options.weight);
    if (this.#closing !== undefined) throw new ClosedError(`semaphore ${this.name}`);
    return this.#hasRoom(weight) ? this.#grant(partition, weight, false) : undefined;
  }

  /**
   * Runs a function under a permit, which is released when its promise settles.
   * @param fn gets the permit; it may release it early, as dropped or ignored, which an `AbortError` is by itself
   * @throws what `fn` throws, or as `acquire`
   * @throws {TypeError} when `fn` is no function
   */
  async run<T>(fn: (permit: Permit) => T | Promise<T>, options?: AcquireOptions): Promise<T> {
    if (typeof fn !== "function") throw new TypeError(`run: expected a function, got ${typeof fn}`);
    const permit = await this.acquire(options);
    let how: ReleaseOptions | undefined;
    try {
      return await fn(permit);
    } catch (error) {
      how = this.#options.isDropped(error) ? { dropped: true } : { ignored: isAbort(error) };
      throw error;
    } finally {
      if (!permit.isReleased) permit.release(how);
    }
  }

  /**
   * Takes another limit from now on; those who wait and now have room get their permits at once.
   * @param limit a number is a fixed limit
   * @throws {RangeError | TypeError} when it is no limit; the former stays then
   */
  setLimit(limit: Limit | number): void {
    this.#limit.set(checkedLimit(limit));
    this.#adjust();
    this.#serve();
  }

  stats(): SemaphoreStats {
    const { acquired, waited, released, dropped, rejected, waitTime, runTime } = this.#counts;
    return {
      name: this.name,
      limit: this.limit,
      maxConcurrent: this.#options.maxConcurrent,
      inFlight: this.#inFlight,
      queued: this.#queued,
      acquired,
      waited,
      released,
      dropped,
      rejected: { ...rejected },
      timeouts: rejected.deadline + rejected["queue-delay"],
      waitMs: durationStats(waitTime),
      runMs: durationStats(runTime),
      partitions: this.#partitions.map((partition) => partition.stats()),
    };
  }

  collect(): Iterable<MetricSample> {
    return semaphoreSamples(this.stats(), this.#counts);
  }

  /**
   * Turns away all who wait, and whoever comes later, with `ClosedError`.
   * @returns when the last permit is back
   */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing.promise;
    this.#closing = Promise.withResolvers();
    this.#room = 0;
    for (const { queue } of this.#partitions)
      for (let waiter = queue.next(); waiter !== undefined; waiter = queue.next())
        this.#leave(waiter, "closed");
    if (this.#inFlight === 0) this.#closing.resolve();
    return this.#closing.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ask(options: AcquireOptions | undefined, asValue: boolean): Promise<Permit | Admission> {
    try {
      const nowMs = this.#clock.now();
      const claim = this.#claim(nowMs, options);
      const refusal = this.#refusal(claim, nowMs);
      if (refusal !== undefined)
        return asValue
          ? Promise.resolve(this.#rejection(refusal, 0))
          : Promise.reject(this.#error(refusal, 0, claim.signal));
      if (this.#hasRoom(claim.weight)) {
        const permit = this.#grant(claim.partition, claim.weight, false);
        return Promise.resolve(asValue ? { isGranted: true, permit } : permit);
      }
      return new Promise((resolve, reject) =>
        this.#wait(claim, nowMs, resolve, asValue ? undefined : reject),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #hasRoom(weight: number): boolean {
    return this.#queued === 0 && this.#fits(weight);
  }

  #fits(weight: number): boolean {
    return this.#inFlight + weight <= this.#room || (this.#inFlight === 0 && this.#closing === undefined);
  }

  #grant(partition: Partition, weight: number, isLate: boolean): Permit {
    this.#inFlight += weight;
    partition.inFlight += weight;
    const isTimed = !this.#limit.isFixed || this.#counts.acquired % timedOneIn === 0;
    this.#counts.acquired++;
    return new HeldPermit(this.#takeBack, partition, weight, isTimed ? this.#clock.now() : undefined, isLate);
  }

  readonly #takeBack = (
    { weight, startedMs, isLate }: HeldPermit<Partition>,
    partition: Partition,
    dropped: boolean,
  ): void => {
    const inFlight = this.#inFlight;
    this.#inFlight = inFlight - weight;
    partition.inFlight -= weight;
    this.#counts.released++;
    if (dropped) this.#counts.dropped++;
    // Else each is sent with just too little time left, and its permit is back before the next one's time is over here.
    if (dropped && isLate) partition.queue.overload();
    try {
      // What was lost because it waited here is not to be blamed on the service.
      if (startedMs !== undefined && !(dropped && isLate))
        this.#learn(Math.max(0, this.#clock.now() - startedMs), inFlight, dropped);
    } finally {
      if (this.#queued > 0) this.#serve();
      else if (this.#inFlight === 0) this.#closing?.resolve();
    }
  };

  #learn(rttMs: number, inFlight: number, dropped: boolean): void {
    this.#counts.runTime.record(rttMs / 1000);
    if (this.#limit.isFixed) return;
    this.#limit.learn({ rttMs, inFlight, dropped });
    this.#adjust();
  }

  #adjust(): void {
    if (this.#closing === undefined) this.#room = this.#limit.current;
  }

  #wait(
    claim: Claim,
    nowMs: number,
    resolve: (outcome: Permit | Admission) => void,
    reject: ((reason: unknown) => void) | undefined,
  ): void {
    const { partition, deadlineMs, signal } = claim;
    const { queueDelayMs, queueLimit } = this.#options;
    const { queue } = partition;
    const untilMs = Math.min(deadlineMs, nowMs + queueDelayMs);
    const waiter = new Waiter(claim, nowMs, untilMs, this.#order++, resolve, reject);
    if (queue.size >= queueLimit) {
      const yielding = queue.yielding(waiter);
      if (yielding === undefined) {
        this.#settle(waiter, "queue-full");
        return;
      }
      this.#leave(yielding, "queue-full");
    }
    if (queue.size === 0) this.#turns.awaken(partition);
    queue.push(waiter);
    this.#queued++;
    if (untilMs !== never) this.#deadlines.add(waiter, nowMs);
    if (signal !== undefined) this.#signals.add(waiter, signal);
    // Its turn may have come before that of those who wait for more room.
    this.#serve();
  }

  /** Gives permits to those whose turn it is, as far as there is room. */
  #serve(): void {
    if (this.#queued === 0) return;
    const nowMs = this.#clock.now();
    // The timer may be late.
    this.#deadlines.expire(nowMs);
    while (this.#queued > 0) {
      const partition = this.#partitions.length === 1 ? this.#rest : this.#turns.next(this.#room)!;
      const waiter = partition.queue.next()!;
      // What made the room may have heard of the abort first.
      if (waiter.signal?.aborted) {
        this.#leave(waiter, "aborted");
        continue;
      }
      if (!this.#fits(waiter.weight)) return;
      partition.queue.serve(waiter);
      this.#forget(waiter);
      if (waiter.untilMs !== never) this.#deadlines.left();
      this.#turns.take(partition, waiter.weight);
      this.#counts.waited++;
      const waitedMs = nowMs - waiter.sinceMs;
      this.#counts.waitTime.record(waitedMs / 1000);
      const permit = this.#grant(partition, waiter.weight, waitedMs > waiter.untilMs - nowMs);
      waiter.resolve(waiter.reject === undefined ? { isGranted: true, permit } : permit);
    }
  }

  #forget(waiter: Waiter): void {
    waiter.isWaiting = false;
    this.#queued--;
    if (waiter.signal !== undefined) this.#signals.remove(waiter, waiter.signal);
  }

  /** Takes out one that leaves without a permit and before its time is over. */
  #leave(waiter: Waiter, reason: RejectionReason): void {
    waiter.partition.queue.remove(waiter);
    this.#forget(waiter);
    if (waiter.untilMs !== never) this.#deadlines.left();
    this.#settle(waiter, reason);
  }

  #expire(waiter: Waiter): void {
    waiter.partition.queue.expire(waiter);
    this.#forget(waiter);
    const { sinceMs, untilMs } = waiter;
    this.#settle(waiter, untilMs < sinceMs + this.#options.queueDelayMs ? "deadline" : "queue-delay");
  }

  #abort(waiters: Iterable<Waiter>): void {
    for (const waiter of waiters) this.#leave(waiter, "aborted");
    this.#serve();
  }

  #settle(waiter: Waiter, reason: RejectionReason): void {
    const waitedMs = this.#clock.now() - waiter.sinceMs;
    if (waiter.reject === undefined) waiter.resolve(this.#rejection(reason, waitedMs));
    else waiter.reject(this.#error(reason, waitedMs, waiter.signal));
  }

  #rejection(reason: RejectionReason, waitedMs: number): Admission {
    this.#counts.rejected[reason]++;
    return { isGranted: false, reason, limit: this.limit, waitedMs };
  }

  #error(reason: RejectionReason, waitedMs: number, signal: AbortSignal | undefined): unknown {
    this.#counts.rejected[reason]++;
    if (reason === "aborted") return signal?.reason;
    if (reason === "closed") return new ClosedError(`semaphore ${this.name}`);
    return new LimitExceededError(this.name, reason, this.limit, waitedMs);
  }

  /** @returns why no permit can be had, whatever room there is */
  #refusal({ deadlineMs, signal }: Claim, nowMs: number): RejectionReason | undefined {
    if (this.#closing !== undefined) return "closed";
    if (signal?.aborted) return "aborted";
    return deadlineMs <= nowMs ? "deadline" : undefined;
  }

  #claim(nowMs: number, options: AcquireOptions = {}): Claim {
    knownKeys("acquire", options, acquireKeys);
    const { signal, deadline = never, timeoutMs = never, priority = 0, weight = 1, partition } = options;
    if (Number.isNaN(deadline) || typeof deadline !== "number")
      reject("deadline", "a time in milliseconds", deadline);
    if (signal !== undefined && !(signal instanceof AbortSignal)) reject("signal", "an AbortSignal", signal);
    return {
      partition: this.#partitionOf(partition),
      weight: this.#weight(weight),
      priority: integer("priority", priority, -9, 9),
      deadlineMs: Math.min(deadline, nowMs + durationMs("timeoutMs", timeoutMs)),
      signal,
    };
  }

  #weight(weight: number): number {
    const fixed = this.#limit.isFixed ? this.#limit.current : undefined;
    return integer("weight", weight, 1, heaviest(this.#options.maxConcurrent, fixed));
  }

  #partitionOf(name: string | undefined): Partition {
    return name === undefined ? this.#rest : this.#turns.named(name);
  }
}
