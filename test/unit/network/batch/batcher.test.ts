import { describe, expect, it } from "vitest";
import { createBatcher } from "../../../../src/network/batch/batcher.ts";
import type { BatcherOptions, SendContext } from "../../../../src/network/batch/batcher-options.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";

type Items = readonly (string | Error)[];

/** A sender that keeps what it is asked, to be answered by hand. */
class Sendings {
  readonly keys: (readonly number[])[] = [];
  readonly contexts: SendContext[] = [];
  readonly answers: PromiseWithResolvers<Items>[] = [];

  readonly send = (keys: readonly number[], context: SendContext): Promise<Items> => {
    const answer = Promise.withResolvers<Items>();
    this.keys.push(keys);
    this.contexts.push(context);
    this.answers.push(answer);
    return answer.promise;
  };

  answer(at: number): void {
    this.answers[at]!.resolve(this.keys[at]!.map((key) => `v${key}`));
  }
}

const echo = async (keys: readonly number[]): Promise<Items> => keys.map((key) => `v${key}`);

function recorded(options: Partial<BatcherOptions<number, string>> = {}) {
  const clock = new FakeClock();
  const sendings = new Sendings();
  const batcher = createBatcher<number, string>({ send: sendings.send, clock, ...options });
  return { clock, sendings, batcher };
}

