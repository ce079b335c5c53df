// An interval for each connection that nobody clears.
const watch = (clears) => () =>
  function connect(call) {
    const connection = { id: call, buffer: new Array(20).fill(call) };
    const timer = setInterval(() => connection.id++, 60_000);
    timer.unref();
    if (clears) clearInterval(timer);
  };
export const leak = watch(false);
export const control = watch(true);
export const holder = /TimersList|Timeout/;
export const site = /connect \(.*timer-closures/;
