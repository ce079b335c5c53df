import { describe, expect, test } from "vitest";
import type { Selection } from "../../../src/tools/selection.ts";
import type { Tool } from "../../../src/tools/tool.ts";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";
import type { Embedder } from "../../../src/tools/vectors/embedder.ts";

const tools: readonly Tool[] = [{ name: "weather", description: "Forecast of rain" }];
const vector = Float32Array.of(1, 0, 0);

// What is checked here is checked by the compiler; that it runs too is the lesser part.
describe("by its types a selector", () => {
  test("infers its embedder from an object written in place, and gives promises then", async () => {
    const inPlace = new ToolSelector({
      tools,
      embedder: { dimensions: 3, embed: async (texts) => texts.map(() => vector) },
    });
    const chosen: Promise<Selection> = inPlace.select("rain");
    expect((await chosen).tools).toHaveLength(1);
    const loaded = ToolSelector.load(inPlace.save(), {
      embedder: { embed: async (texts, signal) => (signal.aborted ? [] : texts.map(() => vector)) },
    });
    const again: Promise<Selection> = loaded.select("rain");
    expect((await again).tools).toHaveLength(1);
    const typed: Embedder = { embed: (texts) => texts.map(() => vector) };
    const held: ToolSelector<Embedder> = new ToolSelector({ tools, embedder: typed });
    const third: Promise<Selection> = held.select("rain");
    expect((await third).tools).toHaveLength(1);
    // @ts-expect-error: a number is no list of vectors
    new ToolSelector({ embedder: { embed: (texts) => texts.length } });
  });

  test("gives no promise without one", () => {
    const held: ToolSelector = new ToolSelector({ tools });
    const chosen: Selection = held.select("rain");
    expect(chosen.tools).toHaveLength(1);
    const maybe = undefined as Embedder | undefined;
    const either: Selection | Promise<Selection> = new ToolSelector({ tools, embedder: maybe }).select(
      "rain",
    );
    expect(either).toHaveProperty("tools");
  });

  test("takes a schema of an interface, and keys without a value", () => {
    interface Schema {
      type: "object";
      properties?: { city: { type: string } };
    }
    const inputSchema: Schema = { type: "object", properties: { city: { type: "string" } } };
    const selector = new ToolSelector({
      tools: [{ name: "weather", description: undefined, inputSchema, server: undefined, pinned: undefined }],
      ...{ k: undefined, threshold: undefined, order: undefined, caches: undefined, clock: undefined },
      ...{ learning: undefined, embedTimeoutMs: undefined, rememberedSelections: undefined },
    });
    const none = { k: undefined, history: undefined, pendingActions: undefined, taskType: undefined };
    const { id, tools: chosen } = selector.select("city", none);
    expect(chosen.map(({ name }) => name)).toEqual(["weather"]);
    expect(selector.recordOutcome(id, { used: ["weather"], succeeded: undefined })).toBe(true);
  });

  test("takes messages as chat APIs have them", () => {
    interface TextBlock {
      type: "text";
      text: string;
    }
    interface ToolUse {
      type: "tool_use";
      id: string;
      input: unknown;
    }
    const blocks: (TextBlock | ToolUse)[] = [
      { type: "text", text: "forecast" },
      { type: "tool_use", id: "1", input: {} },
    ];
    const selector = new ToolSelector({ tools });
    const history = [
      { role: "assistant", content: null, tool_calls: [{ id: "1", function: { name: "x" } }] },
      { role: "tool", content: "done", tool_call_id: "1" },
      { role: "user", content: blocks },
    ];
    expect(selector.select("", { history }).tools).toHaveLength(1);
    const inPlace = selector.select("", {
      history: [
        { role: "assistant", content: null, tool_calls: [] },
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: "data:" } },
            { type: "text", text: "forecast" },
          ],
        },
      ],
    });
    expect(inPlace.tools).toHaveLength(1);
  });
});
