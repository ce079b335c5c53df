/** Those of one signal. */
interface Group {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const groups = new WeakMap<AbortSignal, Group>();

/**
 * Has `callback` called when the signal aborts, unless `offAbort` comes first. All of one signal share one listener: an
 * `EventTarget` looks through all its listeners when one comes or goes, which would make many calls with one signal slow.
 * @param signal one that hasn't aborted
 * @param callback another one for each call; what it throws is an uncaught exception, as any listener's is
 */
export function onAbort(signal: AbortSignal, callback: () => void): void {
  let group = groups.get(signal);
  if (group === undefined) {
    const callbacks = new Set<() => void>();
    const listener = (): void => {
      for (const each of callbacks) {
        callbacks.delete(each);
        try {
          each();
        } catch (error) {
          process.nextTick(() => {
            throw error;
          });
        }
      }
      groups.delete(signal);
    };
    group = { callbacks, listener };
    groups.set(signal, group);
    signal.addEventListener("abort", listener, { once: true });
  }
  group.callbacks.add(callback);
}

/** Takes back what `onAbort` was given; without effect when it has been called, or was taken back before. */
export function offAbort(signal: AbortSignal, callback: () => void): void {
  const group = groups.get(signal);
  if (group === undefined || !group.callbacks.delete(callback) || group.callbacks.size > 0) return;
  groups.delete(signal);
  signal.removeEventListener("abort", group.listener);
}
