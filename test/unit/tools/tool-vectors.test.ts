import { describe, expect, test } from "vitest";
import type { Tool } from "../../../src/tools/tool.ts";
import { ToolSelector } from "../../../src/tools/tool-selector.ts";
import type { Embedder } from "../../../src/tools/vectors/embedder.ts";
import { chanceEmbedder, conceptEmbedder, constantEmbedder, gramEmbedder } from "../../support/embedders.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const tools: readonly Tool[] = [
  { name: "weather", description: "Tells rain and sunshine of any town" },
  { name: "mail", description: "Sends a letter or message to people" },
  { name: "bank", description: "Moves money and coins between accounts" },
  { name: "music", description: "Plays songs, tunes and melodies aloud" },
];
const words = {
  ...{ weather: 0, rain: 0, sunshine: 0, brolliwog: 0, skyspittle: 0, town: 0 },
  ...{ mail: 1, letter: 1, message: 1, people: 1, postman: 1 },
  ...{ bank: 2, money: 2, coins: 2, accounts: 2, spondulix: 2 },
  ...{ music: 3, songs: 3, tunes: 3, melodies: 3, hootenanny: 3 },
};
const names = (selection: { readonly tools: readonly { readonly name: string }[] }): string[] =>
  selection.tools.map(({ name }) => name);

/** An embedder whose calls are settled by hand. */
function held(inner: Embedder = conceptEmbedder(words)) {
  const calls: {
    texts: readonly string[];
    signal: AbortSignal;
    answer: () => void;
    fail: (error: Error) => void;
  }[] = [];
  const embedder: Embedder = {
    embed: (texts, signal) =>
      new Promise((resolve, reject) => {
        calls.push({ texts, signal, answer: () => resolve(inner.embed(texts, signal)), fail: reject });
      }),
  };
  return { embedder, calls };
}

