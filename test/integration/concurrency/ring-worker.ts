/** A thread that pushes into, or pops from, a ring, as its `workerData` says, and posts what came of it. */
import { parentPort, workerData } from "node:worker_threads";
import { MpmcRing } from "../../../src/concurrency/mpmc-ring.ts";
import type { RingHandle } from "../../../src/concurrency/ring-layout.ts";
import { SpscRing } from "../../../src/concurrency/spsc-ring.ts";
import { ClosedError } from "../../../src/errors.ts";
import { Checker, type Item, makeBytes, makeJson, type Sizes } from "./ring-records.ts";

export type Mode = "blocking" | "async" | "polling";

export type Job = {
  readonly handle: RingHandle<Item>;
  readonly mode: Mode;
  /** Records at a time; 1 pushes and pops one by one. */
  readonly batch: number;
  readonly sizes: Sizes;
} & (
  | { readonly role: "producer"; readonly producer: number; readonly count: number; readonly from?: number }
  | { readonly role: "consumer"; readonly producers: number }
);

const job = workerData as Job;
const ring = job.handle.kind === "spsc" ? SpscRing.attach(job.handle) : MpmcRing.attach(job.handle);
const { mode, batch, sizes } = job;

async function pushAll(items: readonly Item[]): Promise<void> {
  const [first] = items;
  if (batch === 1 && first !== undefined) {
    if (mode === "blocking") ring.pushSync(first);
    else if (mode === "async") await ring.push(first);
    else while (!ring.tryPush(first));
    return;
  }
  let done = 0;
  while (done < items.length) {
    const rest = done === 0 ? items : items.slice(done);
    if (mode === "blocking") done += ring.pushAllSync(rest);
    else if (mode === "async") done += await ring.pushAll(rest);
    else done += ring.tryPushAll(rest);
  }
}

/** @returns `[]` at the end */
async function pop(): Promise<readonly Item[]> {
  if (batch === 1) {
    let item: Item | undefined;
    if (mode === "blocking") item = ring.popSync();
    else if (mode === "async") item = await ring.pop();
    else while (item === undefined && !ring.ended) item = ring.tryPop();
    return item === undefined ? [] : [item];
  }
  if (mode === "blocking") return ring.drainSync(batch);
  if (mode === "async") return await ring.drain(batch);
  let items = ring.tryDrain(batch);
  while (items.length === 0 && !ring.ended) items = ring.tryDrain(batch);
  return items;
}

if (job.role === "producer") {
  const make = job.handle.payload === "json" ? makeJson : makeBytes;
  const from = job.from ?? 0;
  try {
    for (let n = from; n < job.count; n += batch) {
      const length = Math.min(batch, job.count - n);
      await pushAll(Array.from({ length }, (_, i) => make(job.producer, n + i, sizes)));
    }
    parentPort?.postMessage("done");
  } catch (error) {
    if (!(error instanceof ClosedError)) throw error;
    parentPort?.postMessage("closed");
  }
} else {
  const checker = new Checker(job.producers, sizes);
  parentPort?.postMessage("ready");
  for (let items = await pop(); items.length > 0; items = await pop())
    for (const item of items) checker.add(item);
  parentPort?.postMessage(checker.tally);
}
