import { expect, test, vi } from "vitest";
import { LoadProcess } from "../../../src/compare/load/load-process.ts";

test("a load process that can't be started is told of, and not waited for", async () => {
  const execPath = process.execPath;
  process.execPath = "/nowhere/node";
  let load: LoadProcess;
  try {
    load = new LoadProcess();
  } finally {
    process.execPath = execPath;
  }
  const settled = vi.fn();
  load.guard([]).then(settled, settled);
  await expect.poll(() => settled.mock.calls.length).toBe(1);
  expect(settled.mock.calls[0]?.[0]).toMatchObject({
    code: "VICTOR_COMPARE",
    message: "load: the load process can't be started",
  });
  await load[Symbol.asyncDispose]();
  await expect(load.guard([])).rejects.toThrow("can't be started");
});

test("a script that never comes to its end is given up when the comparison is stopped", async () => {
  const stop = new AbortController();
  await using load = new LoadProcess(stop.signal);
  await load.guard([]);
  const script = "data:text/javascript,await new Promise(() => {})";
  const settled = vi.fn();
  load.ask({ type: "open", arm: "a", url: "http://127.0.0.1/", script }).then(settled, settled);
  const reason = new Error("enough");
  stop.abort(reason);
  await expect.poll(() => settled.mock.calls).toEqual([[reason]]);
  // Who guards the programs goes on until they have been stopped.
  await load.guard([]);
  await expect(load.ask({ type: "close", arm: "a" })).rejects.toBe(reason);
});