describe("vectors", () => {
  test("find a tool that shares no word with the query", async () => {
    const selector = new ToolSelector({ tools, embedder: conceptEmbedder(words) });
    await selector.ready();
    expect(names(await selector.select("brolliwog"))[0]).toBe("weather");
    expect(names(await selector.select("spondulix"))[0]).toBe("bank");
    expect(new ToolSelector({ tools }).select("brolliwog").tools).toEqual([]);
    const { id } = await selector.select("brolliwog");
    expect(selector.explain(id)?.tools[0]?.vector?.cosine).toBeCloseTo(1, 2);
    expect(selector.getStats().fusion).toMatchObject({ trusted: true, weight: 0.2 });
  });

  test("of a query that says nothing leave it to the conversation", async () => {
    const selector = new ToolSelector({ tools, embedder: conceptEmbedder({ ...words, do: 2, it: 2 }) });
    await selector.ready();
    const history = [{ role: "user", content: "play melodies" }];
    expect(names(await selector.select("do it", { history }))[0]).toBe("music");
    expect(names(await selector.select("do it"))[0]).toBe("bank");
  });

  test("come from the cache with the selection, as a promise", async () => {
    const { embedder, calls } = held();
    const selector = new ToolSelector({ tools, embedder });
    calls[0]?.answer();
    await selector.ready();
    const first = selector.select("brolliwog");
    calls[1]?.answer();
    expect((await first).cached).toBe(false);
    expect(await selector.select("brolliwog")).toMatchObject({ cached: true, tools: (await first).tools });
    expect(calls).toHaveLength(2);
  });

  test("are made of new and changed tools alone, in batches", async () => {
    const embedded: string[][] = [];
    const inner = conceptEmbedder(words);
    const embedder: Embedder = {
      embed: (texts, signal) => {
        embedded.push(texts.slice());
        return inner.embed(texts, signal);
      },
    };
    const many = Array.from({ length: 150 }, (_, i) => ({
      name: `tool_${i}`,
      description: "Counts money and coins",
    }));
    const selector = new ToolSelector({ tools: many, embedder });
    await selector.ready();
    expect(embedded.map((texts) => texts.length)).toEqual([64 + 32, 64, 22]);
    embedded.length = 0;
    await selector.addTools([
      { name: "tool_3", description: "rain" },
      { name: "new", description: "songs" },
    ]);
    expect(embedded).toEqual([["tool 3. rain", "new. songs"]]);
    expect(selector.getStats().vectors).toMatchObject({ tools: 151, missing: 0, failures: 0 });
  });

  test("that are useless don't count", async () => {
    for (const embedder of [chanceEmbedder, constantEmbedder]) {
      const selector = new ToolSelector({ tools, embedder });
      await selector.ready();
      const plain = new ToolSelector({ tools });
      expect(selector.getStats().fusion).toMatchObject({ trusted: false, weight: 0 });
      for (const query of ["rain", "songs and money", "brolliwog"])
        expect((await selector.select(query)).tools).toEqual(plain.select(query).tools);
    }
  });

  test("that turn out useless for queries stop to count", async () => {
    // Good at descriptions, at a loss with anything else.
    const embedder: Embedder = {
      embed: (texts, signal) =>
        texts.flatMap(
          (text) =>
            (text.includes("query") ? chanceEmbedder : gramEmbedder).embed([text], signal) as Float32Array[],
        ),
    };
    const many = Array.from({ length: 60 }, (_, i) => ({
      name: `t${i}`,
      description: `does thing${i} and nothing but thing${i} with stuff${i}`,
    }));
    const selector = new ToolSelector({ tools: many, embedder, caches: false });
    await selector.ready();
    expect(selector.getStats().fusion?.trusted).toBe(true);
    for (let i = 0; i < 60; i++) await selector.select(`query stuff${i}`);
    expect(selector.getStats().fusion?.trusted).toBe(false);
    expect(selector.getStats().fusion?.queryPercentile).toBeLessThan(0.7);
  });

  test("count more, or not at all, as outcomes show", async () => {
    const good = new ToolSelector({ tools, embedder: conceptEmbedder(words), learning: false });
    const bad = new ToolSelector({ tools, embedder: conceptEmbedder(words), learning: false });
    for (const [selector, used] of [
      [good, "weather"],
      [bad, "mail"],
    ] as const) {
      await selector.ready();
      // Words speak for mail, vectors for the weather.
      for (let i = 0; i < 40; i++) {
        const { id } = await selector.select(`letter brolliwog skyspittle skyspittle ${i}`);
        selector.recordOutcome(id, { used: [used], succeeded: true });
      }
    }
    expect(good.getStats().fusion?.weight).toBeGreaterThan(0.2);
    expect(bad.getStats().fusion?.weight).toBeLessThanOrEqual(0.2);
    expect(names(await good.select("letter brolliwog skyspittle skyspittle"))[0]).toBe("weather");
    expect(names(await bad.select("letter brolliwog skyspittle skyspittle"))[0]).toBe("mail");
    good.resetLearning();
    expect(good.getStats().fusion?.outcomes).toBe(0);
    expect(good.getStats().fusion?.weight).toBeLessThanOrEqual(0.2);
  });
});

