import { describe, expect, test } from "vitest";
import type { SelectContext } from "../../../src/tools/select-context.ts";
import type { Tool } from "../../../src/tools/tool.ts";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const tools: readonly Tool[] = [
  {
    name: "read_file",
    description: "Read a file from disk",
    inputSchema: { type: "object", properties: { path: { type: "string", description: "Where it lies" } } },
  },
  { name: "git_commit", description: "Record changes as a commit", server: "git" },
  { name: "send_mail", description: "Send an e-mail message to somebody" },
  { name: "weather", description: "Forecast of rain and sunshine" },
  { name: "run_tests", description: "Run the unit tests of the project" },
];
const names = (selection: { readonly tools: readonly { readonly name: string }[] }): string[] =>
  selection.tools.map(({ name }) => name);

describe("a selector", () => {
  test("chooses the tool that fits best first, with scores from 0 to 1 that fall", () => {
    const selector = new ToolSelector({ tools });
    const { tools: chosen, cached } = selector.select("will there be rain?");
    expect(chosen[0]?.name).toBe("weather");
    expect(cached).toBe(false);
    for (const [i, { score }] of chosen.entries()) {
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThanOrEqual(chosen[i - 1]?.score ?? 1);
    }
  });

  test("chooses at most k, by option and by call", () => {
    const selector = new ToolSelector({ tools, k: 2 });
    const query = "read the file, run tests, commit changes, send a message";
    expect(selector.select(query).tools).toHaveLength(2);
    expect(selector.select(query, { k: 3 }).tools).toHaveLength(3);
  });

  test("answers that nothing fits, when no word is known or no score reaches the threshold", () => {
    const open = new ToolSelector({ tools });
    expect(open.select("xyzzy plugh").tools).toEqual([]);
    const query = "what a day for messages and unknown words such as plugh xyzzy frotz";
    expect(open.select(query).tools.length).toBeGreaterThan(0);
    expect(new ToolSelector({ tools, threshold: 0.9 }).select(query).tools).toEqual([]);
  });

  test("always has pinned tools in, and as many as k others", () => {
    const pinned = tools.map((tool) => ({ ...tool, pinned: tool.name !== "weather" }));
    const selector = new ToolSelector({ tools: pinned, k: 1 });
    const others = ["read_file", "git_commit", "send_mail", "run_tests"];
    expect(names(selector.select("rain"))).toEqual(["weather", ...others]);
    expect(names(selector.select("xyzzy"))).toEqual(others);
  });

  test("finds a tool by its title, whose words that the name has count once", () => {
    const forecast = { name: "wx_17", title: "Sunny days", description: "Internal" };
    const selector = new ToolSelector({ tools: [...tools, forecast] });
    expect(names(selector.select("sunny"))[0]).toBe("wx_17");
    const loaded = ToolSelector.load(selector.save());
    expect(names(loaded.select("sunny"))[0]).toBe("wx_17");
    expect(loaded.get("wx_17")).toEqual(forecast);
    const plain = new ToolSelector({ tools });
    const titled = new ToolSelector({ tools: tools.map((tool) => ({ ...tool, title: `${tool.name}!` })) });
    const spaced = tools.map((tool) => ({ ...tool, title: tool.name.replace("_", " ") }));
    for (const other of [titled, new ToolSelector({ tools: spaced })])
      expect(other.select("commit the file").tools).toEqual(plain.select("commit the file").tools);
  });

  test("gives a tool by its name, as a copy", () => {
    const own = { name: "own", description: "Mine", inputSchema: { type: "object" }, handler: () => 0 };
    const selector = new ToolSelector({ tools: [own] });
    expect(selector.get("own")).toEqual({
      name: "own",
      description: "Mine",
      inputSchema: { type: "object" },
    });
    expect(selector.get("other")).toBeUndefined();
    selector.removeTools(["own"]);
    expect(selector.get("own")).toBeUndefined();
  });

  test("puts a tool first that the query names", () => {
    const selector = new ToolSelector({ tools });
    expect(names(selector.select("rain, rain and sunshine: use git_commit"))[0]).toBe("git_commit");
  });

  test("gives the chosen tools in catalogue order when asked to", () => {
    const selector = new ToolSelector({ tools, order: "catalogue" });
    const chosen = names(selector.select("run the tests, then read a file"));
    expect(chosen).toEqual(tools.map(({ name }) => name).filter((name) => chosen.includes(name)));
    expect(chosen[0]).toBe("read_file");
  });

  test("has an answer for an empty query and for an empty catalogue", () => {
    expect(new ToolSelector({ tools }).select("").tools).toEqual([]);
    expect(new ToolSelector().select("rain")).toMatchObject({ tools: [], cached: false });
    expect(new ToolSelector({ tools: [] }).select("", { history: [] }).tools).toEqual([]);
  });

  test("takes a query of a megabyte, and doesn't keep it", () => {
    const selector = new ToolSelector({ tools, caches: { query: { maxBytes: 1_000_000 } } });
    const query = `rain ${"lorem ipsum ".repeat(90_000)}`;
    expect(names(selector.select(query))).toContain("weather");
    expect(selector.getStats().caches.query).toMatchObject({ refused: 1, entries: 0 });
    expect(selector.select(query).cached).toBe(false);
  });

  test("gives frozen results, so that a caller can't spoil the cache", () => {
    const selector = new ToolSelector({ tools });
    const first = selector.select("rain");
    expect(Object.isFrozen(first.tools) && Object.isFrozen(first.tools[0])).toBe(true);
  });

  test("lets a thin query mean what the conversation was about", () => {
    const selector = new ToolSelector({ tools });
    const history = [
      { role: "user", content: "what will the weather be, rain or sunshine?" },
      { role: "assistant", content: "I don't know yet." },
    ];
    expect(selector.select("again").tools).toEqual([]);
    expect(names(selector.select("again", { history }))[0]).toBe("weather");
    expect(names(selector.select("again", { pendingActions: ["send_mail"] }))[0]).toBe("send_mail");
    expect(names(selector.select("", { history: ["please run the unit tests"] }))[0]).toBe("run_tests");
    expect(names(selector.select("commit these changes", { history }))[0]).toBe("git_commit");
  });

  test("reads messages whose content comes in parts, or not at all", () => {
    const selector = new ToolSelector({ tools });
    const content = [{ type: "text", text: "rain or sunshine?" }, { type: "image" }];
    const history = [{ role: "user", content }, { role: "assistant", content: null }, { role: "user" }];
    expect(names(selector.select("again", { history }))[0]).toBe("weather");
  });
});

