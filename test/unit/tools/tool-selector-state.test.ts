import { describe, expect, test } from "vitest";
import { codingAssistantQueries, codingAssistantTools } from "../../../src/tools/example/coding-assistant.ts";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";
import type { Embedder } from "../../../src/tools/vectors/embedder.ts";
import { gramEmbedder } from "../../support/embedders.ts";

function taught(): ToolSelector {
  const selector = new ToolSelector({ tools: codingAssistantTools });
  for (const { query, tools } of codingAssistantQueries.slice(0, 60))
    selector.recordOutcome(selector.select(query, { taskType: "work" }).id, { used: tools, succeeded: true });
  return selector;
}

describe("a saved selector", () => {
  test("chooses as before when it is loaded, what it learned included, and goes on learning", () => {
    const selector = taught();
    const loaded = ToolSelector.load(selector.save());
    expect(loaded.fingerprint).toBe(selector.fingerprint);
    expect(loaded.names()).toEqual(selector.names());
    for (const { query } of codingAssistantQueries)
      for (const context of [{}, { taskType: "work" }]) {
        selector.invalidate();
        expect(loaded.select(query, context).tools).toEqual(selector.select(query, context).tools);
      }
    loaded.addTools([{ name: "bake_bread", description: "Bake bread" }]);
    expect(loaded.select("bake some bread").tools[0]?.name).toBe("bake_bread");
    loaded.removeTools(["read_file"]);
    expect(loaded.recordOutcome(loaded.select("commit").id, { used: ["git_commit"] })).toBe(true);
    expect(ToolSelector.load(loaded.save()).fingerprint).toBe(loaded.fingerprint);
  });

  test("takes options, but for tools, when it is loaded", () => {
    const loaded = ToolSelector.load(taught().save(), { k: 2, learning: false });
    expect(loaded.select("commit and push the changes").tools).toHaveLength(2);
    expect(loaded.getStats().learning).toBeUndefined();
  });

  test("is the same for an empty catalogue", () => {
    expect(ToolSelector.load(new ToolSelector().save()).select("rain").tools).toEqual([]);
  });

  test("keeps its vectors, so that only new tools are embedded", async () => {
    const embedded: string[] = [];
    const embedder: Embedder = {
      embed: (texts) => {
        embedded.push(...texts);
        return gramEmbedder.embed(texts, new AbortController().signal);
      },
    };
    const selector = new ToolSelector({ tools: codingAssistantTools, embedder });
    await selector.ready();
    const bytes = selector.save();
    embedded.length = 0;
    const loaded = ToolSelector.load(bytes, { embedder });
    await loaded.ready();
    expect(embedded).toEqual([]);
    expect(loaded.getStats().fusion).toEqual(selector.getStats().fusion);
    for (const { query } of codingAssistantQueries.slice(0, 20))
      expect((await loaded.select(query)).tools).toEqual((await selector.select(query)).tools);
    embedded.length = 0;
    await loaded.addTools([{ name: "other" }]);
    expect(embedded).toEqual(["other"]);
  });

  test("is refused when any byte is another one, when it is cut off, or when it is something else", () => {
    const bytes = new ToolSelector({ tools: codingAssistantTools.slice(0, 3) }).save();
    const refused = expect.objectContaining({ code: "VICTOR_SELECTOR_STATE" });
    for (let at = 0; at < bytes.length; at += at < 64 ? 1 : 5) {
      const damaged = bytes.slice();
      damaged[at]! ^= 0x10;
      expect(() => ToolSelector.load(damaged)).toThrow(refused);
    }
    for (let length = 0; length < bytes.length; length += 7)
      expect(() => ToolSelector.load(bytes.subarray(0, length))).toThrow(refused);
    expect(() => ToolSelector.load(new Uint8Array([...bytes, 0]))).toThrow(refused);
    expect(() => ToolSelector.load(new TextEncoder().encode("something else, and long enough"))).toThrow(
      refused,
    );
    expect(() => ToolSelector.load("text" as unknown as Uint8Array)).toThrow(TypeError);
    expect(ToolSelector.load(Buffer.from(bytes)).size).toBe(3);
  });
});

test("a loaded selector takes no tools as an option, and says how to add some", () => {
  const bytes = new ToolSelector({ tools: [{ name: "x" }] }).save();
  const options = { tools: [{ name: "y" }] } as object;
  expect(() => ToolSelector.load(bytes, options)).toThrow(TypeError);
  expect(() => ToolSelector.load(bytes, options)).toThrow("addTools");
  expect(ToolSelector.load(bytes, { tools: undefined } as object).names()).toEqual(["x"]);
});

test("two tools of one name are refused, with a way to tell them apart", () => {
  const [github, gitlab] = ["github", "gitlab"].map((server) => ({ name: "search", server }));
  expect(() => new ToolSelector({ tools: [github!, gitlab!] })).toThrow(/server before .*"server_search"/);
});