describe("an embedder that fails", () => {
  const wrong: readonly (readonly [string, (texts: readonly string[]) => unknown, RegExp])[] = [
    [
      "throws",
      () => {
        throw new Error("out of memory");
      },
      /out of memory/,
    ],
    ["rejects", () => Promise.reject(new Error("no route")), /no route/],
    ["throws no error", () => Promise.reject("just a text"), /just a text/],
    ["gives nothing", () => undefined, /array/],
    ["gives too few vectors", (texts) => texts.slice(1).map(() => new Float32Array(4)), /one for each text/],
    [
      "gives arrays of texts",
      (texts) => texts.map(() => ["1", "2"]),
      /expected numbers, got a value of type string/,
    ],
    ["gives other dimensions", (texts) => texts.map((_, i) => new Float32Array(3 + (i % 2))), /3 numbers/],
    ["gives no dimensions", (texts) => texts.map(() => new Float32Array(0)), /numbers/],
    ["gives NaN", (texts) => texts.map(() => new Float32Array([1, Number.NaN])), /finite/],
  ];
  test.each(wrong)("is counted, and words decide: %s", async (_, embed, message) => {
    const selector = new ToolSelector({ tools, embedder: { embed } as Embedder });
    await selector.ready();
    expect(names(await selector.select("rain"))[0]).toBe("weather");
    const { vectors } = selector.getStats();
    expect(vectors).toMatchObject({ tools: 0, missing: 4, timeouts: 0 });
    expect(vectors?.failures).toBeGreaterThan(0);
    expect(vectors?.lastError).toMatch(message);
  });

  test("for a query falls back to words, and isn't cached, so that the next one tries again", async () => {
    const { embedder, calls } = held();
    const selector = new ToolSelector({ tools, embedder });
    calls[0]?.answer();
    await selector.ready();
    const first = selector.select("brolliwog money");
    calls[1]?.fail(new Error("gone"));
    expect(await first).toMatchObject({ cached: false, tools: [{ name: "bank" }] });
    const second = selector.select("brolliwog money");
    calls[2]?.answer();
    expect((await second).cached).toBe(false);
    expect(names(await second)).toContain("weather");
    expect(selector.getStats().vectors).toMatchObject({ fallbacks: 1, failures: 1 });
  });

  test("by taking too long is told to stop, and left alone after three times", async () => {
    const clock = new FakeClock();
    const { embedder, calls } = held();
    const selector = new ToolSelector({ tools, embedder, embedTimeoutMs: 100, clock });
    calls[0]?.answer();
    await selector.ready();
    for (let i = 0; i < 3; i++) {
      const selected = selector.select(`brolliwog rain ${i}`);
      await clock.advance(99);
      expect(calls.at(-1)?.signal.aborted).toBe(false);
      await clock.advance(1);
      expect(names(await selected)[0]).toBe("weather");
      expect(calls.at(-1)?.signal.aborted).toBe(true);
    }
    expect(selector.getStats().vectors).toMatchObject({ timeouts: 3, fallbacks: 3, calls: 4 });
    expect(names(await selector.select("rain again"))[0]).toBe("weather");
    expect(selector.getStats().vectors).toMatchObject({ fallbacks: 4, calls: 4 });
    expect(clock.pending).toBe(0);
  });

  test("for some tools leaves them to words, until the next time", async () => {
    const { embedder, calls } = held();
    const selector = new ToolSelector({ tools, embedder });
    calls[0]?.fail(new Error("busy"));
    await selector.ready();
    expect(selector.getStats().vectors).toMatchObject({ tools: 0, missing: 4 });
    const again = selector.ready();
    calls[1]?.answer();
    await again;
    expect(selector.getStats().vectors).toMatchObject({ tools: 4, missing: 0 });
  });
});

describe("vectors and changes of the catalogue", () => {
  test("a tool that is removed or replaced while it is embedded doesn't get the vector of what it was", async () => {
    const { embedder, calls } = held();
    const selector = new ToolSelector({ tools, embedder });
    await settle();
    selector.removeTools(["music"]);
    const changed = selector.addTools([{ name: "mail", description: "Now about rain" }]);
    expect(calls).toHaveLength(1);
    calls[0]?.answer();
    await settle();
    expect(calls[1]?.texts[0]).toBe("mail. Now about rain");
    expect(selector.getStats().vectors).toMatchObject({ tools: 2, missing: 1 });
    calls[1]?.answer();
    await changed;
    expect(selector.getStats().vectors).toMatchObject({ tools: 3, missing: 0 });
    const selected = selector.select("hootenanny brolliwog");
    calls[2]?.answer();
    const chosen = names(await selected);
    expect(chosen).not.toContain("music");
    expect(chosen).toContain("mail");
  });

  test("a selection that waited while the catalogue changed isn't cached", async () => {
    const { embedder, calls } = held();
    const selector = new ToolSelector({ tools, embedder });
    calls[0]?.answer();
    await selector.ready();
    const selected = selector.select("rain");
    selector.removeTools(["weather"]);
    calls[1]?.answer();
    expect(names(await selected)).not.toContain("weather");
    expect((await selector.select("rain")).cached).toBe(false);
    expect((await selector.select("rain")).cached).toBe(true);
  });

  test("a history that grows while the vector is made counts as it was", async () => {
    const { embedder, calls } = held();
    const selector = new ToolSelector({ tools, embedder });
    calls[0]?.answer();
    await selector.ready();
    const history = ["songs"];
    const selected = selector.select("again", { history });
    history.push("money");
    calls[1]?.answer();
    expect(names(await selected)[0]).toBe("music");
    expect((await selector.select("again", { history: ["songs"] })).cached).toBe(true);
  });

  test("wrong arguments reject the promise", async () => {
    const selector = new ToolSelector({ tools, embedder: gramEmbedder });
    await expect(selector.select(1 as unknown as string)).rejects.toThrow(TypeError);
    await expect(selector.select("rain", { k: 0 })).rejects.toThrow(RangeError);
  });
});
