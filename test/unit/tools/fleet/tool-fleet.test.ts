import { describe, expect, test } from "vitest";
import { MemoryHub } from "../../../../src/cache/memory-hub.ts";
import type { SharedTier } from "../../../../src/cache/shared-tier.ts";
import type { ToolSelectorOptions } from "../../../../src/tools/selector-options.ts";
import { ToolSelector } from "../../../../src/tools/tool-selector.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { FaultyTier } from "../../../support/faulty-tier.ts";

const tools = [
  { name: "log_search", description: "Searches the log for lines." },
  { name: "web_search", description: "Searches the web for pages." },
  { name: "code_search", description: "Searches the code for symbols." },
];
const query = "search for errors";

/** Without caches, so that a selection shows at once what was learned. */
function room(options: Omit<ToolSelectorOptions, "embedder"> = {}) {
  const clock = new FakeClock();
  const hub = new MemoryHub({ clock });
  const open = (tier: SharedTier = hub.connect()) =>
    new ToolSelector({ tools, clock, tier, caches: false, ...options });
  return { clock, hub, open };
}

function teach(selector: ToolSelector, name: string, times = 1): void {
  for (let i = 0; i < times; i++) {
    const { id } = selector.select(query);
    expect(selector.recordOutcome(id, { used: [name], succeeded: true })).toBe(true);
  }
}

const chosen = (selector: ToolSelector) => selector.select(query).tools;
const exchangeAll = async (...selectors: readonly ToolSelector[]) => {
  for (let round = 0; round < 2; round++) for (const selector of selectors) await selector.exchange();
};

