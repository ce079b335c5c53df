let turn: Promise<void> | undefined;

/**
 * Lets timers, sockets and other callbacks have their turn, then goes on. All who yield in one turn of the loop share
 * one callback.
 * @param options `signal`: looked at before and after
 * @throws the signal's reason when it has aborted
 */
export async function yieldToEventLoop(
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { signal } = options;
  signal?.throwIfAborted();
  await nextTurn();
  signal?.throwIfAborted();
}

/** @internal */
export function nextTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });
  return turn;
}
