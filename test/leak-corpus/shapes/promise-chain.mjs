// A queue in which each task waits for the last, behind one that never ends.
const queue = (ends) => () => {
  const { promise, resolve } = Promise.withResolvers();
  const state = { start: resolve, tail: promise };
  if (ends) resolve();
  return function enqueue(call) {
    const job = { call, input: new Array(10).fill(call) };
    state.tail = state.tail.then(() => job.call);
  };
};
export const leak = queue(false);
export const control = queue(true);
export const holder = /state Object → \.start/;
export const site = /enqueue \(.*promise-chain/;
