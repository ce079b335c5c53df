import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";

const source = (file: string): string => new URL(`../../../src/concurrency/${file}`, import.meta.url).href;

/** Runs an ES module in a process of its own. @returns what it printed, as JSON, line by line */
function run(body: string, env: NodeJS.ProcessEnv = {}): unknown[] {
  const script = `
    import { WorkerPool } from ${JSON.stringify(source("worker-pool.ts"))};
    import * as pools from ${JSON.stringify(source("default-thread-pools.ts"))};
    import { runInWorker } from ${JSON.stringify(source("run-in-worker.ts"))};
    import { libuvThreadCount } from ${JSON.stringify(source("../metrics/runtime/libuv-thread-count.ts"))};
    const print = (value) => console.log(JSON.stringify(value ?? null));
    ${body}`;
  const { UV_THREADPOOL_SIZE: _, ...inherited } = process.env;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--no-warnings", "--input-type=module", "--eval", script],
    { encoding: "utf8", timeout: 240_000, env: { ...inherited, ...env } },
  );
  if (status !== 0) throw new Error(`the script ended with ${signal ?? status}: ${stderr}`);
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

const isLinux = process.platform === "linux";

describe("a process", () => {
  test("ends by itself when its tasks have settled, though nobody closed the pool", () => {
    expect(run("print(await runInWorker((a, b) => a + b, [1, 2]));")).toEqual([3]);
  });

  test("ends though a pool keeps threads ready", () => {
    expect(run("new WorkerPool({ minWorkers: 2 }); print(1);")).toEqual([1]);
  });

  test("stays until the result comes that somebody waits for", () => {
    const body = `
      const late = async (ms) => { await new Promise((resolve) => setTimeout(resolve, ms)); return ms; };
      runInWorker(late, [300]).then(print);
      runInWorker(late, [1]).then(print);`;
    // Each thread starts when it can, so either may be first.
    expect(new Set(run(body))).toEqual(new Set([1, 300]));
  });

  test("stays until a task that hangs has failed, and until those behind it are done", () => {
    const body = `
      const pool = new WorkerPool({ maxWorkers: 1 });
      pool.run(() => { for (;;); }, [], { timeoutMs: 100 }).catch((error) => print(error.code));
      pool.run((x) => x, [5]).then(print);`;
    expect(run(body)).toEqual(["VICTOR_DEADLINE", 5]);
  });

  test("stays until a task has failed that waits for something that never comes", () => {
    const body = `
      const pool = new WorkerPool({ maxWorkers: 1 });
      const never = () => new Promise(() => {});
      pool.run(never, []).catch((error) => print(error.code));
      pool.close({ timeoutMs: 50 }).then(() => print("closed"));`;
    expect(run(body)).toEqual(["VICTOR_CLOSED", "closed"]);
  });
});

describe("configureDefaultThreadPools", () => {
  test("sizes the pool of runInWorker, and puts it back", () => {
    const body = `
      const change = pools.configureDefaultThreadPools({ maxWorkers: 3, minWorkers: 1, queueLimit: 5 });
      print([change.maxWorkers, change.minWorkers]);
      const first = pools.defaultWorkerPool();
      print([first.stats().maxWorkers, first.stats().workers]);
      const pending = runInWorker((x) => x, ["by the former pool"]);
      change.undo();
      change.undo();
      print(await pending);
      const second = pools.defaultWorkerPool();
      print([second === first, second.stats().minWorkers, process.env.UV_THREADPOOL_SIZE]);
      print(await runInWorker((x) => x, ["by the latter"]));
      await pools.closeDefaultWorkerPool();`;
    expect(run(body)).toEqual([[3, 1], [3, 1], "by the former pool", [false, 0, null], "by the latter"]);
  });

  test("says that libuv's pool was sized when it was, and keeps a size from outside", () => {
    const body =
      "print(pools.configureDefaultThreadPools({ libuvThreads: 7 }).libuv); print(libuvThreadCount());";
    expect(run(body)).toEqual(
      isLinux
        ? [{ requested: 7, effect: "applied", threads: 7 }, 7]
        : [{ requested: 7, effect: "unverified" }, null],
    );
    expect(
      run("print(pools.configureDefaultThreadPools().libuv);", { UV_THREADPOOL_SIZE: "6" }),
    ).toMatchObject([{ requested: 6, effect: "left" }]);
  });

  test("says so when libuv's pool has been used before, where that can be seen", () => {
    const body = `
      const { stat } = await import("node:fs/promises");
      await stat("/");
      print(pools.configureDefaultThreadPools({ libuvThreads: 9 }).libuv);`;
    expect((run(body) as unknown[])[0]).toEqual(
      isLinux
        ? { requested: 9, effect: "already started", threads: 4 }
        : { requested: 9, effect: "unverified" },
    );
  });

  test("changes nothing on a wrong option", () => {
    const body = `
      for (const wrong of [{ libuvThreads: 0 }, { libuvThreads: 1025 }, { maxWorkers: NaN }, { size: 3 }, 5])
        try { pools.configureDefaultThreadPools(wrong); } catch (error) { print(error.name); }
      print(process.env.UV_THREADPOOL_SIZE);`;
    expect(run(body)).toEqual(["RangeError", "RangeError", "RangeError", "TypeError", "TypeError", null]);
  });
});
