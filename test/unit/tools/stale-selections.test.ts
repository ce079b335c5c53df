import { describe, expect, test } from "vitest";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";
import type { Embedder } from "../../../src/tools/vectors/embedder.ts";
import { gramEmbedder } from "../../support/embedders.ts";
import { settle } from "../../support/fake-clock.ts";

const tools = [
  { name: "zzz", description: "find file" },
  { name: "find_file", description: "find the file quickly" },
  { name: "mail", description: "send a letter" },
];
const query = "find file quickly";

describe("an outcome that contradicts removes what is cached", () => {
  test("though the tools come in catalogue order, where the first isn't the best", () => {
    const selector = new ToolSelector({ tools, order: "catalogue", learning: { weight: 0 } });
    const { id, tools: chosen } = selector.select(query);
    expect(chosen[0]?.name).toBe("zzz");
    expect(chosen[1]!.score).toBeGreaterThan(chosen[0]!.score);
    selector.recordOutcome(id, { used: ["zzz"] });
    expect(selector.select(query).cached).toBe(false);
    selector.recordOutcome(selector.select(query).id, { used: ["find_file"] });
    expect(selector.select(query).cached).toBe(true);
  });

  test("though that was ranked anew since", () => {
    const selector = new ToolSelector({ tools });
    const { id } = selector.select(query);
    selector.invalidate({ query });
    selector.select(query);
    selector.recordOutcome(id, { used: ["zzz"] });
    expect(selector.select(query).cached).toBe(false);
  });

  test("though two asked for the same at once", async () => {
    const selector = new ToolSelector({ tools, embedder: gramEmbedder });
    await selector.ready();
    const [first, second] = await Promise.all([selector.select(query), selector.select(query)]);
    expect([first.cached, second.cached]).toEqual([false, false]);
    selector.recordOutcome(first.id, { used: ["zzz"] });
    expect((await selector.select(query)).cached).toBe(false);
  });
});

test("a message that changes while a vector is made doesn't change what is cached for the conversation as it was", async () => {
  let answer = (): void => {};
  const embedder: Embedder = {
    async embed(texts, signal) {
      if (texts.length === 1)
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
      return gramEmbedder.embed(texts, signal);
    },
  };
  const selector = new ToolSelector({ tools, embedder });
  await selector.ready();
  const message = { role: "user", content: [{ text: "send a letter" }] };
  const context = { history: [message], taskType: "a" };
  const first = selector.select("xyzzy", context);
  await settle();
  message.content[0]!.text = query;
  context.taskType = "b";
  answer();
  const asItWas = { history: [{ role: "user", content: "send a letter" }], taskType: "a" };
  const fresh = new ToolSelector({ tools, embedder: gramEmbedder });
  await fresh.ready();
  const honest = (await fresh.select("xyzzy", asItWas)).tools;
  expect((await first).tools).toEqual(honest);
  expect(await selector.select("xyzzy", asItWas)).toMatchObject({ cached: true, tools: honest });
});
