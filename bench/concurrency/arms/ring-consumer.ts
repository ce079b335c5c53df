/** The consumer's thread: takes in what comes by one way, and tells the parent what a round added up to. */
import { BroadcastChannel, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { MpmcRing } from "../../../src/concurrency/mpmc-ring.ts";
import { SpscRing } from "../../../src/concurrency/spsc-ring.ts";
import { type Message, Tally } from "./ring-messages.ts";
import { type ConsumerData, channelName } from "./ring-senders.ts";

const { way, handle, port, bell } = workerData as ConsumerData;
const tally = new Tally();
const mostAtOnce = 256;

function take(message: Message): void {
  if (tally.add(message)) parentPort?.postMessage(tally.take());
}

function takeAll(items: readonly Message[]): void {
  for (let i = 0; i < items.length; i++) take(items[i]!);
}

if (handle !== undefined) {
  const ring = handle.kind === "spsc" ? SpscRing.attach(handle) : MpmcRing.attach(handle);
  if (way === "spscAsync") {
    for (let items = await ring.drain(mostAtOnce); items.length > 0; items = await ring.drain(mostAtOnce))
      takeAll(items);
  } else if (way === "spscSingle" || way === "mpmcSingle") {
    for (let item = ring.popSync(); item !== undefined; item = ring.popSync()) take(item);
  } else {
    for (let items = ring.drainSync(mostAtOnce); items.length > 0; items = ring.drainSync(mostAtOnce))
      takeAll(items);
  }
} else if (way === "receiveOnPort" && port !== undefined) {
  for (;;) {
    const rung = Atomics.load(bell, 0);
    for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port))
      take(got.message);
    Atomics.wait(bell, 0, rung, 1);
  }
} else if (way === "broadcast") {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = (event) => take((event as { readonly data: Message }).data);
} else if (way === "postBuffer") {
  const length = 32;
  parentPort?.on("message", (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; at += length) take(bytes.subarray(at, at + length));
  });
} else if (way === "postArrays") parentPort?.on("message", takeAll);
else parentPort?.on("message", take);

parentPort?.postMessage("ready");
