import type { FromThread, ToThread } from "../../src/concurrency/worker-protocol.ts";
import { TaskRunner } from "../../src/concurrency/worker-runner.ts";
import { TaskSlots } from "../../src/concurrency/worker-slots.ts";
import type { StartThread, ThreadEvents } from "../../src/concurrency/worker-thread.ts";
import type { FakeClock } from "./fake-clock.ts";

interface Running {
  readonly thread: SimulatedThread;
  readonly id: number;
  readonly finish: PromiseWithResolvers<number>;
}

declare global {
  var simulatedThreads: SimulatedThreads | undefined;
}

/** Functions for `pool.run`: a thread puts its own number in place of `THREAD`. */
declare const THREAD: number;
export const lasting = (id: number): Promise<number> => globalThis.simulatedThreads!.begin(THREAD, id);
export const instant = (id: number): number => globalThis.simulatedThreads!.note(id);

/** One thread that lives in this one: the real runner, behind messages that come when the test lets them. */
export class SimulatedThread {
  readonly toThread: ToThread[] = [];
  readonly toPool: FromThread[] = ["ready"];
  readonly runner: TaskRunner;
  readonly events: ThreadEvents;
  isEnding = false;
  hasExited = false;
  keepsAlive = true;

  constructor(slots: SharedArrayBuffer, events: ThreadEvents, clock: FakeClock) {
    this.events = events;
    const port = {
      postMessage: (message: FromThread) => this.toPool.push(structuredClone(message)),
    };
    this.runner = new TaskRunner(port, new TaskSlots(slots), () => clock.now());
  }

  /** The thread gets its next message. */
  deliverToThread(): void {
    const message = this.toThread.shift();
    if (message !== undefined && !this.hasExited) this.runner.receive(message);
  }

  /** The pool gets its next message. */
  deliverToPool(): void {
    const message = this.toPool.shift();
    if (message !== undefined) this.events.received(message);
  }

  /** It ends, for whatever reason: what it had sent still arrives, what it was sent is lost. */
  exit(exitCode: number, error?: unknown): void {
    if (this.hasExited) return;
    this.hasExited = true;
    while (this.toPool.length > 0) this.deliverToPool();
    this.events.exited(exitCode, error);
  }
}

/** Threads whose every step is a decision of the test. */
export class SimulatedThreads {
  readonly threads: SimulatedThread[] = [];
  readonly running: Running[] = [];
  /** How often each task began. */
  readonly begun = new Map<number, number>();
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    globalThis.simulatedThreads = this;
  }

  readonly start: StartThread = (slots, events) => {
    const thread = new SimulatedThread(slots, events, this.#clock);
    const number = this.threads.push(thread) - 1;
    return {
      post: (message) => thread.toThread.push(numbered(structuredClone(message), number)),
      keepAlive: (yes) => {
        thread.keepsAlive = yes;
      },
      terminate: async () => {
        thread.isEnding = true;
      },
      utilization: () => ({ active: 0, idle: this.#clock.now() }),
    };
  };

  get living(): readonly SimulatedThread[] {
    return this.threads.filter(({ hasExited }) => !hasExited);
  }

  /** Called by a task in thread `number`. */
  begin(number: number, id: number): Promise<number> {
    this.note(id);
    const finish = Promise.withResolvers<number>();
    this.running.push({ thread: this.threads[number]!, id, finish });
    return finish.promise;
  }

  note(id: number): number {
    this.begun.set(id, (this.begun.get(id) ?? 0) + 1);
    return id;
  }

  /** Ends the task at `index` of `running`, unless its thread has ended with it. */
  finish(index: number, error?: Error): void {
    const [task] = this.running.splice(index, 1);
    if (task === undefined || task.thread.hasExited) return;
    if (error === undefined) task.finish.resolve(task.id);
    else task.finish.reject(error);
  }

  /** Lets everything happen that is due; tasks that run are finished. */
  step(): void {
    for (const thread of this.living) {
      thread.deliverToThread();
      thread.deliverToPool();
      if (thread.isEnding) thread.exit(1);
    }
    for (let i = this.running.length; i > 0; i--) this.finish(0);
  }
}

function numbered(message: ToThread, thread: number): ToThread {
  if (!("define" in message)) return message;
  const define = message.define.map((definition) =>
    "source" in definition
      ? { ...definition, source: definition.source.replaceAll("THREAD", String(thread)) }
      : definition,
  );
  return { ...message, define };
}
