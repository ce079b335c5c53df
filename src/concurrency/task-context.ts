/** What a task was submitted under goes with it to its thread, where a profiler finds it. */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

/** A place in a profile, for the thread that runs a task. */
export interface TaskContext {
  /** Whose profile it is: the same object for all places in it, since a thread is sent it once; structured clone takes it. */
  readonly origin: object;
  /** The span's id; 0 outside of any. */
  readonly place: number;
}

/** A profiler, as pools see it. */
export interface TaskContextSource {
  /** Where in its profile the caller is; `undefined` while it is switched off. */
  taskContext(): TaskContext | undefined;
}

interface Shared {
  source: TaskContextSource | undefined;
  /** Only in threads of pools, from the first task on that has a context. */
  storage: AsyncLocalStorage<TaskContext> | undefined;
}

/** Another copy of this package finds the same; the number changes when they wouldn't understand each other. */
const key = Symbol.for("victor-optimizations.task-context.1");
const holder = globalThis as { [key]?: Shared };

/** Made when there is something to share: who uses no profiler has nothing of it on `globalThis`. */
function shared(): Shared {
  if (holder[key] === undefined)
    Object.defineProperty(holder, key, { value: { source: undefined, storage: undefined } });
  return holder[key]!;
}

/** From now on `source` is asked for tasks of pools that have no profiler of their own. */
export function useTaskContextSource(source: TaskContextSource): void {
  shared().source = source;
}

/** What goes along with a task that is submitted now. @param source the pool's own */
export function capturedContext(source: TaskContextSource | undefined): TaskContext | undefined {
  const own = (source ?? holder[key]?.source)?.taskContext();
  // Within a task whose thread has no profiler, or has switched it off, its context goes on to tasks of its own.
  return own ?? holder[key]?.storage?.getStore();
}

/**
 * Calls a task in a thread, so that `currentTaskContext` finds its context in all that it starts. What else the task enters
 * of an async context ends with the call.
 */
export function callInContext(
  context: TaskContext,
  call: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
): unknown {
  const own = shared();
  own.storage ??= new AsyncLocalStorage();
  const { storage } = own;
  // On leaving, `run` would build a second context to go back to; a resource just puts the old one back.
  return new AsyncResource("VICTOR_TASK").runInAsyncScope(() => {
    storage.enterWith(context);
    return call(...args);
  });
}

/** That of the task that runs here. */
export function currentTaskContext(): TaskContext | undefined {
  return holder[key]?.storage?.getStore();
}
