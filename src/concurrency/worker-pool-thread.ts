import type { Transferable } from "node:worker_threads";
import { asError, packError } from "./worker-error.ts";
import { maxFunctions } from "./worker-function.ts";
import { type FunctionDefinition, outcome } from "./worker-protocol.ts";
import { slotCount, slotState, TaskSlots } from "./worker-slots.ts";
import type { WorkerTask } from "./worker-task.ts";
import type { StartThread, Thread, ThreadEvents } from "./worker-thread.ts";

/** What became of the tasks that an ended thread had. */
export interface LeftTasks {
  /** Not begun. */
  readonly waiting: readonly WorkerTask[];
  /** Begun, and not answered for. */
  readonly begun: readonly WorkerTask[];
}

interface Outgoing {
  readonly task: WorkerTask;
  readonly slot: number;
}

/** One thread of a pool, and the tasks in its hands. */
export class PoolThread {
  readonly #slots = new TaskSlots();
  readonly #thread: Thread;
  /** By slot; those taken back stay until the thread has passed over them. */
  readonly #tasks: (WorkerTask | undefined)[] = new Array(slotCount).fill(undefined);
  readonly #freeSlots: number[] = Array.from({ length: slotCount }, (_, i) => slotCount - 1 - i);
  readonly #known = new Set<number>();
  /** By slot: the message that its task went in, and the place there; they grow in the order of sending. */
  readonly #sentAs: number[] = new Array(slotCount).fill(0);
  /** Messages of tasks that were sent. */
  #sent = 0;
  /** Not sent yet, with their slots: by then they may have been taken back, by what reading another's arguments calls. */
  #outbox: Outgoing[] = [];
  #keepsAlive = true;
  /** Of the last context that was sent. */
  #origin: object | undefined;

  /** It has started and can be sent tasks. */
  isReady = false;
  /** It is being ended, and what it had is elsewhere. */
  isDying = false;
  /** It has sat on one task while others waited behind it, so it gets no more until it answers. */
  isStalled = false;
  /** When it last had nothing to do, of the pool's clock. */
  idleSinceMs = 0;
  /** Messages that came from it. */
  answers = 0;
  /** `answers` at the last look. */
  seenAnswers = 0;
  /** Tasks in its hands that weren't taken back. */
  held = 0;
  /** Milliseconds that they are expected to take. */
  heldMs = 0;

  /** @throws whatever starting a thread does */
  constructor(start: StartThread, events: (thread: PoolThread) => ThreadEvents) {
    this.#thread = start(this.#slots.buffer, events(this));
  }

  /** It owes no answer, not even for what was taken back. */
  get isIdle(): boolean {
    return this.#freeSlots.length === slotCount;
  }

  get isFull(): boolean {
    return this.#freeSlots.length === 0;
  }

  /** Whether it keeps the process alive. */
  get isAlive(): boolean {
    return this.#keepsAlive;
  }