describe("what outcomes taught", () => {
  test("one node, all nodes know after an exchange, as one node would that had them all", async () => {
    const { open } = room();
    const nodes = [open(), open(), open()];
    const one = new ToolSelector({ tools, caches: false });
    for (const [i, name] of ["web_search", "web_search", "code_search"].entries()) {
      teach(nodes[i]!, name, i + 1);
      teach(one, name, i + 1);
    }
    await exchangeAll(...nodes);
    for (const node of nodes) {
      expect(chosen(node)).toEqual(chosen(one));
      expect(node.getStats().fleet!.learning).toMatchObject({ nodes: 2, damaged: 0, missed: 0 });
    }
    // More exchanges, and more lessons, count nothing twice.
    teach(nodes[0]!, "log_search");
    teach(one, "log_search");
    await exchangeAll(...nodes, ...nodes);
    for (const node of nodes) expect(chosen(node)).toEqual(chosen(one));
  });

  test("is exchanged by itself, now and then, not by all nodes at once", async () => {
    const { open, clock } = room();
    const [a, b] = [open(), open()];
    teach(a, "web_search", 5);
    await clock.advance(12_500);
    await clock.advance(12_500);
    expect(chosen(b)[0]!.name).toBe("web_search");
    await a.close();
    const { exchanges } = a.getStats().fleet!.learning!;
    await clock.advance(60_000);
    expect(a.getStats().fleet!.learning!.exchanges).toBe(exchanges);
    expect(b.getStats().fleet!.learning!.exchanges).toBeGreaterThan(4);
  });

  test("is told when a node closes, counts once after it was started anew, and outlives it", async () => {
    const { open } = room();
    const a = open();
    teach(a, "web_search", 3);
    await a.close();
    for (let i = 0; i < 4; i++) {
      const again = open();
      await again.exchange();
      expect(again.getStats().fleet!.learning!.nodes).toBe(1);
      expect(chosen(again)[0]!.name).toBe("web_search");
      expect(ToolSelector.load(again.save()).getStats().outcomes).toBe(0);
      await again.close();
    }
    const last = open();
    teach(last, "code_search");
    await last.exchange();
    const other = open();
    await other.exchange();
    expect(other.getStats().fleet!.learning!.nodes).toBe(2);
  });

  test("by a node that is heard of no more is forgotten when its time is over", async () => {
    const { open, clock } = room({ sharing: { intervalMs: 1_000, expireMs: 60_000 } });
    const [a, b] = [open(), open()];
    teach(a, "web_search", 8);
    teach(b, "code_search", 3);
    await exchangeAll(a, b);
    expect(chosen(b)[0]!.name).toBe("web_search");
    await a.close();
    await clock.advance(70_000);
    expect(b.getStats().fleet!.learning!.nodes).toBe(0);
    expect(chosen(b)[0]!.name).toBe("code_search");
    // The node that is alive was not forgotten meanwhile.
    const c = open();
    await c.exchange();
    expect(chosen(c)[0]!.name).toBe("code_search");
  });

  test("is told again when the server has lost it, also of nodes that are gone", async () => {
    const { open, hub } = room();
    const [a, b] = [open(), open()];
    teach(a, "web_search", 3);
    teach(b, "code_search");
    await exchangeAll(a, b);
    await a.close();
    hub.forgetAll();
    const c = open();
    await exchangeAll(b, c);
    expect(c.getStats().fleet!.learning!.nodes).toBe(2);
    expect(chosen(c)).toEqual(chosen(b));
  });

  test("and was saved is where a fleet begins that knows nothing; one that does goes by what it knows", async () => {
    const { open, hub, clock } = room();
    const saved = new ToolSelector({ tools, caches: false });
    teach(saved, "web_search", 3);
    const bytes = saved.save();
    const load = () => ToolSelector.load(bytes, { tier: hub.connect(), clock, caches: false });
    const [a, b] = [load(), load()];
    expect(chosen(a)).toEqual(chosen(saved));
    await exchangeAll(a, b);
    const c = open();
    await c.exchange();
    // Two nodes that loaded the same are no two lessons.
    for (const node of [a, b, c]) expect(chosen(node)).toEqual(chosen(saved));
    expect(c.getStats().fleet!.learning!.nodes).toBe(1);
  });

  test("is forgotten by all when one has all of it forgotten", async () => {
    const { open } = room();
    const [a, b] = [open(), open()];
    teach(a, "web_search", 3);
    teach(b, "web_search");
    await exchangeAll(a, b);
    a.resetLearning();
    await exchangeAll(a, b);
    const plain = chosen(new ToolSelector({ tools }));
    for (const node of [a, b, open()]) expect(chosen(node)).toEqual(plain);
    teach(b, "code_search", 3);
    await exchangeAll(b, a);
    expect(chosen(a)[0]!.name).toBe("code_search");
  });

  test("that is damaged on the server is left out and counted, and what is too large is left out", async () => {
    const { open, hub } = room();
    const a = open();
    teach(a, "web_search");
    await a.exchange();
    const tier = hub.connect();
    const get = tier.get.bind(tier);
    for (const damage of [new Uint8Array(3), new Uint8Array(40), Buffer.from("{}")]) {
      for (const prefix of ["learning.node.", "learning.roster"]) {
        tier.get = async (key) => {
          const entry = await get(key);
          return entry && key.startsWith(prefix) ? { ...entry, bytes: damage } : entry;
        };
        // What was found damaged counts as lost, and is told again.
        await a.exchange();
        const b = open(tier);
        await b.exchange();
        expect(b.getStats().fleet!.learning!.damaged).toBeGreaterThan(0);
        expect(b.getStats().fleet!.learning!.nodes).toBe(0);
        expect(chosen(b)).toEqual(chosen(new ToolSelector({ tools })));
      }
    }
    await a.exchange();
    for (let i = 0; i < 20; i++) {
      const { id } = a.select(`another ${i} question ${i * i}`);
      a.recordOutcome(id, { used: ["web_search"], succeeded: true });
    }
    await a.exchange();
    const small = new ToolSelector({ tools, tier: hub.connect(), sharing: { maxBytes: 1_024 } });
    expect(await small.exchange()).toBe(false);
    expect(small.getStats().fleet!.learning).toMatchObject({ nodes: 0, taken: 0 });
  });

  test("stays with the node while the server is gone, and is told when it is back", async () => {
    const { open, hub, clock } = room();
    const tier = new FaultyTier(hub.connect());
    const [a, b] = [open(tier), open()];
    tier.cut();
    teach(a, "web_search", 3);
    expect(await a.exchange()).toBe(false);
    expect(chosen(a)[0]!.name).toBe("web_search");
    tier.heal();
    await clock.advance(5_000);
    expect(await a.exchange()).toBe(true);
    await b.exchange();
    expect(chosen(b)[0]!.name).toBe("web_search");
  });

  test("is of the nodes that were heard of last, where there are too many", async () => {
    const { open, clock } = room({ sharing: { maxNodes: 2 } });
    for (const name of ["log_search", "code_search", "web_search"]) {
      const node = open();
      teach(node, name, 2);
      await node.close();
      await clock.advance(1_000);
    }
    const last = open();
    teach(last, "web_search");
    await exchangeAll(last);
    expect(last.getStats().fleet!.learning!.nodes).toBe(2);
    expect(chosen(last)[0]!.name).toBe("web_search");
  });
});

