// A request under a key is remembered until its callback is called, which here never happens.
import inflight from "inflight";

const request = (fires) => () => (call) => {
  const done = inflight(`file ${call}`, () => call);
  if (fires) done?.();
};
export const leak = request(false);
export const control = request(true);
export const holder = /\breqs\b/;
export const site = /inflight/;