describe("a selector's caches", () => {
  const query = "read a file";

  test("give the same tools under another id", () => {
    const selector = new ToolSelector({ tools });
    const first = selector.select(query);
    const second = selector.select(query);
    expect(second).toMatchObject({ cached: true, tools: first.tools });
    expect(second.id).not.toBe(first.id);
  });

  const message = { role: "user", content: "about rain" };
  const contexts: readonly (readonly [string, SelectContext, SelectContext])[] = [
    ["k", { k: 2 }, { k: 3 }],
    ["task type", { taskType: "a" }, { taskType: "b" }],
    ["history", { history: [message] }, { history: [{ ...message, content: "about snow" }] }],
    ["a role", { history: [message] }, { history: [{ ...message, role: "tool" }] }],
    ["history's length", { history: [message] }, { history: [message, message] }],
    ["pending actions", { pendingActions: ["a"] }, { pendingActions: ["b"] }],
    ["what is history and what an action", { history: ["a"] }, { pendingActions: ["user", "a"] }],
    ["there being a history", {}, { history: [message] }],
  ];
  test.each(contexts)("tell selections apart by %s", (_, one, other) => {
    const selector = new ToolSelector({ tools });
    selector.select(query, one);
    expect(selector.select(query, other).cached).toBe(false);
    expect(selector.select(query, structuredClone(one)).cached).toBe(true);
    expect(selector.select(`${query}!`, one).cached).toBe(false);
  });

  test("keep a copy of the history, so that a message added later makes another key", () => {
    const selector = new ToolSelector({ tools });
    const history = [message];
    selector.select(query, { history });
    history.push({ role: "assistant", content: "done" });
    expect(selector.select(query, { history }).cached).toBe(false);
    expect(selector.select(query, { history: [message] }).cached).toBe(true);
  });

  const changes: readonly (readonly [string, (selector: ToolSelector) => unknown])[] = [
    ["a new tool", (selector) => selector.addTools([{ name: "other" }])],
    ["a tool that is gone", (selector) => selector.removeTools(["weather"])],
    ["another description", (selector) => selector.addTools([{ ...tools[3]!, description: "Read a file" }])],
    [
      "another schema",
      (selector) =>
        selector.addTools([
          { ...tools[0]!, inputSchema: { type: "object", properties: { url: { type: "string" } } } },
        ]),
    ],
    ["another server", (selector) => selector.addTools([{ ...tools[1]!, server: "hg" }])],
    ["a tool that gets pinned", (selector) => selector.addTools([{ ...tools[3]!, pinned: true }])],
  ];
  test.each(changes)("are void after %s, and the fingerprint is another one", (_, change) => {
    const selector = new ToolSelector({ tools });
    const { fingerprint } = selector;
    const contexts: readonly SelectContext[] = [{}, { history: [message] }];
    for (const context of contexts) selector.select(query, context);
    change(selector);
    expect(selector.fingerprint).not.toBe(fingerprint);
    for (const context of contexts) expect(selector.select(query, context).cached).toBe(false);
    for (const context of contexts) expect(selector.select(query, context).cached).toBe(true);
  });

  test("hold queries for an hour and conversations for five minutes", async () => {
    const clock = new FakeClock();
    const selector = new ToolSelector({ tools, clock });
    const isCached = (context: SelectContext): boolean => selector.select(query, context).cached;
    isCached({});
    isCached({ history: [message] });
    await clock.advance(299_999);
    expect([isCached({}), isCached({ history: [message] })]).toEqual([true, true]);
    await clock.advance(1);
    expect([isCached({}), isCached({ history: [message] })]).toEqual([true, false]);
    await clock.advance(3_299_999);
    expect(isCached({})).toBe(true);
    await clock.advance(1);
    expect(isCached({})).toBe(false);
    expect(selector.getStats().caches.query).toMatchObject({ hits: 3, misses: 2, expirations: 1 });
  });

  test("forget by query, by namespace, or everything", () => {
    const selector = new ToolSelector({ tools });
    const fill = (): void => {
      for (const text of ["rain", "commit"])
        for (const context of [{}, { history: [message] }]) selector.select(text, context);
    };
    fill();
    expect(selector.invalidate({ query: "rain" })).toBe(2);
    expect(selector.select("commit").cached).toBe(true);
    fill();
    expect(selector.invalidate({ query: "rain", namespace: "context" })).toBe(1);
    fill();
    expect(selector.invalidate({ namespace: "query" })).toBe(2);
    fill();
    expect(selector.invalidate()).toBe(4);
    expect(selector.getStats().caches.query.entries).toBe(0);
  });

  test("are filled from a list of queries", async () => {
    const selector = new ToolSelector({ tools });
    expect(await selector.warm(["rain", "commit"])).toBe(2);
    expect(selector.select("rain").cached).toBe(true);
    expect(await selector.warm()).toBeGreaterThan(0);
    expect(selector.getStats().caches.query.entries).toBe(2);
  });

  test("can be switched off, one or all", () => {
    const off = new ToolSelector({ tools, caches: false });
    off.select(query);
    expect(off.select(query).cached).toBe(false);
    const half = new ToolSelector({ tools, caches: { context: false } });
    half.select(query);
    half.select(query, { history: [message] });
    expect(half.select(query).cached).toBe(true);
    expect(half.select(query, { history: [message] }).cached).toBe(false);
  });

  test("never serve what another query, context or catalogue gave", () => {
    const cached = new ToolSelector({
      tools,
      caches: { query: { maxEntries: 7 }, context: { maxEntries: 5 } },
    });
    const plain = new ToolSelector({ tools, caches: false });
    const queries = ["rain", "commit", "file", "tests", "mail", "rain file", "run commit"];
    const histories = [undefined, [], ["rain"], ["rain", "mail"], [message]];
    for (let i = 0; i < 2_000; i++) {
      const text = queries[(i * 7) % queries.length]!;
      const history = histories[(i * i) % histories.length];
      const context = { ...(history && { history }), k: 1 + (i % 3) };
      expect(cached.select(text, context).tools).toEqual(plain.select(text, context).tools);
      if (i % 97 !== 0) continue;
      const tool = { ...tools[i % 5]!, description: queries[i % 7]! };
      for (const selector of [cached, plain]) selector.addTools([tool]);
    }
    expect(cached.getStats().caches.query.hits).toBeGreaterThan(100);
  });
});

