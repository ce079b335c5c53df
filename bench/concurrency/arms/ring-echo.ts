/** One message there and back at a time. */
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { RingHandle } from "../../../src/concurrency/ring-layout.ts";
import { SpscRing } from "../../../src/concurrency/spsc-ring.ts";
import type { Arm } from "../../../src/measure/index.ts";

export type Echo = "ringSync" | "ringAsync" | "postMessage";

interface EchoData {
  readonly echo: Echo;
  readonly there: RingHandle<Uint8Array>;
  readonly back: RingHandle<Uint8Array>;
}

if (!isMainThread) {
  const data = workerData as EchoData;
  const there = SpscRing.attach(data.there);
  const back = SpscRing.attach(data.back);
  if (data.echo === "postMessage") parentPort?.on("message", (record) => parentPort?.postMessage(record));
  else if (data.echo === "ringSync")
    for (let record = there.popSync(); record !== undefined; record = there.popSync()) back.pushSync(record);
  else for await (const record of there) await back.push(record);
}

export function setup(args: unknown): Arm {
  const { echo } = args as { readonly echo: Echo };
  const there = SpscRing.binary({ capacityBytes: 4096 });
  const back = SpscRing.binary({ capacityBytes: 4096 });
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { echo, there: there.handle, back: back.handle } satisfies EchoData,
  });
  const record = new Uint8Array(32);
  const thereAndBack = async (): Promise<void> => {
    if (echo === "ringSync") {
      there.pushSync(record);
      back.popSync();
    } else if (echo === "ringAsync") {
      await there.push(record);
      await back.pop();
    } else {
      const answer = once(worker, "message");
      worker.postMessage(record);
      await answer;
    }
  };
  return {
    async run(count) {
      for (let i = 0; i < count; i++) await thereAndBack();
    },
    async close() {
      there.close();
      await worker.terminate();
    },
  };
}