describe("with an embedder, a selection", () => {
  function embeddingRoom() {
    const own = room();
    const embedder = {
      texts: [] as string[],
      async embed(texts: readonly string[]) {
        embedder.texts.push(...texts);
        return texts.map((text) =>
          Float32Array.from({ length: 8 }, (_, i) => text.charCodeAt(i % text.length) - 90),
        );
      },
    };
    const open = () => new ToolSelector({ tools, clock: own.clock, tier: own.hub.connect(), embedder });
    return { ...own, embedder, open };
  }

  test("that one node made is made for all: the query is embedded once", async () => {
    const { open, embedder } = embeddingRoom();
    const [a, b] = [open(), open()];
    await Promise.all([a.ready(), b.ready()]);
    embedder.texts.length = 0;
    const all = await Promise.all([a, b].flatMap((node) => [node.select(query), node.select(query)]));
    for (const { tools: found } of all) expect(found).toEqual(all[0]!.tools);
    await settle();
    expect(embedder.texts).toEqual([query]);
    expect((await b.select(query)).cached).toBe(true);
    const explained = b.explain((await b.select(query)).id)!;
    expect(explained).toEqual({ ...a.explain(all[0]!.id), id: explained.id });
  });

  test("isn't that of other tools: one that was changed is asked for anew", async () => {
    const { open, embedder } = embeddingRoom();
    const [a, b] = [open(), open()];
    await Promise.all([a.ready(), b.ready()]);
    await a.select(query);
    await b.addTools([{ name: "log_search", description: "Deletes the log." }]);
    embedder.texts.length = 0;
    await b.select(query);
    expect(embedder.texts).toEqual([query]);
  });

  test("that its outcome contradicts is forgotten on every node", async () => {
    const { open, embedder } = embeddingRoom();
    const [a, b] = [open(), open()];
    await Promise.all([a.ready(), b.ready()]);
    const { id, tools: found } = await a.select(query);
    a.recordOutcome(id, { used: [found.at(-1)!.name], succeeded: false });
    await settle();
    embedder.texts.length = 0;
    await b.select(query);
    expect(embedder.texts).toEqual([query]);
  });

  test("is made here when the server can't be asked, and after close", async () => {
    const { open, embedder, hub } = embeddingRoom();
    const a = open();
    await a.ready();
    hub.forgetAll();
    await a.close();
    embedder.texts.length = 0;
    expect((await a.select(query)).tools.length).toBe(3);
    expect(embedder.texts).toEqual([query]);
  });
});

test("wrong options are named", () => {
  const wrong = (options: object) => () => new ToolSelector(options as ToolSelectorOptions);
  expect(wrong({ tier: "redis://localhost" })).toThrow(/tier/);
  expect(wrong({ tier: {} })).toThrow(/tier\.url/);
  expect(wrong({ sharing: { intervalMs: 0 } })).toThrow(/sharing\.intervalMs/);
  expect(wrong({ sharing: { expireMs: 1_000 } })).toThrow(/sharing\.expireMs/);
  expect(wrong({ sharing: { maxNodes: 0 } })).toThrow(/sharing\.maxNodes/);
  expect(wrong({ sharing: { maxBytes: 1 } })).toThrow(/sharing\.maxBytes/);
  expect(wrong({ sharing: { every: 1 } })).toThrow(/every/);
});

test("without a tier there is nothing to exchange, nor to close", async () => {
  const selector = new ToolSelector({ tools });
  expect(await selector.exchange()).toBe(false);
  await selector.close();
  expect(selector.getStats().fleet).toBeUndefined();
});
