/** A worker thread: a service that works on `slots` requests at once, `serviceMs` each, and queues all others for ever. */
import { parentPort } from "node:worker_threads";

/** What the service is like from now on. */
export interface Service {
  readonly slots: number;
  readonly serviceMs: number;
}

let service: Service = { slots: 1, serviceMs: 1 };
let isReady = false;
let busy = 0;
/** Each with the time at which it came. */
const queue: { readonly id: number; readonly sinceMs: number }[] = [];
let head = 0;

parentPort!.on("message", (message: Service | number) => {
  const nowMs = performance.now();
  if (typeof message === "number") queue.push({ id: message, sinceMs: nowMs });
  else {
    service = message;
    if (!isReady) parentPort!.postMessage("ready");
    isReady = true;
  }
  fill(nowMs);
});

/** @param freeMs when the slots became free */
function fill(freeMs: number): void {
  while (busy < service.slots && head < queue.length) {
    const { id, sinceMs } = queue[head++]!;
    busy++;
    finish(id, Math.max(freeMs, sinceMs) + service.serviceMs);
  }
  if (head > 1000) {
    queue.splice(0, head);
    head = 0;
  }
}

function finish(id: number, atMs: number): void {
  const done = (): void => {
    busy--;
    parentPort!.postMessage(id);
    // A timer that is late doesn't make the service slower: the next began when this one was to be over.
    fill(atMs);
  };
  setTimeout(done, Math.max(0, Math.round(atMs - performance.now())));
}