describe("createBatcher", () => {
  it("sends what is loaded in one tick together, in order, each key once", async () => {
    const { batcher, sendings } = recorded();
    const loads = [3, 1, 3, 2].map((key) => batcher.load(key));
    await settle();
    expect(sendings.keys).toEqual([[3, 1, 2]]);
    sendings.answer(0);
    expect(await Promise.all(loads)).toEqual(["v3", "v1", "v3", "v2"]);
    expect(batcher.stats()).toMatchObject({
      loads: 4,
      deduplicated: 1,
      batches: 1,
      keys: 3,
      meanBatchSize: 3,
    });
  });

  it("takes in what promises of the same tick load", async () => {
    const { batcher, sendings } = recorded();
    const first = batcher.load(1);
    const second = Promise.resolve()
      .then(() => undefined)
      .then(() => batcher.load(2));
    await settle();
    expect(sendings.keys).toEqual([[1, 2]]);
    sendings.answer(0);
    expect(await Promise.all([first, second])).toEqual(["v1", "v2"]);
  });

  it("asks again for a key that has been sent, since its value may have changed", async () => {
    const { batcher, sendings } = recorded();
    void batcher.load(1);
    await settle();
    void batcher.load(1);
    await settle();
    expect(sendings.keys).toEqual([[1], [1]]);
  });

  it("cuts at maxBatchSize, and still sends no waiting key twice", async () => {
    const { batcher, sendings } = recorded({ maxBatchSize: 2 });
    for (const key of [1, 2, 3, 1, 2, 4, 5]) void batcher.load(key);
    await settle();
    expect(sendings.keys).toEqual([[1, 2], [3, 4], [5]]);
    expect(batcher.stats().largestBatch).toBe(2);
  });

  it("waits maxWaitMs from the first key, not from the last", async () => {
    const { batcher, sendings, clock } = recorded({ maxWaitMs: 10 });
    void batcher.load(1);
    await clock.advance(9);
    void batcher.load(2);
    expect(sendings.keys).toEqual([]);
    await clock.advance(1);
    expect(sendings.keys).toEqual([[1, 2]]);
  });

  it("doesn't let a full batch wait", async () => {
    const { batcher, sendings, clock } = recorded({ maxWaitMs: 10, maxBatchSize: 2 });
    for (const key of [1, 2, 3]) void batcher.load(key);
    await settle();
    expect(sendings.keys).toEqual([[1, 2]]);
    await clock.advance(10);
    expect(sendings.keys).toEqual([[1, 2], [3]]);
  });

  it("waits for a full batch or a flush when maxWaitMs is Infinity", async () => {
    const { batcher, sendings, clock } = recorded({ maxWaitMs: Number.POSITIVE_INFINITY });
    void batcher.load(1);
    await clock.advance(1e9);
    expect(sendings.keys).toEqual([]);
    batcher.flush();
    expect(sendings.keys).toEqual([[1]]);
  });

  it("tells keys apart by cacheKey, and doesn't when it is false", async () => {
    const keys: unknown[] = [];
    const send = async (all: readonly { id: number }[]) => {
      keys.push(all.map(({ id }) => id));
      return all.map(({ id }) => id);
    };
    const byId = createBatcher({ send, cacheKey: ({ id }: { id: number }) => id });
    expect(await byId.loadMany([{ id: 1 }, { id: 1 }, { id: 2 }])).toEqual([1, 1, 2]);
    const one = { id: 1 };
    expect(await createBatcher({ send, cacheKey: false }).loadMany([one, one])).toEqual([1, 1]);
    expect(await createBatcher({ send }).loadMany([one, one, { id: 1 }])).toEqual([1, 1, 1]);
    expect(keys).toEqual([
      [1, 2],
      [1, 1],
      [1, 1],
    ]);
  });

  it("fails a load whose cacheKey throws, and no other", async () => {
    const cacheKey = (key: number) => {
      if (key === 2) throw new Error("no key");
      return key;
    };
    const batcher = createBatcher({ send: echo, cacheKey });
    expect(await batcher.loadMany([1, 2])).toEqual(["v1", new Error("no key")]);
  });

  it("fails just the loads whose item is an Error", async () => {
    const send = async (keys: readonly number[]) => keys.map((key) => (key === 2 ? new Error("no 2") : key));
    const batcher = createBatcher<number, number>({ send });
    const [one, two, again] = await Promise.allSettled([batcher.load(1), batcher.load(2), batcher.load(2)]);
    expect(one).toEqual({ status: "fulfilled", value: 1 });
    expect(two).toEqual({ status: "rejected", reason: new Error("no 2") });
    expect(again).toEqual(two);
    expect(batcher.stats()).toMatchObject({ failedKeys: 1, failedBatches: 0 });
  });

  it("gives items and errors by loadMany, which never rejects", async () => {
    const send = () => {
      throw "down";
    };
    const [error] = await createBatcher<number, number>({ send }).loadMany([1]);
    expect(error).toMatchObject({ message: "down", cause: "down" });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("down");
      },
    ],
    ["rejects", () => Promise.reject(new Error("down"))],
  ])("fails all loads of a batch whose send %s, and goes on", async (_how, fail) => {
    let calls = 0;
    const send = (keys: readonly number[]) => (calls++ === 0 ? fail() : echo(keys));
    const batcher = createBatcher<number, string>({ send });
    expect(await batcher.loadMany([1, 2])).toEqual([new Error("down"), new Error("down")]);
    expect(await batcher.load(1)).toBe("v1");
    expect(batcher.stats()).toMatchObject({ failedBatches: 1, sending: 0, waiting: 0 });
  });

  it.each([
    ["too few", ["a"]],
    ["too many", ["a", "b", "c"]],
    ["nothing", undefined],
    ["a map", { 1: "a" }],
  ])("fails all loads when send gives %s", async (_what, items) => {
    const batcher = createBatcher<number, string>({ send: () => items as unknown as Items });
    for (const error of await batcher.loadMany([1, 2]))
      expect(error).toMatchObject({ code: "VICTOR_BATCH_ANSWER", batcher: "batcher" });
  });

  it("fails very many batches in a row that throw at once", async () => {
    const send = () => {
      throw new Error("down");
    };
    const batcher = createBatcher<number, number>({ send, maxBatchSize: 1, maxConcurrency: 1 });
    const all = await batcher.loadMany(Array.from({ length: 20_000 }, (_, i) => i));
    expect(all.every((error) => error instanceof Error && error.message === "down")).toBe(true);
  });

  it("takes items that send gives at once, undefined among them", async () => {
    const batcher = createBatcher<number, number | undefined>({ send: () => [undefined, 2] });
    expect(await batcher.loadMany([1, 2])).toEqual([undefined, 2]);
  });

  it("fails a sending that hangs, tells it, and drops what it gives later", async () => {
    const { batcher, sendings, clock } = recorded({ timeoutMs: 50, maxConcurrency: 1 });
    const hanging = batcher.loadMany([1, 2]);
    await settle();
    const next = batcher.load(3);
    await clock.advance(50);
    for (const error of await hanging)
      expect(error).toMatchObject({ code: "VICTOR_DEADLINE", timeoutMs: 50 });
    expect(sendings.contexts[0]!.signal.reason).toMatchObject({ code: "VICTOR_DEADLINE" });
    sendings.answer(0);
    sendings.answer(1);
    expect(await next).toBe("v3");
    expect(batcher.stats()).toMatchObject({ timeouts: 1, failedBatches: 1, sending: 0 });
    await batcher.close();
    expect(clock.pending).toBe(0);
  });

  it("holds maxConcurrency, and fills up what waits meanwhile", async () => {
    const { batcher, sendings } = recorded({ maxConcurrency: 1 });
    void batcher.load(1);
    await settle();
    void batcher.load(2);
    await settle();
    const third = batcher.load(3);
    await settle();
    expect(sendings.keys).toEqual([[1]]);
    expect(batcher.stats()).toMatchObject({ sending: 1, waiting: 2 });
    sendings.answer(0);
    await settle();
    expect(sendings.keys).toEqual([[1], [2, 3]]);
    sendings.answer(1);
    expect(await third).toBe("v3");
  });

  it("refuses a key when maxQueue wait, but not one that waits already", async () => {
    const { batcher, sendings } = recorded({ maxQueue: 2 });
    const all = batcher.loadMany([1, 2, 3, 2]);
    await settle();
    sendings.answer(0);
    expect(await all).toEqual([
      "v1",
      "v2",
      expect.objectContaining({ code: "VICTOR_BATCH_QUEUE_FULL" }),
      "v2",
    ]);
    expect(batcher.stats().refused).toBe(1);
  });

  it("closes when all is answered, and takes nothing more", async () => {
    const { batcher, sendings } = recorded({ maxWaitMs: 1000 });
    const last = batcher.load(1);
    let isClosed = false;
    const closing = batcher.close().then(() => {
      isClosed = true;
    });
    await expect(batcher.load(2)).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
    await settle();
    expect([isClosed, sendings.keys]).toEqual([false, [[1]]]);
    sendings.answer(0);
    await closing;
    expect(await last).toBe("v1");
    await batcher.close();
  });

  it("has its metrics", async () => {
    const batcher = createBatcher({ send: echo, name: "users" });
    await batcher.loadMany([1, 1, 2]);
    const samples = [...batcher.collect()];
    const value = (name: string) => samples.find((sample) => sample.name === name);
    expect(value("victor.batcher.loads")).toMatchObject({
      value: 3,
      labels: { "victor.batcher.name": "users" },
    });
    expect(value("victor.batcher.deduplicated")).toMatchObject({ value: 1 });
  });
});

