// A listener for each request, on an emitter that outlives them; the control takes it off.
import { EventEmitter } from "node:events";

const listen = (removes) => () => {
  const bus = new EventEmitter().setMaxListeners(0);
  return function subscribe(call) {
    const context = { call, payload: new Array(10).fill(call) };
    const onClose = () => context;
    bus.on("close", onClose);
    if (removes) bus.off("close", onClose);
  };
};
export const leak = listen(false);
export const control = listen(true);
export const holder = /_events/;
export const site = /subscribe \(.*event-listeners/;