describe("a selector refuses", () => {
  const wrongOptions: readonly (readonly [string, object])[] = [
    ["k", { k: 0 }],
    ["k", { k: -3 }],
    ["k", { k: 2.5 }],
    ["threshold", { threshold: 2 }],
    ["order", { order: "name" }],
    ["embedder.embed", { embedder: {} }],
    ["embedder.dimensions", { embedder: { embed: () => [], dimensions: 0 } }],
    ["embedTimeoutMs", { embedTimeoutMs: 0 }],
    ["caches.query.ttlMs", { caches: { query: { ttlMs: -1 } } }],
    ["caches.context.maxEntries", { caches: { context: { maxEntries: 1.5 } } }],
    ["unknown option", { caches: { other: {} } }],
    ["learning.maxLag", { learning: { maxLag: -1 } }],
    ["rememberedSelections", { rememberedSelections: 0 }],
    ["unknown option", { size: 3 }],
  ];
  test.each(wrongOptions)("a wrong option and names it: %s", (name, options) => {
    expect(() => new ToolSelector(options)).toThrow(name);
  });

  const cyclic: Record<string, unknown> = { type: "object" };
  cyclic.properties = cyclic;
  const wrongTools: readonly (readonly [string, unknown, string])[] = [
    ["a tool without a name", [{ description: "x" }], "VICTOR_INVALID_TOOL"],
    ["an empty name", [{ name: "" }], "VICTOR_INVALID_TOOL"],
    ["a schema that is no object", [{ name: "x", inputSchema: [] }], "VICTOR_INVALID_TOOL"],
    ["a schema that is a text", [{ name: "x", inputSchema: "object" }], "VICTOR_INVALID_TOOL"],
    ["something else than a tool", [undefined], "VICTOR_INVALID_TOOL"],
    ["a schema that holds itself", [{ name: "x", inputSchema: cyclic }], "VICTOR_INVALID_TOOL"],
    ["two tools of one name", [{ name: "x" }, { name: "x" }], "VICTOR_DUPLICATE_TOOL"],
  ];
  test.each(wrongTools)("%s, and stays as it was", (_, wrong, code) => {
    const list = wrong as readonly Tool[];
    expect(() => new ToolSelector({ tools: list })).toThrow(expect.objectContaining({ code }));
    const selector = new ToolSelector({ tools });
    const before = selector.select("rain");
    const { fingerprint } = selector;
    const mixed = [{ ...tools[3]!, description: "changed" }, { name: "new" }, ...list];
    expect(() => selector.addTools(mixed)).toThrow(expect.objectContaining({ code }));
    expect(selector.fingerprint).toBe(fingerprint);
    expect(selector.names()).toEqual(tools.map(({ name }) => name));
    expect(selector.select("rain").tools).toEqual(before.tools);
  });

  const wrongCalls: readonly (readonly [string, unknown, unknown])[] = [
    ["query", 7, {}],
    ["query", undefined, {}],
    ["k", "rain", { k: 0 }],
    ["k", "rain", { k: "3" }],
    ["unknown option", "rain", { hystory: [] }],
    ["history", "rain", { history: "hello" }],
    ["history", "rain", { history: [7] }],
    ["history", "rain", { history: [{ content: "no role" }] }],
    ["pendingActions", "rain", { pendingActions: [{}] }],
    ["taskType", "rain", { taskType: 1 }],
    ["an object", "rain", null],
  ];
  test.each(wrongCalls)("a wrong argument and names it: %s", (name, query, context) => {
    const selector = new ToolSelector({ tools });
    expect(() => selector.select(query as string, context as SelectContext)).toThrow(name);
    expect(names(selector.select("rain"))[0]).toBe("weather");
  });

  test("names that are no list, and passes over unknown ones", () => {
    const selector = new ToolSelector({ tools });
    expect(() => selector.removeTools("weather" as unknown as string[])).toThrow(TypeError);
    expect(selector.removeTools(["weather", "weather", "nothing"])).toBe(1);
    expect(selector.size).toBe(4);
    expect(selector.select("rain").tools).toEqual([]);
  });
});
