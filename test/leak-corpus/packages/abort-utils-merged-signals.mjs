// A merged signal that is listened to is kept until one of its parts aborts, which one that lives for ever doesn't.
import { mergeSignals } from "abort-utils";

const merge = (removes) => () => {
  const shutdown = new AbortController();
  return (call) => {
    const request = new AbortController();
    const signal = mergeSignals(shutdown.signal, request.signal);
    const listener = () => call;
    signal.addEventListener("abort", listener, { once: true });
    if (removes) signal.removeEventListener("abort", listener);
  };
};
export const leak = merge(false);
export const control = merge(true);
export const holder = /gcPersistentSignals|dependantSignals|AbortSignal/;
export const site = /abort-utils/;
