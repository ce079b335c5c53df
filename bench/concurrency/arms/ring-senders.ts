import { BroadcastChannel, type MessagePort, type Worker } from "node:worker_threads";
import { MpmcRing } from "../../../src/concurrency/mpmc-ring.ts";
import type { RingHandle } from "../../../src/concurrency/ring-layout.ts";
import { SpscRing } from "../../../src/concurrency/spsc-ring.ts";
import { batchSize, lastMessage, type Message, messages, type Payload } from "./ring-messages.ts";

export type Way =
  | "spscBatched"
  | "spscAsync"
  | "spscSingle"
  | "mpmcBatched"
  | "mpmcSingle"
  | "postMessage"
  | "postArrays"
  | "postBuffer"
  | "receiveOnPort"
  | "broadcast";

/** What the consumer's thread gets to know. */
export interface ConsumerData {
  readonly way: Way;
  readonly handle: RingHandle<Message> | undefined;
  readonly port: MessagePort | undefined;
  readonly bell: Int32Array;
}

export const channelName = "ring-bench";

/** Sends one round. */
export type Send = (count: number) => void | Promise<void>;

export function openRing(way: Way, payload: Payload): SpscRing<Message> | MpmcRing<Message> | undefined {
  if (way.startsWith("spsc")) {
    const options = { capacityBytes: 2 ** 20 };
    return payload === "binary"
      ? (SpscRing.binary(options) as SpscRing<Message>)
      : SpscRing.json<Message>(options);
  }
  if (!way.startsWith("mpmc")) return undefined;
  const options = { capacity: 2 ** 13, maxRecordBytes: payload === "binary" ? 32 : 120 };
  return payload === "binary"
    ? (MpmcRing.binary(options) as MpmcRing<Message>)
    : MpmcRing.json<Message>(options);
}

export function sender(
  way: Way,
  payload: Payload,
  ring: SpscRing<Message> | MpmcRing<Message> | undefined,
  worker: Worker,
  port: MessagePort | undefined,
  bell: Int32Array,
): { readonly send: Send; close(): void } {
  const items = messages(payload);
  const last = lastMessage(payload);
  const nothing = (): void => undefined;
  if (ring !== undefined) return { send: ringSender(way, ring, items, last), close: () => ring.close() };
  if (way === "postArrays") {
    const send = (count: number): void => {
      for (let i = 0; i < count; i += batchSize) worker.postMessage(items.slice(0, count - i));
      worker.postMessage([last]);
    };
    return { send, close: nothing };
  }
  if (way === "postBuffer")
    return { send: bufferSender(worker, items as readonly Uint8Array[], last as Uint8Array), close: nothing };
  const channel = way === "broadcast" ? new BroadcastChannel(channelName) : undefined;
  const target = channel ?? port ?? worker;
  const send = (count: number): void => {
    for (let i = 0; i < count; i++) target.postMessage(items[i % batchSize]!);
    target.postMessage(last);
    if (port === undefined) return;
    Atomics.add(bell, 0, 1);
    Atomics.notify(bell, 0);
  };
  return { send, close: () => channel?.close() };
}

function ringSender(
  way: Way,
  ring: SpscRing<Message> | MpmcRing<Message>,
  items: readonly Message[],
  last: Message,
): Send {
  if (way === "spscAsync")
    return async (count) => {
      for (let i = 0; i < count; i += batchSize)
        await ring.pushAll(count - i >= batchSize ? items : items.slice(0, count - i));
      await ring.push(last);
    };
  if (way === "spscSingle" || way === "mpmcSingle")
    return (count) => {
      for (let i = 0; i < count; i++) ring.pushSync(items[i % batchSize]!);
      ring.pushSync(last);
    };
  return (count) => {
    for (let i = 0; i < count; i += batchSize)
      ring.pushAllSync(count - i >= batchSize ? items : items.slice(0, count - i));
    ring.pushSync(last);
  };
}

/** What one would do by hand: the records of a batch in one buffer, which is handed over. */
function bufferSender(worker: Worker, items: readonly Uint8Array[], last: Uint8Array): Send {
  const { length } = last;
  const sendAll = (records: readonly Uint8Array[]): void => {
    const bytes = new Uint8Array(records.length * length);
    for (let i = 0; i < records.length; i++) bytes.set(records[i]!, i * length);
    worker.postMessage(bytes, [bytes.buffer]);
  };
  return (count) => {
    for (let i = 0; i < count; i += batchSize)
      sendAll(count - i >= batchSize ? items : items.slice(0, count - i));
    sendAll([last]);
  };
}
