import { describe, expect, test } from "vitest";
import { Analyzer } from "../../../src/tools/text/analyzer.ts";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";

const tools = [{ name: "read_file", description: "Reads a file" }];
const megabyte = 2 ** 20;

/** MiB that are held after `run`, which gives what holds them. */
async function heldBy(run: () => object): Promise<number> {
  await collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const holder = run();
  await collectGarbage();
  const held = (process.memoryUsage().heapUsed - before) / megabyte;
  expect(holder).toBeDefined();
  return held;
}

/** A text of its own, and not one that the engine puts together from shared parts. */
const filled = (start: string, length: number): string =>
  Buffer.from(start.padEnd(length, "x y ")).toString("latin1");

describe("no more is kept of a text than is said", () => {
  test("of a long query 8,192 characters, while its selection's id is known", async () => {
    const held = await heldBy(() => {
      const selector = new ToolSelector({ tools });
      for (let i = 0; i < 64; i++) selector.select(filled(`read file ${i} `, megabyte / 2));
      return selector;
    });
    expect(held).toBeLessThan(8);
  });

  test("of a conversation nothing, once it has left the cache", async () => {
    const held = await heldBy(() => {
      const selector = new ToolSelector({ tools, caches: { context: { maxEntries: 1 } } });
      for (let i = 0; i < 64; i++)
        selector.select(`read ${i}`, { history: [filled(`file ${i}`, megabyte / 2)] });
      expect(selector.getStats().caches.context.entries).toBe(1);
      return selector;
    });
    expect(held).toBeLessThan(8);
  });

  test("of a text nothing but the words themselves, of any kind", async () => {
    const held = await heldBy(() => {
      const analyzer = new Analyzer();
      for (let i = 0; i < 64; i++) {
        analyzer.analyze(filled(`${10 ** 15 + i} `, megabyte / 8), []);
        analyzer.analyze(filled(`zzzzzzzzzzz${"bcdfghjk"[i & 7]}${"lmnpqrst"[i >> 3]} `, megabyte / 8), []);
      }
      return analyzer;
    });
    expect(held).toBeLessThan(4);
  });
});
