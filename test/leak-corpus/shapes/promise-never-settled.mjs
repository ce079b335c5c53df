// Everyone waits for a promise that nobody settles; the control waits for one of its own.
const wait = (shared) => () => {
  const ready = new Promise(() => {});
  return function waitUntilReady(call) {
    const request = { call, headers: new Array(10).fill(call) };
    const turn = shared ? ready : new Promise(() => {});
    turn.then(() => request.call);
  };
};
export const leak = wait(true);
export const control = wait(false);
export const holder = /ready Promise/;
export const site = /waitUntilReady \(.*promise-never-settled/;
