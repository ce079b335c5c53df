import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import { LookupCache } from "../../../src/optimizations/lookup-cache.ts";

type Done = (error: Error | null, ...answer: unknown[]) => void;

/** A look-up whose answers the test gives. */
function scripted(ttlMs = 1000) {
  const clock = { ms: 0, now: () => clock.ms };
  const asked: { args: unknown[]; done: Done }[] = [];
  const original = (...args: never[]): unknown => {
    const done = args.at(-1) as Done;
    if (typeof done !== "function") throw new TypeError("no callback");
    asked.push({ args: args.slice(0, -1), done });
    return "the request";
  };
  const cache = new LookupCache(ttlMs, clock, () => "verbatim");
  const look = (...args: unknown[]): Promise<unknown[]> =>
    new Promise((resolve) =>
      cache.lookup(original, undefined, [...args, (...got: unknown[]) => resolve(got)]),
    );
  return { clock, asked, cache, look, original };
}

describe("LookupCache", () => {
  it("answers the same question from memory until its time is over, and asks again then", async () => {
    const { clock, asked, look } = scripted();
    const first = look("a.test", { family: 4 });
    asked[0]!.done(null, "1.2.3.4", 4);
    expect(await first).toEqual([null, "1.2.3.4", 4]);
    clock.ms = 999;
    expect(await look("a.test", { family: 4 })).toEqual([null, "1.2.3.4", 4]);
    expect(asked).toHaveLength(1);
    clock.ms = 1000;
    const again = look("a.test", { family: 4 });
    asked[1]!.done(null, "5.6.7.8", 4);
    expect(await again).toEqual([null, "5.6.7.8", 4]);
  });

  it("tells questions apart that differ in any option, or in a value's type", () => {
    const { asked, look } = scripted();
    const options = [
      undefined,
      4,
      6,
      { family: 4 },
      { family: "IPv4" },
      { all: true },
      { hints: 1 },
      { verbatim: false },
      { order: "ipv4first" },
    ];
    for (const option of options) void look("a.test", option);
    void look("b.test");
    expect(asked).toHaveLength(options.length + 1);
  });

  it("leaves options that no key can tell apart to the original", () => {
    const { asked, look } = scripted();
    for (const family of [4n, Symbol("four"), () => 4]) void look("a.test", { family });
    expect(asked.map(({ args }) => typeof (args[1] as { family: unknown }).family)).toEqual([
      "bigint",
      "symbol",
      "function",
    ]);
  });

  it("makes one look-up of those under way at once, each answered in its own context", async () => {
    const { asked, look } = scripted();
    const storage = new AsyncLocalStorage<number>();
    const all = [1, 2, 3].map((n) =>
      storage.run(n, async () => [await look("a.test"), storage.getStore()] as const),
    );
    expect(asked).toHaveLength(1);
    asked[0]!.done(null, "1.2.3.4", 4);
    expect(await Promise.all(all)).toEqual([1, 2, 3].map((n) => [[null, "1.2.3.4", 4], n]));
  });

  it("remembers and shares no error: each who waits asks for itself", async () => {
    const { asked, look } = scripted();
    const [first, second] = [look("a.test"), look("a.test")];
    const errors = [new Error("first"), new Error("second"), new Error("third")];
    asked[0]!.done(errors[0]!);
    expect(await first).toEqual([errors[0]]);
    await new Promise(setImmediate);
    asked[1]!.done(errors[1]!);
    expect(await second).toEqual([errors[1]]);
    const third = look("a.test");
    asked[2]!.done(errors[2]!);
    expect(await third).toEqual([errors[2]]);
  });

  it("gives each caller addresses of its own to change", async () => {
    const { asked, look } = scripted();
    const first = look("a.test", { all: true });
    asked[0]!.done(null, [{ address: "1.2.3.4", family: 4 }]);
    const [, addresses] = (await first) as [null, { address: string }[]];
    addresses[0]!.address = "changed";
    expect(await look("a.test", { all: true })).toEqual([null, [{ address: "1.2.3.4", family: 4 }]]);
  });

  it("passes on what isn't plain, and what the original throws", () => {
    const { asked, cache, look, original } = scripted();
    for (const host of ["127.0.0.1", "::1", "", 12, undefined]) {
      void look(host);
      void look(host);
    }
    expect(asked).toHaveLength(10);
    expect(() => cache.lookup(original, undefined, ["a.test"])).toThrow("no callback");
    expect(cache.lookup(original, undefined, ["a.test", () => {}])).toBe("the request");
  });

  it("holds no more than 256 names", async () => {
    const { asked, cache, look } = scripted();
    for (let n = 0; n < 300; n++) {
      const answer = look(`${n}.test`);
      asked[n]!.done(null, "1.2.3.4", 4);
      await answer;
    }
    expect(cache.size).toBe(256);
    await look("299.test");
    expect(asked).toHaveLength(300);
  });
});
