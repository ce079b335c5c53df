import type { WorkerTask } from "./worker-task.ts";

/** Tasks that wait for a thread, in order; any of them leaves in constant time. */
export class WorkerTaskQueue {
  #first: WorkerTask | undefined;
  #last: WorkerTask | undefined;
  #length = 0;
  #expectedMs = 0;

  get first(): WorkerTask | undefined {
    return this.#first;
  }
  get length(): number {
    return this.#length;
  }
  /** Milliseconds of work that wait, as far as run times are known. */
  get expectedMs(): number {
    return this.#expectedMs;
  }

  push(task: WorkerTask): void {
    task.before = this.#last;
    if (this.#last === undefined) this.#first = task;
    else this.#last.after = task;
    this.#last = task;
    this.#added(task);
  }

  unshift(task: WorkerTask): void {
    task.after = this.#first;
    if (this.#first === undefined) this.#last = task;
    else this.#first.before = task;
    this.#first = task;
    this.#added(task);
  }

  remove(task: WorkerTask): void {
    const { before, after } = task;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    task.before = undefined;
    task.after = undefined;
    task.queued = false;
    this.#length--;
    // An empty queue forgets what rounding has left.
    this.#expectedMs = this.#length === 0 ? 0 : this.#expectedMs - task.expectedMs;
  }

  /** Those that wait, first to last; it may be emptied meanwhile only from the front. */
  *[Symbol.iterator](): Generator<WorkerTask> {
    for (let task = this.#first; task !== undefined; ) {
      const { after } = task;
      yield task;
      task = after;
    }
  }

  #added(task: WorkerTask): void {
    task.queued = true;
    this.#length++;
    this.#expectedMs += task.expectedMs;
  }
}
