import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { WorkerPool } from "../../../src/concurrency/worker-pool.ts";

const pool = new WorkerPool({ maxWorkers: 2 });
const fixture = (name: string): URL => new URL(`../../fixtures/workers/${name}`, import.meta.url);
afterAll(() => pool.close());

describe("what is called", () => {
  test("a function, an async one, and one that imports", async () => {
    expect(await pool.run((a: number, b: number) => a * b, [6, 7])).toBe(42);
    expect(await pool.run(async (a: number) => a + 1, [1])).toBe(2);
    const { threadId } = await import("node:worker_threads");
    // Made from text, as the test runner rewrites imports.
    const importing = new Function("return async () => (await import('node:worker_threads')).threadId");
    const elsewhere = await pool.run(importing() as () => Promise<number>, []);
    expect(elsewhere).toBeGreaterThan(0);
    expect(elsewhere).not.toBe(threadId);
  });

  test("the default export of a file, a named one, by URL and by path", async () => {
    const file = fixture("arithmetic.ts");
    expect(await pool.run(file, [21])).toBe(42);
    expect(await pool.run<number>(file.href, [1], { name: "later" })).toBe(2);
    expect(await pool.run("test/fixtures/workers/arithmetic.ts", [2])).toBe(4);
  });

  test.each([
    ["a file that isn't there", fixture("none.ts"), undefined, /none\.ts/],
    ["a file that throws when it is loaded", fixture("broken.mjs"), undefined, /broken module/],
    ["an export that isn't there", fixture("arithmetic.ts"), "nothing", /"nothing" to be a function/],
    ["an export that is no function", fixture("arithmetic.ts"), "notCallable", /got number/],
  ])("%s fails as such, and costs no thread", async (_, file, name, message) => {
    const { started } = pool.stats();
    const failure = pool.run(file, [], name === undefined ? {} : { name });
    await expect(failure).rejects.toMatchObject({ code: "VICTOR_WORKER_LOAD" });
    await expect(failure).rejects.toThrow(message);
    expect(pool.stats().started).toBe(Math.max(1, started));
  });

  test("a variable from around a function isn't there", async () => {
    const around = pathToFileURL("x");
    await expect(pool.run(() => around, [])).rejects.toMatchObject({ name: "ReferenceError" });
  });
});

test.each(["entered", "enteredLater"])(
  "what a task enters of an async context is gone for the next one: %s",
  async (name) => {
    for (const execArgv of [[], ["--no-async-context-frame"]]) {
      await using single = new WorkerPool({ maxWorkers: 1, execArgv });
      const file = fixture("entering.mjs");
      const before = await Promise.all([1, 2, 3, 4].map((value) => single.run(file, [value], { name })));
      expect(before).toEqual([null, null, null, null]);
    }
  },
);

describe("what is thrown", () => {
  test("arrives with class name, message, stack, fields and cause", async () => {
    const error = await pool
      .run(() => {
        class QuotaError extends RangeError {
          code = "E_QUOTA";
          left = 3;
        }
        throw new QuotaError("no more", { cause: new TypeError("inner") });
      }, [])
      .catch((thrown: unknown) => thrown as Error);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ name: "QuotaError", message: "no more", code: "E_QUOTA", left: 3 });
    expect((error as Error).cause).toBeInstanceOf(TypeError);
    expect((error as Error).stack).toMatch(/no more\n +at /);
  });

  test.each([["a string"], [undefined], [null], [0], [{ some: "object" }]])(
    "%o, though it is no error",
    async (value) => {
      const thrown = (it: unknown) => {
        throw it;
      };
      await expect(pool.run(thrown, [value])).rejects.toEqual(value);
      await expect(pool.run(async (it: unknown) => Promise.reject(it), [value])).rejects.toEqual(value);
    },
  );
});

describe("what can't be copied fails alone", () => {
  const echo = (value: unknown) => value;
  test("as an argument", async () => {
    const tasks = [1, () => 1, 3].map((value) => pool.run(echo, [value]));
    const [first, failed, last] = await Promise.allSettled(tasks);
    expect([first, last]).toMatchObject([{ value: 1 }, { value: 3 }]);
    expect(failed).toMatchObject({
      reason: { code: "VICTOR_WORKER_CLONE", what: "arguments", cause: { name: "DataCloneError" } },
    });
  });

  test("as arguments of all that wait, more than there are threads", async () => {
    await using own = new WorkerPool({ maxWorkers: 2 });
    const tasks = Array.from({ length: 20 }, () => own.run(echo, [() => 1]));
    const codes = (await Promise.allSettled(tasks)).map((it) => it.status === "rejected" && it.reason.code);
    expect(codes).toEqual(new Array(20).fill("VICTOR_WORKER_CLONE"));
  });

  test("as a result, or thrown", async () => {
    const give = (value: number) => (value === 2 ? () => 1 : value);
    const give3 = (value: number) => {
      if (value === 2) throw () => 1;
      return value;
    };
    for (const [fn, what] of [
      [give, "result"],
      [give3, "thrown value"],
    ] as const) {
      for (let i = 0; i < 3; i++) await pool.run(fn, [0]);
      const [first, failed, last] = await Promise.allSettled([1, 2, 3].map((value) => pool.run(fn, [value])));
      expect([first, last]).toMatchObject([{ value: 1 }, { value: 3 }]);
      expect(failed).toMatchObject({ reason: { code: "VICTOR_WORKER_CLONE", what } });
    }
  });
});

