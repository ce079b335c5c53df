/** A pending `Atomics.waitAsync` doesn't keep Node alive, and the process would end silently under who awaits it. */

const longestDelayMs = 2_147_483_647;
let holders = 0;
let timer: NodeJS.Timeout | undefined;

/** Keeps this thread alive until as many `release` came. */
export function hold(): void {
  holders++;
  timer ??= setInterval(() => undefined, longestDelayMs);
}

export function release(): void {
  if (--holders > 0) return;
  clearInterval(timer);
  timer = undefined;
}