  /** In its hands, in order of submission. */
  tasks(): WorkerTask[] {
    const own = this.#tasks.filter(
      (task, slot) => task?.thread === this && task.slot === slot,
    ) as WorkerTask[];
    return own.sort((a, b) => a.sequence - b.sequence);
  }

  /** It has tasks that are yet to be sent. */
  get isTaking(): boolean {
    return this.#outbox.length > 0;
  }

  utilization(): { readonly active: number; readonly idle: number } {
    return this.#thread.utilization();
  }

  /** Takes a task, which `send` will send. */
  take(task: WorkerTask): void {
    const slot = this.#freeSlots.pop()!;
    this.#tasks[slot] = task;
    this.#slots.offer(slot);
    task.thread = this;
    task.slot = slot;
    // The next look comes too early to tell whether it sits on a task.
    if (this.held++ === 0) this.seenAnswers = -1;
    this.heldMs += task.expectedMs;
    this.#outbox.push({ task, slot });
  }

  /** @returns tasks that couldn't be sent, because structured clone doesn't take their arguments, with the error */
  send(): readonly (readonly [WorkerTask, unknown])[] {
    const outgoing = this.#outbox;
    if (outgoing.length === 0) return [];
    this.#outbox = [];
    this.#define(outgoing);
    this.alive(true);
    return separable(outgoing).flatMap((part) => this.#sendTogether(part));
  }

  /** @returns whether it hadn't begun, and won't */
  takeBack(task: WorkerTask): boolean {
    if (!this.#slots.revoke(task.slot)) return false;
    this.#letGo(task);
    return true;
  }

  /** @returns what hasn't begun and can be sent again, taken back, in order of submission */
  takeBackAll(): WorkerTask[] {
    return this.tasks().filter((task) => !task.isMoved && this.takeBack(task));
  }

  /** @returns whether it was running; the thread begins nothing more then, and must be ended */
  giveUp(task: WorkerTask): boolean {
    return this.#slots.kill(task.slot);
  }

  /** Milliseconds that a task ran whose answer has come. */
  runMs(slot: number): number {
    return this.#slots.runMs(slot);
  }

  /** The thread has answered for a slot. @returns the task, if it is still in this thread's hands */
  release(slot: number): WorkerTask | undefined {
    const task = this.#tasks[slot];
    this.#tasks[slot] = undefined;
    this.#freeSlots.push(slot);
    if (task === undefined || task.thread !== this || task.slot !== slot) return undefined;
    this.#letGo(task);
    return task;
  }

  /** @returns the answers, with the slots of tasks in place of the message that the thread couldn't read */
  bySlot(answers: readonly unknown[]): readonly unknown[] {
    if (answers[1] !== outcome.notReceived) return answers;
    const [message, how, error] = answers;
    const slots = this.#inOrder().filter((slot) => Math.floor(this.#sentAs[slot]! / slotCount) === message);
    return slots.toReversed().flatMap((slot) => [slot, how, error]);
  }

  /**
   * @param error why a message of the thread can't be read
   * @returns what it is an answer to: an object's comes alone, so it is the next that is due
   */
  unread(error: unknown): readonly unknown[] {
    const [slot] = this.#inOrder();
    return slot === undefined ? [] : [slot, outcome.resultNotCloned, packError(asError(error))];
  }

  /** What it left behind when it ended, in order of submission. */
  abandon(): LeftTasks {
    const waiting: WorkerTask[] = [];
    const begun: WorkerTask[] = [];
    for (const task of this.tasks()) {
      (this.#slots.state(task.slot) === slotState.ready ? waiting : begun).push(task);
      this.#letGo(task);
    }
    return { waiting, begun };
  }

  /** @param yes whether it shall keep the process alive */
  alive(yes: boolean): void {
    if (this.#keepsAlive === yes) return;
    this.#keepsAlive = yes;
    this.#thread.keepAlive(yes);
  }

  terminate(): Promise<unknown> {
    return this.#thread.terminate();
  }

  #sendTogether(part: readonly Outgoing[]): readonly (readonly [WorkerTask, unknown])[] {
    try {
      this.#post(part);
      return [];
    } catch (error) {
      // Alone, each shows whether it is the one.
      if (part.length > 1) return part.flatMap((each) => this.#sendTogether([each]));
      const unsent = this.release(part[0]!.slot);
      return unsent === undefined ? [] : [[unsent, error]];
    }
  }

  /** The slots that it owes answers for, in the order in which these come. */
  #inOrder(): number[] {
    const slots = [...this.#tasks.keys()].filter((slot) => this.#tasks[slot] !== undefined);
    return slots.sort((a, b) => this.#sentAs[a]! - this.#sentAs[b]!);
  }

  #letGo(task: WorkerTask): void {
    task.thread = undefined;
    task.slot = -1;
    this.held--;
    this.heldMs = this.held === 0 ? 0 : this.heldMs - task.expectedMs;
  }

  /** The thread learns of functions in a message before that of their tasks. */
  #define(outgoing: readonly Outgoing[]): void {
    const define: FunctionDefinition[] = [];
    const forgetOthers = this.#known.size >= maxFunctions;
    if (forgetOthers) this.#known.clear();
    for (const { fn } of outgoing.map(({ task }) => task)) {
      if (this.#known.has(fn.definition.id)) continue;
      this.#known.add(fn.definition.id);
      define.push(fn.definition);
    }
    if (define.length > 0) this.#thread.post({ define, forgetOthers });
  }

  #post(part: readonly Outgoing[]): void {
    const message: unknown[] = [];
    let transfer: Transferable[] | undefined;
    let origin = this.#origin;
    for (const [place, { task, slot }] of part.entries()) {
      const { context } = task;
      message.push(slot, task.fn.definition.id, task.flags, task.args);
      if (context !== undefined) message.push(context.origin === origin ? context.place : context);
      origin = context?.origin ?? origin;
      if (task.isMoved) transfer = [...task.bounds.transfer];
      this.#sentAs[slot] = (this.#sent + 1) * slotCount + place;
    }
    this.#thread.post(message, transfer);
    this.#sent++;
    this.#origin = origin;
  }
}

/**
 * Within one message structured clone keeps objects that are the same the same, so that one task could change what another
 * one gets: at most one task of a message has objects among its arguments.
 */
function separable(outgoing: readonly Outgoing[]): readonly (readonly Outgoing[])[] {
  const parts: Outgoing[][] = [];
  let part: Outgoing[] | undefined;
  let hasObjects = false;
  for (const each of outgoing) {
    const { isPlain } = each.task;
    if (part === undefined || (hasObjects && !isPlain)) {
      part = [];
      parts.push(part);
      hasObjects = false;
    }
    part.push(each);
    hasObjects ||= !isPlain;
  }
  return parts;
}
