import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test } from "vitest";
import { retainedBytes } from "../../../src/report/workloads/retained-bytes.ts";

const collector = globalThis.gc;
afterEach(() => {
  globalThis.gc = collector;
});

/** What `--expose-gc` does from the start. */
function exposeGc(): void {
  setFlagsFromString("--expose-gc");
  globalThis.gc = runInNewContext("gc") as NonNullable<typeof globalThis.gc>;
}

test("counts what is held of heap and buffers, and not what was dropped on the way", async () => {
  exposeGc();
  const { made, bytes } = await retainedBytes(() => {
    const dropped = Array.from({ length: 50_000 }, (_, i) => ({ i }));
    // 8 bytes an element in the heap, 4 an element outside.
    return { list: new Array<number>(100_000).fill(dropped.length), buffer: new Int32Array(500_000) };
  });
  expect(made.list).toHaveLength(100_000);
  expect(made.buffer).toHaveLength(500_000);
  expect(Math.round(bytes / 100_000)).toBe(28);
});

test("can't be measured without the collector", async () => {
  globalThis.gc = undefined;
  await expect(retainedBytes(() => 1)).rejects.toThrow("run node with --expose-gc");
});
