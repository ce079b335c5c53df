import { describe, expect, test } from "vitest";
import { MetricRegistry, prometheusText } from "../../../src/metrics/index.ts";
import { codingAssistantTools } from "../../../src/tools/example/coding-assistant.ts";
import type { Tool } from "../../../src/tools/tool.ts";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";

const tools: readonly Tool[] = [
  { name: "alpha", description: "Deploy the service to production" },
  { name: "beta", description: "Deploy the service to staging" },
  { name: "gamma", description: "Read the logs" },
  { name: "delta", description: "Delete a file" },
];
const query = "deploy the service";

/** Selects and says what was used, again and again. */
function teach(
  selector: ToolSelector,
  text: string,
  used: readonly string[],
  times: number,
  context = {},
): void {
  for (let i = 0; i < times; i++)
    selector.recordOutcome(selector.select(text, context).id, { used, succeeded: true });
}

const first = (selector: ToolSelector, text: string, context = {}): string | undefined =>
  selector.select(text, context).tools[0]?.name;

describe("a selector learns", () => {
  test("which of two equal tools is used for a query", () => {
    const selector = new ToolSelector({ tools });
    expect(first(selector, query)).toBe("alpha");
    teach(selector, query, ["beta"], 20);
    expect(first(selector, query)).toBe("beta");
    expect(first(selector, "please deploy my service now")).toBe("beta");
  });

  test("nothing when it is told not to", () => {
    const selector = new ToolSelector({ tools, learning: false });
    teach(selector, query, ["beta"], 20);
    expect(first(selector, query)).toBe("alpha");
    expect(selector.getStats()).toMatchObject({ outcomes: 20, learning: undefined });
  });

  test("from failures too", () => {
    const selector = new ToolSelector({ tools });
    for (let i = 0; i < 20; i++)
      selector.recordOutcome(selector.select(query).id, { used: ["alpha"], succeeded: false });
    expect(first(selector, query)).toBe("beta");
  });

  test("a little from each failure: two leave the tool that fits the words best among the first, twenty sink it", () => {
    for (const [text, name] of [
      ["search the files", "search_text"],
      ["rebase my commits onto main", "git_rebase"],
    ] as const) {
      const selector = new ToolSelector({ tools: codingAssistantTools, k: 3 });
      const chosen = (): readonly string[] => selector.select(text).tools.map((tool) => tool.name);
      const fail = (times: number): void => {
        for (let i = 0; i < times; i++)
          selector.recordOutcome(selector.select(text).id, { used: [name], succeeded: false });
      };
      expect(chosen()[0]).toBe(name);
      fail(2);
      expect(chosen()).toContain(name);
      fail(18);
      expect(chosen()).not.toContain(name);
    }
  });

  test("from each selection once, and from none that it doesn't know", () => {
    const selector = new ToolSelector({ tools, rememberedSelections: 2 });
    const { id } = selector.select(query);
    expect(selector.recordOutcome(id, { used: ["beta"] })).toBe(true);
    expect(selector.recordOutcome(id, { used: ["beta"] })).toBe(false);
    expect(selector.recordOutcome("nothing", { used: ["beta"] })).toBe(false);
    const old = selector.select(query).id;
    for (let i = 0; i < 2; i++) selector.select(query);
    expect(selector.recordOutcome(old, { used: ["beta"] })).toBe(false);
    expect(selector.getStats()).toMatchObject({ outcomes: 1, unknownOutcomes: 3 });
  });

  test("from a tool of the catalogue that was used though it wasn't chosen", () => {
    const selector = new ToolSelector({ tools, k: 1 });
    for (let i = 0; i < 5; i++)
      expect(selector.recordOutcome(selector.select(query).id, { used: ["gone", "gamma"] })).toBe(true);
    expect(first(selector, query)).toBe("gamma");
    expect(selector.getStats()).toMatchObject({ outcomes: 5, learning: { recorded: 5, usedNotShown: 5 } });
  });

  test("nothing from names of no tool, which don't count, so that the right ones may follow", () => {
    const selector = new ToolSelector({ tools });
    const { id } = selector.select(query);
    expect(selector.recordOutcome(id, { used: ["Alpha", "gone"] })).toBe(false);
    expect(selector.getStats()).toMatchObject({ outcomes: 0, unknownOutcomes: 1, learning: { tools: 0 } });
    expect(selector.recordOutcome(id, { used: [] })).toBe(true);
    expect(selector.getStats()).toMatchObject({ outcomes: 1, learning: { recorded: 0, withoutUse: 1 } });
  });

  test("at once for the query whose outcome contradicts what is cached, and soon for the others", () => {
    const selector = new ToolSelector({ tools, learning: { maxLag: 10 } });
    selector.select("deploy service");
    const { id } = selector.select(query);
    selector.recordOutcome(id, { used: ["beta"], succeeded: true });
    expect(selector.select(query).cached).toBe(false);
    expect(selector.select("deploy service").cached).toBe(true);
    teach(selector, "read logs", ["gamma"], 9);
    expect(selector.select("deploy service").cached).toBe(true);
    teach(selector, "read logs", ["gamma"], 1);
    expect(selector.select("deploy service").cached).toBe(false);
    expect(selector.getStats().caches.query.outdated).toBe(1);
  });

  test("without losing a cached selection that an outcome confirms", () => {
    const selector = new ToolSelector({ tools });
    teach(selector, query, ["alpha"], 5);
    expect(selector.getStats().caches.query).toMatchObject({ hits: 4, misses: 1 });
  });

  test("never caches anything beyond an outcome with a lag of 0", () => {
    const selector = new ToolSelector({ tools, learning: { maxLag: 0 } });
    teach(selector, query, ["alpha"], 5);
    expect(selector.getStats().caches.query).toMatchObject({ hits: 0, misses: 5 });
  });

  test("what a kind of task needs, apart from other kinds", () => {
    const selector = new ToolSelector({ tools });
    teach(selector, query, ["beta"], 10, { taskType: "trial" });
    teach(selector, query, ["alpha"], 10, { taskType: "release" });
    expect(first(selector, "deploy service", { taskType: "trial" })).toBe("beta");
    expect(first(selector, "deploy service", { taskType: "release" })).toBe("alpha");
    expect(first(selector, "", { taskType: "trial" })).toBe("beta");
    expect(selector.select("", { taskType: "another" }).tools).toEqual([]);
  });

  test("keeps what it learned of a kind of task in the third cache, until the catalogue changes", () => {
    const selector = new ToolSelector({ tools });
    teach(selector, query, ["beta"], 1, { taskType: "trial" });
    for (let i = 0; i < 5; i++) selector.select(`deploy ${i}`, { taskType: "trial" });
    expect(selector.getStats().caches.learned).toMatchObject({ hits: 4, misses: 1, entries: 1 });
    expect(selector.getStats().caches.learned.bytes).toBeGreaterThan(0);
    selector.addTools([{ name: "epsilon" }]);
    expect(selector.getStats().caches.learned).toMatchObject({ entries: 0, invalidations: 1 });
    selector.select("deploy", { taskType: "trial" });
    expect(selector.invalidate({ namespace: "learned" })).toBe(1);
  });

  test("to forget one tool, or all", () => {
    const selector = new ToolSelector({ tools });
    teach(selector, query, ["beta"], 20);
    expect(selector.resetLearning("gamma")).toBe(false);
    expect(selector.resetLearning("beta")).toBe(true);
    expect(first(selector, query)).toBe("alpha");
    teach(selector, query, ["beta"], 20);
    expect(selector.resetLearning()).toBe(true);
    expect(first(selector, query)).toBe("alpha");
  });

  test("as soon after forgetting all as in the beginning", () => {
    const selector = new ToolSelector({ tools, learning: { maxLag: 2 } });
    teach(selector, query, ["beta"], 400);
    selector.resetLearning();
    selector.select("read");
    teach(selector, query, ["beta"], 3);
    expect(selector.select("read").cached).toBe(false);
  });

  test.each([
    ["an id", 7, { used: [] }],
    ["an object", "x", undefined],
    ["used", "x", {}],
    ["used", "x", { used: "alpha" }],
    ["used", "x", { used: [1] }],
    ["succeeded", "x", { used: [], succeeded: "yes" }],
    ["unknown option", "x", { used: [], success: true }],
  ])("from no wrong argument, and names it: %s", (_, id, outcome) => {
    const selector = new ToolSelector({ tools });
    expect(() => selector.recordOutcome(id as string, outcome as { used: string[] })).toThrow(TypeError);
  });
});

