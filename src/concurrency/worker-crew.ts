import type { Clock } from "../clock.ts";
import type { WorkerPoolSize } from "./worker-pool-options.ts";
import { PoolThread } from "./worker-pool-thread.ts";
import { availableCpus, type PoolLoad, wantsWorker } from "./worker-sizing.ts";
import type { StartThread } from "./worker-thread.ts";
import { WorkerUtilization } from "./worker-utilization.ts";

/** What a pool is told of its threads. */
export interface CrewEvents {
  ready(): void;
  answered(thread: PoolThread, answers: readonly unknown[]): void;
  /** It has ended: unasked, unless `isDying`. */
  ended(thread: PoolThread, exitCode: number | undefined, error: unknown): void;
  /** Threads can't be started, for now. */
  unstartable(exitCode: number | undefined, error: unknown): void;
}

/** After so many in succession that never got ready, those who wait are told so. */
const maxFailedStarts = 3;
/** As long as there are others to do the work, no thread is started for so long after one couldn't be. */
const failedStartPauseMs = 1000;

/** The threads of a pool: starts them when there is work for one more, and stops those that have been idle for long. */
export class WorkerCrew {
  readonly #start: StartThread;
  readonly #clock: Clock;
  readonly #idleTimeoutMs: number;
  readonly #events: CrewEvents;
  readonly #utilization = new WorkerUtilization<PoolThread>();
  #threads: PoolThread[] = [];
  #size: Required<WorkerPoolSize>;
  #failedStarts = 0;
  /** Of the clock. */
  #noStartsUntilMs = Number.NEGATIVE_INFINITY;
  /** The last thread to end unasked had answered nothing. */
  #isFruitless = false;
  #idleTimer: unknown;
  started = 0;
  crashes = 0;

  constructor(
    start: StartThread,
    clock: Clock,
    size: Required<WorkerPoolSize>,
    idleTimeoutMs: number,
    events: CrewEvents,
  ) {
    this.#start = start;
    this.#clock = clock;
    this.#size = size;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#events = events;
  }

  /** Those that start or can work; in the order in which they are given tasks. */
  get threads(): readonly PoolThread[] {
    return this.#threads;
  }
  get size(): Required<WorkerPoolSize> {
    return this.#size;
  }
  get starting(): number {
    return this.#threads.reduce((count, { isReady }) => count + Number(!isReady), 0);
  }

  utilization(): number | undefined {
    const ready = this.#threads.filter(({ isReady }) => isReady);
    return this.#utilization.look(ready, this.#clock.now());
  }

  /** Starts threads as long as the load asks for one more. */
  grow(load: Pick<PoolLoad, "queued" | "oldestWaitMs" | "queuedMs">): void {
    const cpus = availableCpus();
    for (;;) {
      const workers = this.#threads.length;
      const isWanted = wantsWorker({
        ...load,
        ...this.#size,
        workers,
        starting: this.starting,
        cpus,
        utilization: workers < cpus || workers >= this.#size.maxWorkers ? undefined : this.utilization(),
      });
      // What always ends at once would be started again and again; it is tried when somebody needs it.
      const isHopeless =
        (this.#isFruitless && load.queued === 0) ||
        (workers > 0 && this.#clock.now() < this.#noStartsUntilMs);
      if (!isWanted || isHopeless || !this.#add()) return;
    }
  }

  /** Shrinks by the idle threads at once, by the others as soon as they have nothing to do. */
  resize(size: Required<WorkerPoolSize>): void {
    this.#size = size;
    for (const thread of this.#threads.toReversed()) if (thread.isReady && thread.isIdle) this.idle(thread);
  }

  /** A thread has nothing to do: the process needn't wait for it, and it is stopped unless work comes in time. */
  idle(thread: PoolThread): void {
    thread.alive(false);
    thread.idleSinceMs = this.#clock.now();
    if (this.#threads.length > this.#size.maxWorkers) this.stop(thread);
    else this.#watchIdle();
  }

  /** Ends a thread, whatever it does; it counts no more. */
  stop(thread: PoolThread): Promise<unknown> {
    thread.isDying = true;
    this.#remove(thread);
    return thread.terminate();
  }

  /** Ends all. */
  async close(): Promise<void> {
    this.#clock.clearTimeout(this.#idleTimer);
    await Promise.all(this.#threads.slice().map((thread) => this.stop(thread)));
  }

  #add(): boolean {
    try {
      this.#threads.push(new PoolThread(this.#start, (thread) => this.#eventsOf(thread)));
      this.started++;
      return true;
    } catch (error) {
      // Such as a flag that Node doesn't know: another try would fail alike.
      this.#unstartable(undefined, error);
      return false;
    }
  }

  #eventsOf(thread: PoolThread) {
    return {
      received: (message: "ready" | readonly unknown[]) => {
        if (message !== "ready") {
          this.#isFruitless = false;
          this.#events.answered(thread, thread.bySlot(message));
          return;
        }
        this.#failedStarts = 0;
        thread.isReady = true;
        this.#events.ready();
      },
      unreadable: (error: unknown) => {
        this.#isFruitless = false;
        this.#events.answered(thread, thread.unread(error));
      },
      exited: (exitCode: number | undefined, error: unknown) => {
        this.#remove(thread);
        if (!thread.isDying) {
          this.crashes++;
          this.#isFruitless = thread.answers === 0;
          if (!thread.isReady && ++this.#failedStarts >= maxFailedStarts) this.#unstartable(exitCode, error);
        }
        this.#events.ended(thread, exitCode, error);
      },
    };
  }

  /** Such as where the system has no more threads: those that there are go on with what waits. */
  #unstartable(exitCode: number | undefined, error: unknown): void {
    if (this.#threads.length > 0) this.#noStartsUntilMs = this.#clock.now() + failedStartPauseMs;
    else this.#events.unstartable(exitCode, error);
  }

  #remove(thread: PoolThread): void {
    this.#threads = this.#threads.filter((other) => other !== thread);
  }

  #watchIdle(): void {
    if (this.#idleTimer !== undefined || this.#idleTimeoutMs === Number.POSITIVE_INFINITY) return;
    if (this.#threads.length <= this.#size.minWorkers) return;
    this.#idleTimer = this.#clock.setTimeout(() => this.#stopIdle(), this.#idleTimeoutMs);
  }

  /** The last are the ones that the least work finds its way to. */
  #stopIdle(): void {
    this.#idleTimer = undefined;
    const nowMs = this.#clock.now();
    for (const thread of this.#threads.toReversed()) {
      if (this.#threads.length <= this.#size.minWorkers) return;
      const isIdle = thread.isReady && thread.isIdle;
      if (isIdle && nowMs - thread.idleSinceMs >= this.#idleTimeoutMs) this.stop(thread);
    }
    if (this.#threads.some(({ isReady, isIdle }) => isReady && isIdle)) this.#watchIdle();
  }
}
