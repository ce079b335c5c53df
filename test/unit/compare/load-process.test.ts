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
