import type { MessagePort } from "node:worker_threads";

/** How a thread comes by a function: from its source text, or from an export of a module. */
export type FunctionDefinition =
  | { readonly id: number; readonly label: string; readonly source: string }
  | { readonly id: number; readonly label: string; readonly url: string; readonly exportName: string };

/** Answers that wait are sent before this task begins, because it may take long or be cut off. */
export const answerFirst = 1;
/** The buffer of the result is moved, not copied. */
export const moveResult = 2;
/** The task was submitted in a context, which follows its arguments. */
export const inContext = 4;

/** What a pool posts to a thread: functions to know from now on, or tasks. */
export type ToThread =
  | { readonly define: readonly FunctionDefinition[]; readonly forgetOthers: boolean }
  /**
   * Slot, function's id, flags and arguments of each task, one after the other; with `inContext` also its place, or, where
   * the origin isn't that of the thread's task before it, its whole context.
   */
  | readonly unknown[];

/** How a task ended, in an answer. */
export const outcome = Object.freeze({
  returned: 0,
  /** The value is a packed error. */
  threw: 1,
  /** The value is what was thrown, which is no error. */
  threwValue: 2,
  /** It had been taken back. */
  skipped: 3,
  /** There is no such function; the value is a packed error. */
  notLoaded: 4,
  /** What it returned, or threw, can't be copied; the value is a packed error. */
  resultNotCloned: 5,
  thrownNotCloned: 6,
  /**
   * The thread can't read a message of tasks; the value is a packed error. It knows no slots of it: in their place it says
   * which message, alone in its answer.
   */
  notReceived: 7,
});

/** What a thread posts: that it is there, or slot, outcome and value of each task that ended, one after the other. */
export type FromThread = "ready" | readonly unknown[];

/** What a thread is given at its start. */
export interface ThreadData {
  readonly port: MessagePort;
  readonly slots: SharedArrayBuffer;
}
