import { describe, expect, test } from "vitest";
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
