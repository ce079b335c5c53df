import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ringWords } from "../../../src/concurrency/ring-layout.ts";
import { ClosedError } from "../../../src/errors.ts";
import { type Item, makeBytes, type Tally } from "./ring-records.ts";
import { expectAll, type Ring, smallRing, startThread } from "./ring-threads.ts";
import type { Mode } from "./ring-worker.ts";

const sizes = "mixed";
const kinds = ["spsc", "mpmc"] as const;
const modes: readonly Mode[] = ["blocking", "async", "polling"];

/** The number that a producer gave a record. */
const numberOf = (item: Item): number =>
  new DataView((item as Uint8Array).buffer, (item as Uint8Array).byteOffset).getUint32(4);

/** Waits until a member of another thread is asleep on a word of the ring: bit 0 of an event says so. */
async function untilAnnounced(ring: Ring, word: number): Promise<void> {
  const words = new Int32Array(ring.handle.buffer);
  while ((Atomics.load(words, word) & 1) === 0) await sleep(1);
}

describe.each(kinds)("a ring of kind %s", (kind) => {
  it.each(modes)("wakes a %s consumer that waits, when it is closed", async (mode) => {
    const ring = smallRing(kind, "binary");
    const job = { handle: ring.handle, mode, batch: 10, sizes, role: "consumer", producers: 1 } as const;
    const consumer = startThread(job);
    await consumer.next();
    if (mode !== "polling") await untilAnnounced(ring, ringWords.data);
    ring.close();
    expect(await consumer.next()).toEqual({ counts: [0], sums: [0], fault: undefined });
  });

  it.each(modes)("wakes a %s producer that waits for room, when it is closed", async (mode) => {
    const ring = smallRing(kind, "binary");
    const job = {
      handle: ring.handle,
      mode,
      batch: 1,
      sizes,
      role: "producer",
      producer: 0,
      count: 1e9,
    } as const;
    const producer = startThread(job);
    if (mode === "polling") while (ring.stats().used === 0) await sleep(1);
    else await untilAnnounced(ring, ringWords.space);
    ring.close();
    expect(await producer.next()).toBe("closed");
    const numbers = ring.tryDrain().map(numberOf);
    while (!ring.ended) numbers.push(...ring.tryDrain().map(numberOf));
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(numbers.length).toBeGreaterThan(0);
    await expect(ring.push(new Uint8Array(1))).rejects.toThrow(ClosedError);
  });

  it("wakes the main thread's asynchronous consumer by another thread's pushes", async () => {
    const ring = smallRing(kind, "binary");
    const job = {
      handle: ring.handle,
      mode: "blocking",
      batch: 7,
      sizes,
      role: "producer",
      producer: 0,
    } as const;
    startThread({ ...job, count: 5000 });
    for (let n = 0; n < 5000; n++) {
      const item = await ring.pop();
      expect(item === undefined ? -1 : numberOf(item)).toBe(n);
    }
  });

  it("keeps the process alive while somebody awaits a record, and no longer", () => {
    const source = (path: string): string =>
      JSON.stringify(new URL(`../../../src/concurrency/${path}`, import.meta.url).href);
    const name = kind === "spsc" ? "SpscRing" : "MpmcRing";
    const script = `
      import { Worker } from "node:worker_threads";
      import { ${name} } from ${source(`${kind}-ring.ts`)};
      const ring = ${name}.json(${kind === "spsc" ? "{ capacityBytes: 1024 }" : "{ capacity: 4 }"});
      const worker = new Worker(\`
        import { workerData } from "node:worker_threads";
        import { ${name} } from ${source(`${kind}-ring.ts`)};
        ${name}.attach(workerData).pushSync("hello");
      \`, { eval: true, workerData: ring.handle });
      worker.unref();
      console.log(await ring.pop());
      ring.pop({ timeoutMs: 1 }).catch((error) => console.log(error.code));
    `;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--no-warnings", "--input-type=module", "--eval", script],
      {
        encoding: "utf8",
        timeout: 240_000,
      },
    );
    expect(stderr).toBe("");
    expect(stdout).toBe("hello\nVICTOR_DEADLINE\n");
    expect(status).toBe(0);
  });
});

describe("when a thread is terminated", () => {
  it("an SpscRing's next producer goes on behind what was published", async () => {
    for (let round = 0; round < 4; round++) {
      const ring = smallRing("spsc", "binary");
      const job = {
        handle: ring.handle,
        mode: "blocking",
        batch: 7,
        sizes,
        role: "producer",
        producer: 0,
      } as const;
      const first = startThread({ ...job, count: 1e9 });
      const seen: number[] = [];
      while (seen.length < 1000 * round + 1) seen.push(...(await ring.drain()).map(numberOf));
      await first.worker.terminate();
      const next = startThread({ ...job, count: 1 });
      // It isn't told that the first one is gone.
      await expect(next.next()).rejects.toThrow(/has a producer already/);
      if ("takeOver" in ring) ring.takeOver("producer");
      for (const items = ring.tryDrain(); items.length > 0; items.splice(0, items.length, ...ring.tryDrain()))
        seen.push(...items.map(numberOf));
      expect(seen).toEqual(seen.map((_, i) => i));
      ring.pushSync(makeBytes(0, 77, sizes));
      expect(numberOf((await ring.pop())!)).toBe(77);
    }
  });

  it("an SpscRing's next consumer gets all that the one before hadn't given back", async () => {
    const ring = smallRing("spsc", "binary");
    const job = {
      handle: ring.handle,
      mode: "blocking",
      batch: 3,
      sizes,
      producers: 1,
      role: "consumer",
    } as const;
    const count = 20_000;
    const consumer = startThread(job);
    await consumer.next();
    const pushing = (async () => {
      for (let n = 0; n < count; n++) await ring.push(makeBytes(0, n, sizes));
      ring.close();
    })();
    while (ring.stats().pushed < 5000) await sleep(1);
    await consumer.worker.terminate();
    if ("takeOver" in ring) ring.takeOver("consumer");
    const rest: number[] = [];
    for await (const item of ring) rest.push(numberOf(item));
    await pushing;
    const [first] = rest;
    expect(rest).toEqual(rest.map((_, i) => (first ?? 0) + i));
    expect(rest.at(-1)).toBe(count - 1);
  });

  it.each(["blocking", "async"] as const)(
    "in the middle of a %s wait, other consumers of an MpmcRing get all",
    async (mode) => {
      const ring = smallRing("mpmc", "binary");
      const job = { handle: ring.handle, mode, batch: 5, sizes, producers: 1, role: "consumer" } as const;
      const survivor = startThread(job);
      const victims = [startThread(job), startThread(job)];
      for (const thread of [survivor, ...victims]) await thread.next();
      await untilAnnounced(ring, ringWords.data);
      await Promise.all(victims.map(({ worker }) => worker.terminate()));
      const count = 5000;
      const producer = startThread({ ...job, role: "producer", producer: 0, count });
      await producer.next();
      ring.close();
      expectAll([(await survivor.next()) as Tally], [count]);
    },
  );
});
