import { describe, expect, test, vi } from "vitest";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";
import type { Embedder } from "../../../src/tools/vectors/embedder.ts";
import { gramEmbedder } from "../../support/embedders.ts";
import { settle } from "../../support/fake-clock.ts";

const tools = [
  { name: "weather", description: "Tells rain and sunshine of any town" },
  { name: "mail", description: "Sends a letter or message to people" },
];
/** Makes vectors of as many numbers. */
const sized = (size: number, says: { readonly dimensions?: number } = {}): Embedder => ({
  ...says,
  embed: async (texts) => texts.map((text) => new Float32Array(size).fill(text.length)),
});

describe("an embedder", () => {
  test.each([
    [
      "an error without a text",
      () => {
        throw Object.create(null);
      },
    ],
    [
      "an error whose message throws",
      () => {
        throw Object.defineProperty(new Error(), "message", {
          get() {
            throw new Error();
          },
        });
      },
    ],
  ])("that gives %s costs vectors, and neither a selection nor the process", async (_, embed) => {
    const selector = new ToolSelector({ tools, embedder: { embed } as unknown as Embedder });
    await selector.ready();
    await selector.addTools([{ name: "third" }]);
    expect((await selector.select("rain")).tools[0]?.name).toBe("weather");
    expect(selector.getStats().vectors).toMatchObject({ tools: 0, missing: 3 });
    expect(selector.getStats().vectors?.lastError).toBeTypeOf("string");
  });

  test("may give plain arrays of numbers, with the same vectors", async () => {
    const typed = new ToolSelector({ tools, embedder: gramEmbedder });
    const embed: Embedder["embed"] = async (texts, signal) =>
      (await gramEmbedder.embed(texts, signal)).map((vector) => Array.from(vector));
    const plain = new ToolSelector({ tools, embedder: { embed } });
    await Promise.all([typed.ready(), plain.ready()]);
    expect(plain.getStats().vectors).toMatchObject({ tools: 2, failures: 0 });
    expect((await plain.select("sunny towns")).tools).toEqual((await typed.select("sunny towns")).tools);
  });

  test.each([
    ["a text", ["1"]],
    ["nothing", [null]],
    ["a number that no 32 bits hold", [1e300]],
    ["a number too many", [1, 2]],
    ["no number", []],
  ])("that gives %s among a vector's numbers is wrong", async (_, vector) => {
    const embed = async (texts: readonly string[]) => texts.map((_text, i) => (i === 0 ? [1] : vector));
    const selector = new ToolSelector({ tools, embedder: { embed } as unknown as Embedder });
    await selector.ready();
    expect(selector.getStats().vectors).toMatchObject({ tools: 0, failures: 1 });
  });

  test("that fails when tools come makes the process warn, once", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const selector = new ToolSelector({ tools, embedder: sized(2, { dimensions: 3 }) });
      await selector.ready();
      await selector.addTools([{ name: "third" }]);
      expect(warn.mock.calls).toEqual([
        [
          expect.stringMatching(/^2 tools have no vector .*expected vectors of 3 numbers, got one of 2/),
          { code: "VICTOR_EMBEDDER", type: "EmbedderWarning" },
        ],
      ]);
      expect(selector.getStats().vectors).toMatchObject({ missing: 3, failures: 2 });
    } finally {
      warn.mockRestore();
    }
  });

  test("gets every tool, whichever moment it is added at", async () => {
    for (let turns = 0; turns < 24; turns++) {
      const selector = new ToolSelector({ tools, embedder: gramEmbedder });
      for (let turn = 0; turn < turns; turn++) await undefined;
      void selector.addTools([{ name: "late", description: "comes late" }]);
      await settle();
      expect(selector.getStats().vectors).toMatchObject({ tools: 3, missing: 0 });
    }
  });

  test("of other dimensions than the saved vectors have makes them anew", async () => {
    const before = new ToolSelector({ tools, embedder: sized(8) });
    await before.ready();
    const loaded = ToolSelector.load(before.save(), { embedder: sized(4, { dimensions: 4 }) });
    await loaded.ready();
    await loaded.select("rain");
    expect(loaded.getStats().vectors).toMatchObject({ tools: 2, dimensions: 4, failures: 0, fallbacks: 0 });
    const same = ToolSelector.load(before.save(), { embedder: sized(8, { dimensions: 8 }) });
    expect(same.getStats().vectors).toMatchObject({ tools: 2, calls: 0 });
  });
});
