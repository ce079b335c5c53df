// A signal made by AbortSignal.any that is listened to is kept until a source aborts, which one that lives for ever doesn't.
const any = (removes) => () => {
  const shutdown = new AbortController();
  return () => {
    const signal = AbortSignal.any([shutdown.signal, new AbortController().signal]);
    const listener = () => {};
    signal.addEventListener("abort", listener);
    if (removes) signal.removeEventListener("abort", listener);
  };
};
export const leak = any(false);
export const control = any(true);
export const holder = /gcPersistentSignals|dependantSignals|AbortSignal/;
export const site = /node-abort-signal-any/;
