/**
 * What runs, or the signal's reason as soon as the cancelling that the signal asked for is done. How the work ends after that is for `cancel`.
 * @param cancel called once, when the signal is aborted before the work ended; its failure is the outcome
 */
export function cancellable<T>(
  running: Promise<T>,
  signal: AbortSignal,
  cancel: () => Promise<void>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      cancel().then(() => reject(signal.reason), reject);
    };
    // Aborted by what the work did on the spot, such as a parameter that was converted.
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    running.then(
      (value) => {
        signal.removeEventListener("abort", onAbort);
        if (!signal.aborted) resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener("abort", onAbort);
        if (!signal.aborted) reject(error);
      },
    );
  });
}