describe("an explanation", () => {
  test("tells the words, the feedback and the task that lifted each tool", () => {
    const selector = new ToolSelector({ tools: [...tools.slice(0, 3), { ...tools[3]!, pinned: true }] });
    teach(selector, query, ["beta"], 5, { taskType: "trial" });
    const { id, tools: chosen } = selector.select(query, { taskType: "trial" });
    const explanation = selector.explain(id);
    expect(explanation).toMatchObject({ id, query, terms: ["deploi", "servic"] });
    expect(explanation?.tools.map(({ name }) => name)).toEqual(chosen.map(({ name }) => name));
    const beta = explanation?.tools.find(({ name }) => name === "beta");
    expect(beta?.words.terms.map(({ term }) => term)).toEqual(expect.arrayContaining(["deploi", "servic"]));
    expect(beta?.words.terms[0]?.fields).toHaveProperty("description");
    expect(beta?.feedback?.lift).toBeGreaterThan(0);
    expect(beta?.task?.uses).toBe(5);
    expect(beta?.vector).toBeUndefined();
    expect(explanation?.tools.find(({ name }) => name === "delta")).toMatchObject({ pinned: true });
  });

  test("works for a cached selection, leaves out tools that have left, and ends with the memory of ids", () => {
    const selector = new ToolSelector({ tools, rememberedSelections: 2 });
    selector.select(query);
    const { id, cached } = selector.select(query);
    expect(cached).toBe(true);
    selector.removeTools(["alpha"]);
    expect(selector.explain(id)?.tools.map(({ name }) => name)).toEqual(["beta"]);
    selector.select("a");
    selector.select("b");
    expect(selector.explain(id)).toBeUndefined();
    expect(selector.explain("nothing")).toBeUndefined();
  });
});

describe("a selector's figures", () => {
  test("count selections, hits and what they saved, and are a source of metrics", () => {
    const selector = new ToolSelector({ tools });
    for (let i = 0; i < 4; i++) selector.select(query);
    selector.select(query, { history: ["x"] });
    const stats = selector.getStats();
    expect(stats).toMatchObject({
      tools: 4,
      selections: 5,
      hitLatencyMs: { count: 3 },
      rankLatencyMs: { count: 2 },
    });
    expect(stats.caches.query).toMatchObject({ hits: 3, misses: 1, hitRate: 0.75, entries: 1 });
    expect(stats.caches.query.bytes).toBeGreaterThan(2 * query.length);
    expect(stats.caches.context).toMatchObject({ hits: 0, misses: 1, entries: 1 });
    const registry = new MetricRegistry();
    registry.register(selector);
    const samples = Array.from(selector.collect());
    const hits = samples.filter(({ name }) => name === "victor.tools.cache.hits");
    expect(
      hits.map((sample) => "value" in sample && [sample.labels["victor.tools.cache"], sample.value]),
    ).toEqual([
      ["query", 3],
      ["context", 0],
      ["learned", 0],
    ]);
    expect(prometheusText(registry)).toContain("victor_tools_cache_hits");
  });
});