describe("tasks of one message", () => {
  test("don't share an argument that they were given in common", async () => {
    await using own = new WorkerPool({ maxWorkers: 1 });
    const add = (list: number[], x: number) => list.push(x);
    await own.run(add, [[], 0]);
    const list = [1, 2];
    expect(await Promise.all([3, 4, 5].map((x) => own.run(add, [list, x])))).toEqual([3, 3, 3]);
  });

  test("answer with an object as it was when each ended", async () => {
    await using own = new WorkerPool({ maxWorkers: 1 });
    const call = () => own.run<{ calls: number }>(fixture("arithmetic.ts"), [], { name: "counted" });
    await call();
    const answers = await Promise.all([call(), call(), call()]);
    expect(answers.map(({ calls }) => calls)).toEqual([2, 3, 4]);
  });
});

describe("what is moved", () => {
  test("is gone here and whole there", async () => {
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const sum = (bytes: ArrayBuffer) => new Uint8Array(bytes).reduce((a, b) => a + b, 0);
    expect(await pool.run(sum, [buffer], { transfer: [buffer] })).toBe(6);
    expect(buffer.byteLength).toBe(0);
  });

  test("comes back without a copy when asked for", async () => {
    const make = (bytes: number) => {
      const made = new Uint8Array(bytes).fill(7);
      setImmediate(() => {
        (globalThis as { lengthLeft?: number }).lengthLeft = made.byteLength;
      });
      return made;
    };
    const single = new WorkerPool({ maxWorkers: 1 });
    const left = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return (globalThis as { lengthLeft?: number }).lengthLeft;
    };
    expect(await single.run(make, [1000], { transferResult: true })).toEqual(new Uint8Array(1000).fill(7));
    expect(await single.run(left, [])).toBe(0);
    expect(await single.run(make, [1000])).toEqual(new Uint8Array(1000).fill(7));
    expect(await single.run(left, [])).toBe(1000);
    // Its memory is shared with other Buffers, so it can't be moved.
    const text = await single.run(() => Buffer.from("small"), [], { transferResult: true });
    expect(Buffer.from(text).toString()).toBe("small");
    await single.close();
  });

  test("a buffer that was moved before fails its task alone", async () => {
    const buffer = new ArrayBuffer(8);
    structuredClone(buffer, { transfer: [buffer] });
    const [failed, other] = await Promise.allSettled([
      pool.run((bytes: ArrayBuffer) => bytes.byteLength, [buffer], { transfer: [buffer] }),
      pool.run((x: number) => x, [5]),
    ]);
    expect(failed).toMatchObject({ reason: { code: "VICTOR_WORKER_CLONE", what: "arguments" } });
    expect(other).toMatchObject({ value: 5 });
  });
});

test("thousands of tasks of several kinds all get their own answers, on all threads", async () => {
  const short = (x: number) => x + 1;
  const longer = (x: number) => {
    const end = performance.now() + (x % 5);
    while (performance.now() < end);
    return x * 2;
  };
  const numbers = Array.from({ length: 3000 }, (_, i) => i);
  const answers = await Promise.all(
    numbers.map((i) => (i % 30 === 0 ? pool.run(longer, [i]) : pool.run(short, [i]))),
  );
  expect(answers).toEqual(numbers.map((i) => (i % 30 === 0 ? i * 2 : i + 1)));
  expect(pool.stats().workers).toBeGreaterThan(0);
});

test("threads have the environment that the pool gives them", async () => {
  await using own = new WorkerPool({ maxWorkers: 1, env: { PLACE: "here" } });
  expect(await own.run(() => process.env.PLACE, [])).toBe("here");
  expect(await pool.run(() => process.env.PLACE, [])).toBe(undefined);
});

test("utilization is measured, where the work is", async () => {
  const busy = new WorkerPool({ maxWorkers: 1, minWorkers: 1 });
  const burn = (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };
  await busy.run(burn, [1]);
  busy.stats();
  await busy.run(burn, [300]);
  const { utilization } = busy.stats();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const idle = busy.stats().utilization;
  expect(utilization).toBeGreaterThan(idle!);
  await busy.close();
});
