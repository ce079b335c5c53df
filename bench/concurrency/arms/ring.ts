import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import type { Arm } from "../../../src/measure/index.ts";
import { expectedSum, type Payload } from "./ring-messages.ts";
import { type ConsumerData, openRing, sender, type Way } from "./ring-senders.ts";

export interface OneWay {
  readonly way: Way;
  readonly payload: Payload;
}

/** Sends messages to another thread; a round is over when the other thread has told what they add up to. */
export async function setup(args: unknown): Promise<Arm> {
  const { way, payload } = args as OneWay;
  const ring = openRing(way, payload);
  const channel = way === "receiveOnPort" ? new MessageChannel() : undefined;
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const workerData: ConsumerData = { way, handle: ring?.handle, port: channel?.port2, bell };
  const worker = new Worker(new URL("./ring-consumer.ts", import.meta.url), {
    workerData,
    transferList: channel === undefined ? [] : [channel.port2],
  });
  // A consumer that blocks isn't ready to be asked; what is sent waits for it.
  if (way !== "receiveOnPort" && ring === undefined) await once(worker, "message");
  const { send, close } = sender(way, payload, ring, worker, channel?.port1, bell);
  return {
    async run(count) {
      const told = once(worker, "message");
      const sent = send(count);
      if (sent !== undefined) await sent;
      const [{ count: arrived, sum }] = await told;
      if (arrived !== count || sum !== expectedSum(count))
        throw new Error(`${way}: of ${count} messages ${arrived} arrived, which add up to ${sum}`);
    },
    answer: () => "all arrived",
    async close() {
      close();
      await worker.terminate();
    },
  };
}
