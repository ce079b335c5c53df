import { expect, test } from "vitest";
import { HeapAfterGc } from "../../../src/alerts/heap-after-gc.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";

test("the heap after real garbage collections grows with what is held, not with what was only made", async () => {
  const heap = new HeapAfterGc();
  const bytes = (): number => {
    const [sample] = heap.collect();
    return sample?.type === "gauge" ? sample.value : Number.NaN;
  };
  const collected = async (): Promise<number> => {
    await collectGarbage();
    // The observer is told in a later turn.
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (;;) {
      const told = bytes();
      if (!Number.isNaN(told)) return told;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const before = await collected();
  let made: number[][] = Array.from({ length: 300 }, () => new Array(10_000).fill(1.5));
  expect(made).toHaveLength(300);
  made = [];
  const afterGarbage = await collected();
  const held = Array.from({ length: 300 }, () => new Array(10_000).fill(1.5));
  const afterHeld = await collected();
  heap.close();
  expect(held).toHaveLength(300);
  const size = 300 * 10_000 * 8;
  expect(Math.abs(afterGarbage - before)).toBeLessThan(size / 2);
  expect(afterHeld - afterGarbage).toBeGreaterThan(size / 2);
});
