import { on } from "node:events";
import { Worker } from "node:worker_threads";
import { expect } from "vitest";
import { MpmcRing } from "../../../src/concurrency/mpmc-ring.ts";
import { allocateRing, type RingHandle, type RingShape } from "../../../src/concurrency/ring-layout.ts";
import { SpscRing } from "../../../src/concurrency/spsc-ring.ts";
import { addUp, type Item, longestRecord, type Sizes, sumOf, type Tally } from "./ring-records.ts";
import type { Job, Mode } from "./ring-worker.ts";

export interface Traffic {
  readonly kind: RingShape["kind"];
  readonly payload: RingShape["payload"];
  readonly producers: number;
  readonly consumers: number;
  readonly mode: Mode;
  readonly batch: number;
  readonly sizes: Sizes;
  /** Records in all. */
  readonly count: number;
}

export type Ring = SpscRing<Item> | MpmcRing<Item>;

/** A small ring, so that it is often full and often empty, with positions that soon wrap. */
export function smallRing(kind: RingShape["kind"], payload: RingShape["payload"]): Ring {
  const shape: RingShape =
    kind === "spsc"
      ? { kind, payload, capacity: 8192, maxRecordBytes: 4092 }
      : { kind, payload, capacity: 64, maxRecordBytes: longestRecord };
  const handle: RingHandle<Item> = { kind, payload, buffer: allocateRing(shape, -65_536) };
  return kind === "spsc" ? SpscRing.attach(handle) : MpmcRing.attach(handle);
}

/** A thread, and what it posts. */
export interface RingThread {
  readonly worker: Worker;
  /** @returns what it posts next, also when that was before; rejects when the thread fails */
  next(): Promise<unknown>;
}

export function startThread(job: Job): RingThread {
  const worker = new Worker(new URL("./ring-worker.ts", import.meta.url), { workerData: job });
  const messages = on(worker, "message");
  return { worker, next: async () => (await messages.next()).value?.[0] };
}

/** Nothing is lost, doubled, damaged or out of order, over all consumers. */
export function expectAll(tallies: readonly Tally[], counts: readonly number[]): void {
  const total = (of: "counts" | "sums", producer: number): number =>
    tallies.reduce((sum, tally) => addUp(sum, tally[of][producer]!), 0);
  expect(tallies.flatMap(({ fault }) => fault ?? [])).toEqual([]);
  expect(counts.map((_, producer) => total("counts", producer))).toEqual(counts);
  expect(counts.map((_, producer) => total("sums", producer))).toEqual(
    counts.map((count, producer) => sumOf(producer, count)),
  );
}

/** Sends records from producers' threads to consumers' threads, closes when all are in, and checks what came out. */
export async function runTraffic(traffic: Traffic): Promise<void> {
  const { kind, payload, producers, consumers, mode, batch, sizes, count } = traffic;
  const ring = smallRing(kind, payload);
  const shared = { handle: ring.handle, mode, batch, sizes };
  const share = Math.ceil(count / producers);
  const takers = Array.from({ length: consumers }, () =>
    startThread({ ...shared, role: "consumer", producers }),
  );
  const makers = Array.from({ length: producers }, (_, producer) =>
    startThread({ ...shared, role: "producer", producer, count: share }),
  );
  await Promise.all(makers.map((maker) => maker.next()));
  ring.close();
  const tallies: Tally[] = [];
  for (const taker of takers) {
    await taker.next();
    tallies.push((await taker.next()) as Tally);
  }
  expectAll(tallies, new Array(producers).fill(share));
  expect(ring.ended).toBe(true);
}
