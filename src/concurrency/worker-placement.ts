/** A thread as far as its load is concerned. */
export interface ThreadLoad {
  readonly isReady: boolean;
  readonly isStalled: boolean;
  readonly isFull: boolean;
  /** Tasks in its hands. */
  readonly held: number;
  /** Milliseconds that they are expected to take. */
  readonly heldMs: number;
}

/** Up to here waking one more thread costs more than it gains. */
export const packMs = 0.25;
/** A task waits behind others in a thread no longer than this … */
const budgetMs = 0.5;
/** … or this, when it would wait elsewhere as well: the thread then has the next task before it has ended one. */
const backlogBudgetMs = 2;

/**
 * Which thread should have the next task? The first with next to nothing to do; else the least loaded, if the task
 * needn't wait there for longer than the budget. So short tasks share messages, and long ones get a thread each.
 * @param expectedMs of the task; `undefined` when unknown: then a thread without tasks
 * @param isAlone only a thread without tasks will do
 * @param isBacklog more tasks wait than there are threads
 * @returns `undefined` when the task had better wait where any thread can take it
 */
export function placeFor<T extends ThreadLoad>(
  threads: readonly T[],
  expectedMs: number | undefined,
  isAlone: boolean,
  isBacklog: boolean,
): T | undefined {
  const longestMs = isBacklog ? backlogBudgetMs : budgetMs;
  let best: T | undefined;
  for (const thread of threads) {
    if (!thread.isReady || thread.isStalled || thread.isFull) continue;
    if (thread.held === 0) return thread;
    if (isAlone || expectedMs === undefined) continue;
    const endMs = thread.heldMs + expectedMs;
    if (endMs <= packMs) return thread;
    if (endMs <= longestMs && (best === undefined || thread.heldMs < best.heldMs)) best = thread;
  }
  return best;
}