describe("a load with a signal", () => {
  it("takes its key out of a batch that isn't sent", async () => {
    const { batcher, sendings, clock } = recorded({ maxWaitMs: 10 });
    const gone = new AbortController();
    const left = batcher.load(1, { signal: gone.signal });
    const kept = batcher.load(2);
    gone.abort(new Error("enough"));
    await expect(left).rejects.toThrow("enough");
    await clock.advance(10);
    expect(sendings.keys).toEqual([[2]]);
    sendings.answer(0);
    expect(await kept).toBe("v2");
    expect(batcher.stats()).toMatchObject({ abandoned: 1 });
  });

  it("leaves no timer behind when nobody waits", async () => {
    const { batcher, sendings, clock } = recorded({ maxWaitMs: 10 });
    const gone = new AbortController();
    const left = batcher.load(1, { signal: gone.signal });
    gone.abort(new Error("enough"));
    await expect(left).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
    void batcher.load(1);
    await clock.advance(10);
    expect(sendings.keys).toEqual([[1]]);
  });

  it("doesn't take a key from another who wants it", async () => {
    const { batcher, sendings } = recorded();
    const gone = new AbortController();
    const left = batcher.load(1, { signal: gone.signal });
    const kept = batcher.load(1);
    gone.abort(new Error("enough"));
    await expect(left).rejects.toThrow("enough");
    await settle();
    sendings.answer(0);
    expect(await kept).toBe("v1");
  });

  it("aborts the sending when the last who waits for it has left", async () => {
    const { batcher, sendings } = recorded();
    const [first, second] = [new AbortController(), new AbortController()];
    const loads = [batcher.load(1, first), batcher.load(2, second)];
    await settle();
    const { signal } = sendings.contexts[0]!;
    first.abort(new Error("first"));
    expect(signal.aborted).toBe(false);
    second.abort(new Error("second"));
    expect(signal.reason).toEqual(new Error("second"));
    expect((await Promise.allSettled(loads)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    sendings.answers[0]!.reject(signal.reason);
    await batcher.close();
  });

  it("is refused when it has aborted before, and settles as any other when it doesn't abort", async () => {
    const { batcher, sendings } = recorded();
    await expect(batcher.load(1, { signal: AbortSignal.abort(new Error("late")) })).rejects.toThrow("late");
    const load = batcher.load(2, new AbortController());
    await settle();
    expect(sendings.keys).toEqual([[2]]);
    sendings.answer(0);
    expect(await load).toBe("v2");
  });
});

describe("options of a batcher", () => {
  it.each([
    [{ send: 1 }, "send: expected a function, got 1"],
    [{ maxBatchSize: 0 }, "maxBatchSize: expected an integer ≥ 1, got 0"],
    [{ maxWaitMs: -1 }, "maxWaitMs: expected milliseconds ≥ 0, got -1"],
    [{ maxConcurrency: 0.5 }, "maxConcurrency: expected an integer ≥ 1, got 0.5"],
    [{ maxQueue: 0 }, "maxQueue: expected an integer ≥ 1, got 0"],
    [{ timeoutMs: 0 }, "timeoutMs: expected milliseconds"],
    [{ cacheKey: "id" }, 'cacheKey: expected a function, got "id"'],
    [{ name: 5 }, "name: expected a string, got 5"],
    [{ maxBatch: 5 }, 'createBatcher: unknown option "maxBatch"'],
  ])("are checked: %j", (options, message) => {
    expect(() => createBatcher({ send: echo, ...(options as object) })).toThrow(message);
  });
});
