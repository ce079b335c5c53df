/** As long as Node's timers take without a warning. */
const longMs = 2 ** 31 - 1;

/** One for all, kept once it is made: `ref` and `unref` cost less than a new one each time. */
let timer: NodeJS.Timeout | undefined;
let needs = 0;

/** The process stays from now on, until `letEnd` has been called as often as this. */
export function keepAlive(): void {
  if (needs++ > 0) return;
  timer ??= setInterval(() => undefined, longMs);
  timer.ref();
}

/** Takes one `keepAlive` back. */
export function letEnd(): void {
  if (--needs === 0) timer?.unref();
}
