import { AsyncResource } from "node:async_hooks";
import { isThenable } from "../algorithms/thenable.ts";
import { callInContext, type TaskContext } from "./task-context.ts";
import { asError, isError, packError } from "./worker-error.ts";
import { type LoadedFunction, loadedFunction } from "./worker-loader.ts";
import {
  answerFirst,
  type FromThread,
  inContext,
  moveResult,
  outcome,
  type ToThread,
} from "./worker-protocol.ts";
import type { TaskSlots } from "./worker-slots.ts";

/** Answers wait for each other no longer than this, as far as the task that runs lets them. */
const answerWithinMs = 0.5;

interface Item {
  readonly slot: number;
  readonly fn: LoadedFunction;
  readonly flags: number;
  readonly args: readonly unknown[];
  readonly context: TaskContext | undefined;
}

/** How a thread reaches its pool. */
export interface RunnerPort {
  postMessage(message: FromThread, transfer?: readonly ArrayBuffer[]): void;
}

/**
 * The thread's side of a pool: runs one task at a time, in the order in which they came, and answers for several at once.
 * A task that may be cut off begins only when all earlier answers are sent, so that its end costs no other task's result.
 */
export class TaskRunner {
  readonly #port: RunnerPort;
  readonly #slots: TaskSlots;
  readonly #now: () => number;
  #functions = new Map<number, LoadedFunction>();
  #items: Item[] = [];
  #next = 0;
  #lastContext: TaskContext | undefined;
  #answers: unknown[] = [];
  #answersSinceMs = 0;
  /** Messages of tasks that came. */
  #received = 0;
  /** When the last task ended, which is when the next begins. */
  #nowMs = 0;
  /** A task runs, or one was given up: nothing else begins. */
  #occupied = false;

  /** @param now milliseconds, monotonic */
  constructor(port: RunnerPort, slots: TaskSlots, now: () => number) {
    this.#port = port;
    this.#slots = slots;
    this.#now = now;
  }

  /** A message of tasks came that can't be read. */
  unreadable(error: unknown): void {
    this.flush();
    this.#post(++this.#received, outcome.notReceived, packError(asError(error)));
  }

  receive(message: ToThread): void {
    if ("define" in message) {
      if (message.forgetOthers) this.#functions = new Map();
      for (const definition of message.define) this.#functions.set(definition.id, loadedFunction(definition));
      return;
    }
    this.#received++;
    for (let i = 0; i < message.length; i += 4) {
      const flags = message[i + 2] as number;
      const hasContext = (flags & inContext) !== 0;
      this.#items.push({
        slot: message[i] as number,
        fn: this.#functions.get(message[i + 1] as number)!,
        flags,
        args: message[i + 3] as readonly unknown[],
        context: hasContext ? this.#contextOf(message[i + 4] as number | TaskContext) : undefined,
      });
      if (hasContext) i++;
    }
    if (!this.#occupied) this.#run();
  }

  /** Sends the answers that wait. */
  flush(): void {
    const answers = this.#answers;
    if (answers.length === 0) return;
    this.#answers = [];
    try {
      this.#port.postMessage(answers);
    } catch {
      // One of them can't be copied; alone, each shows whether it is the one.
      for (let i = 0; i < answers.length; i += 3)
        this.#post(answers[i] as number, answers[i + 1] as number, answers[i + 2]);
    }
  }

  #contextOf(sent: number | TaskContext): TaskContext {
    const context = typeof sent === "number" ? { origin: this.#lastContext!.origin, place: sent } : sent;
    this.#lastContext = context;
    return context;
  }

  #run(): void {
    this.#occupied = true;
    this.#nowMs = this.#now();
    this.#answersSinceMs = this.#nowMs;
    for (let item = this.#take(); item !== undefined; item = this.#take()) {
      if ((item.flags & answerFirst) !== 0) this.flush();
      if (!this.#slots.start(item.slot)) {
        this.#answers.push(item.slot, outcome.skipped, undefined);
        continue;
      }
      const { call } = item.fn;
      if (call === undefined) {
        this.#load(item);
        return;
      }
      if (!this.#call(item, call, this.#nowMs)) return;
    }
    this.#occupied = false;
    this.flush();
  }

  #take(): Item | undefined {
    const item = this.#items[this.#next];
    if (item === undefined) {
      this.#items = [];
      this.#next = 0;
    } else this.#next++;
    return item;
  }

  /** @returns false when the next task must wait: for this one, or for ever */
  #call(item: Item, call: (...args: readonly unknown[]) => unknown, startedMs: number): boolean {
    let value: unknown;
    try {
      const { args, context } = item;
      // What a task enters of an async context must not be the next one's.
      value =
        context === undefined
          ? new AsyncResource("VICTOR_TASK").runInAsyncScope(call, undefined, ...args)
          : callInContext(context, call, args);
      if (isThenable(value)) {
        this.flush();
        this.#settle(item, startedMs, value);
        return false;
      }
    } catch (error) {
      return this.#failed(item, error, startedMs);
    }
    return this.#finish(item, outcome.returned, value, startedMs);
  }

  #settle(item: Item, startedMs: number, promise: PromiseLike<unknown>): void {
    const goOn = (more: boolean): void => {
      if (more) this.#run();
    };
    // As `await` does: what a promise has for a `then` of its own could call back twice.
    Promise.prototype.then.call(
      Promise.resolve(promise),
      (value) => goOn(this.#finish(item, outcome.returned, value, startedMs)),
      (error) => goOn(this.#failed(item, error, startedMs)),
    );
  }

  #load(item: Item): void {
    this.flush();
    item.fn.load().then(
      (call) => {
        if (this.#call(item, call, this.#now())) this.#run();
      },
      (error) => {
        if (this.#finish(item, outcome.notLoaded, packError(asError(error)), this.#now())) this.#run();
      },
    );
  }

  #failed(item: Item, error: unknown, startedMs: number): boolean {
    return isError(error)
      ? this.#finish(item, outcome.threw, packError(error), startedMs)
      : this.#finish(item, outcome.threwValue, error, startedMs);
  }

  #finish({ slot, flags }: Item, how: number, value: unknown, startedMs: number): boolean {
    const nowMs = this.#now();
    this.#nowMs = nowMs;
    if (!this.#slots.finish(slot, nowMs - startedMs)) return false;
    const isObject = typeof value === "object" && value !== null;
    // Alone in its message: where it can't be read, no other answer is lost with it.
    if (isObject) this.flush();
    if ((flags & moveResult) !== 0 && this.#move(slot, how, value)) return true;
    this.#answers.push(slot, how, value);
    // The next task could change an object before it is copied.
    if (isObject || nowMs - this.#answersSinceMs > answerWithinMs) {
      this.#answersSinceMs = nowMs;
      this.flush();
    }
    return true;
  }

  #move(slot: number, how: number, value: unknown): boolean {
    try {
      const buffer = movable(value);
      if (buffer === undefined) return false;
      this.#port.postMessage([slot, how, value], [buffer]);
      return true;
    } catch {
      // Such as a small Buffer, whose memory others share: it is copied.
      return false;
    }
  }

  #post(slot: number, how: number, value: unknown): void {
    try {
      this.#port.postMessage([slot, how, value]);
    } catch (error) {
      const what = how === outcome.returned ? outcome.resultNotCloned : outcome.thrownNotCloned;
      this.#port.postMessage([slot, what, packError(asError(error))]);
    }
  }
}

function movable(value: unknown): ArrayBuffer | undefined {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
  return buffer instanceof ArrayBuffer ? buffer : undefined;
}
