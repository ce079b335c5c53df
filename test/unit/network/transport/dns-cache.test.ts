import type { LookupAddress, LookupAllOptions, LookupOptions } from "node:dns";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DnsCache } from "../../../../src/network/transport/dns-cache.ts";
import type { DnsCacheOptions, TimedAddress } from "../../../../src/network/transport/dns-cache-options.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";

const v4 = (address: string): LookupAddress => ({ address, family: 4 });
const v6 = (address: string): LookupAddress => ({ address, family: 6 });
const failure = (code: string) => Object.assign(new Error(`getaddrinfo ${code}`), { code });

/** A resolver whose questions are answered by hand. */
class Resolver {
  readonly asked: {
    hostname: string;
    options: LookupAllOptions;
    answer: (result: LookupAddress[] | Error) => void;
  }[] = [];
  readonly lookup: NonNullable<DnsCacheOptions["lookup"]> = (hostname, options, callback) => {
    const answer = (result: LookupAddress[] | Error) =>
      result instanceof Error ? callback(result, []) : callback(null, result);
    this.asked.push({ hostname, options, answer });
  };
}

function setUp(options: DnsCacheOptions = {}) {
  const clock = new FakeClock();
  const resolver = new Resolver();
  const dns = new DnsCache({ lookup: resolver.lookup, clock, ...options });
  const ask = (hostname: string, asked: LookupOptions = { all: true }): Promise<unknown> =>
    new Promise((resolve) =>
      dns.lookup(hostname, asked, (error, address, family) =>
        resolve(error ?? (asked.all ? address : { address, family })),
      ),
    );
  const answered = async (hostname: string, result: LookupAddress[] | Error) => {
    const answer = ask(hostname);
    resolver.asked.at(-1)!.answer(result);
    return answer;
  };
  return { clock, resolver, dns, ask, answered };
}

describe("a DNS cache", () => {
  it("asks once within an answer's time, and again after it", async () => {
    const { clock, resolver, dns, ask, answered } = setUp();
    await answered("a.example", [v4("10.0.0.1")]);
    await clock.advance(4_999);
    expect(await ask("a.example")).toEqual([v4("10.0.0.1")]);
    await clock.advance(1);
    expect(await answered("a.example", [v4("10.0.0.2")])).toEqual([v4("10.0.0.2")]);
    expect(resolver.asked).toHaveLength(2);
    expect(dns.stats()).toMatchObject({ hits: 1, misses: 2, entries: 1 });
  });

  it("has Node's signature: options may be a family or missing, and without `all` there is one address", async () => {
    const { resolver, dns, ask } = setUp();
    const one = ask("a.example", {});
    resolver.asked[0]!.answer([v6("::2"), v4("10.0.0.1")]);
    expect(await one).toEqual({ address: "::2", family: 6 });
    expect(
      await new Promise((resolve) => dns.lookup("a.example", (_error, address) => resolve(address))),
    ).toBe("::2");
    dns.lookup("a.example", 4, () => undefined);
    expect(resolver.asked[1]!.options).toEqual({ family: 4, all: true });
    expect(() => dns.lookup("a.example", {}, undefined)).toThrow(TypeError);
    expect(() => dns.lookup(1 as never, {}, () => undefined)).toThrow(TypeError);
  });

  it("keeps apart what was asked differently, and hands on all that Node knows", () => {
    const { resolver, ask } = setUp();
    const questions: LookupOptions[] = [
      { family: 4 },
      { family: 6 },
      { hints: 32 },
      { order: "ipv4first" },
      { verbatim: false },
    ];
    for (const question of questions) void ask("a.example", question);
    expect(resolver.asked.map(({ options }) => options)).toEqual(
      questions.map((asked) => ({ ...asked, all: true })),
    );
  });

  it("makes one question of those alike that are asked at once", async () => {
    const { resolver, dns, ask } = setUp();
    const asked = [ask("a.example"), ask("a.example"), ask("a.example", { all: false })];
    expect(resolver.asked).toHaveLength(1);
    resolver.asked[0]!.answer([v4("10.0.0.1")]);
    expect(await Promise.all(asked)).toEqual([
      [v4("10.0.0.1")],
      [v4("10.0.0.1")],
      { address: "10.0.0.1", family: 4 },
    ]);
    expect(dns.stats()).toMatchObject({ misses: 1, coalesced: 2 });
  });

  it("never calls back before `lookup` returns", async () => {
    const { dns, answered } = setUp();
    await answered("a.example", [v4("10.0.0.1")]);
    let isBack = false;
    dns.lookup("a.example", {}, () => {
      isBack = true;
    });
    expect(isBack).toBe(false);
    await settle();
    expect(isBack).toBe(true);
  });

  it("remembers for a second that there is no such name, other failures not at all", async () => {
    const { clock, resolver, dns, ask, answered } = setUp();
    const missing = failure("ENOTFOUND");
    expect(await answered("no.example", missing)).toBe(missing);
    expect(await ask("no.example")).toBe(missing);
    await clock.advance(1_000);
    expect(await answered("no.example", [v4("10.0.0.1")])).toEqual([v4("10.0.0.1")]);
    await answered("down.example", failure("EAI_AGAIN"));
    await answered("down.example", failure("EAI_AGAIN"));
    expect(resolver.asked).toHaveLength(4);
    expect(dns.stats()).toMatchObject({ negativeHits: 1, failures: 2, stale: 0 });
  });

  it("uses an old answer while the resolver fails, for a bounded time, and doesn't ask each time", async () => {
    const { clock, resolver, dns, ask, answered } = setUp({ staleIfErrorMs: 10_000 });
    await answered("a.example", [v4("10.0.0.1")]);
    await clock.advance(5_000);
    expect(await answered("a.example", failure("EAI_AGAIN"))).toEqual([v4("10.0.0.1")]);
    expect(await ask("a.example")).toEqual([v4("10.0.0.1")]);
    expect(resolver.asked).toHaveLength(2);
    await clock.advance(9_999);
    expect(await answered("a.example", failure("EAI_AGAIN"))).toEqual([v4("10.0.0.1")]);
    await clock.advance(1);
    expect(await answered("a.example", failure("EAI_AGAIN"))).toMatchObject({ code: "EAI_AGAIN" });
    expect(dns.stats()).toMatchObject({ stale: 2, failures: 3 });
  });

  it("doesn't hide that a name is gone", async () => {
    const { clock, answered } = setUp();
    await answered("a.example", [v4("10.0.0.1")]);
    await clock.advance(5_000);
    expect(await answered("a.example", failure("ENOTFOUND"))).toMatchObject({ code: "ENOTFOUND" });
  });

  it("lets addresses of a family take turns, and keeps the order of families", async () => {
    const { ask, answered } = setUp();
    const all = [v6("::1"), v4("10.0.0.1"), v4("10.0.0.2"), v4("10.0.0.3")];
    expect(await answered("a.example", all)).toEqual(all);
    expect(await ask("a.example")).toEqual([v6("::1"), v4("10.0.0.2"), v4("10.0.0.3"), v4("10.0.0.1")]);
    expect(await ask("a.example")).toEqual([v6("::1"), v4("10.0.0.3"), v4("10.0.0.1"), v4("10.0.0.2")]);
  });

  it("puts an address that failed last for a while, or until it is reached", async () => {
    const { clock, dns, ask, answered } = setUp({ ttlMs: 60_000 });
    const first = async () => ((await ask("a.example")) as LookupAddress[])[0]!.address;
    await answered("a.example", [v4("10.0.0.1"), v4("10.0.0.2")]);
    dns.setAside("10.0.0.1");
    expect([await first(), await first(), await first()]).toEqual(["10.0.0.2", "10.0.0.2", "10.0.0.2"]);
    dns.restore("10.0.0.1");
    expect(new Set([await first(), await first()]).size).toBe(2);
    dns.setAside("10.0.0.1");
    await clock.advance(10_000);
    expect(new Set([await first(), await first()]).size).toBe(2);
  });

  it("answers with all addresses in whatever order, however many are aside", async () => {
    const address = fc.oneof(fc.ipV4().map(v4), fc.ipV6().map(v6));
    const addresses = fc.uniqueArray(address, { minLength: 1, maxLength: 8, selector: (one) => one.address });
    await fc.assert(
      fc.asyncProperty(addresses, fc.nat(7), fc.nat(5), async (all, aside, asks) => {
        const { dns, ask, answered } = setUp();
        await answered("a.example", all);
        for (const { address: failed } of all.slice(0, aside)) dns.setAside(failed);
        for (let i = 0; i <= asks; i++) {
          const given = (await ask("a.example")) as LookupAddress[];
          expect(new Set(given.map((one) => one.address))).toEqual(new Set(all.map((one) => one.address)));
          expect(given).toHaveLength(all.length);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("gives each caller an answer of its own, that it may change", async () => {
    const { ask, answered } = setUp();
    const given = (await answered("a.example", [v4("10.0.0.1")])) as LookupAddress[];
    given[0]!.address = "changed";
    given.pop();
    expect(await ask("a.example")).toEqual([v4("10.0.0.1")]);
  });

  it("keeps no more names than allowed, and forgets the one used longest ago", async () => {
    const { resolver, dns, ask, answered } = setUp({ maxEntries: 2 });
    await answered("a.example", [v4("10.0.0.1")]);
    await answered("b.example", [v4("10.0.0.2")]);
    await ask("a.example");
    await answered("c.example", [v4("10.0.0.3")]);
    await ask("a.example");
    expect(resolver.asked).toHaveLength(3);
    void ask("b.example");
    expect(resolver.asked).toHaveLength(4);
    expect(dns.stats().entries).toBe(2);
  });

  it("doesn't keep an answer that was under way when all was forgotten", async () => {
    const { resolver, dns, ask } = setUp();
    const before = ask("a.example");
    dns.clear();
    const after = ask("a.example");
    resolver.asked[0]!.answer([v4("10.0.0.1")]);
    expect(await before).toEqual([v4("10.0.0.1")]);
    expect(dns.stats().entries).toBe(0);
    resolver.asked[1]!.answer([v4("10.0.0.2")]);
    expect(await after).toEqual([v4("10.0.0.2")]);
    expect(await ask("a.example")).toEqual([v4("10.0.0.2")]);
  });

  it("takes the name servers' TTL where they give the very addresses that lookup gave", async () => {
    const answers: Record<number, TimedAddress[]> = {
      4: [{ address: "10.0.0.1", ttl: 30 }],
      6: [{ address: "::1", ttl: 20 }],
    };
    const { clock, resolver, ask, answered } = setUp({
      ttl: "resolve",
      resolve: async (_, family) => answers[family]!,
    });
    await answered("a.example", [v4("10.0.0.1"), v6("::1")]);
    await settle();
    await clock.advance(19_999);
    await ask("a.example");
    expect(resolver.asked).toHaveLength(1);
    await clock.advance(1);
    void ask("a.example");
    expect(resolver.asked).toHaveLength(2);
  });

  it("keeps its own TTL where the name servers answer otherwise, or not at all, and bounds theirs", async () => {
    const others: NonNullable<DnsCacheOptions["resolve"]>[] = [
      async () => [{ address: "192.0.2.1", ttl: 900 }],
      async () => [],
      async () => Promise.reject(failure("ENODATA")),
      async () => [
        { address: "10.0.0.1", ttl: 900 },
        { address: "10.0.0.2", ttl: 900 },
      ],
    ];
    for (const resolve of others) {
      const { clock, resolver, ask, answered } = setUp({ ttl: "resolve", resolve });
      await answered("a.example", [v4("10.0.0.1")]);
      await settle();
      await clock.advance(5_000);
      void ask("a.example");
      expect(resolver.asked).toHaveLength(2);
    }
    const resolve = async () => [{ address: "10.0.0.1", ttl: 900 }];
    const { clock, resolver, ask, answered } = setUp({ ttl: "resolve", resolve, maxTtlMs: 7_000 });
    await answered("a.example", [v4("10.0.0.1")]);
    await settle();
    await clock.advance(6_999);
    await ask("a.example");
    expect(resolver.asked).toHaveLength(1);
    await clock.advance(1);
    void ask("a.example");
    expect(resolver.asked).toHaveLength(2);
  });

  it("passes addresses through, and remembers nothing of them", async () => {
    const { resolver, dns, answered } = setUp();
    expect(await answered("10.0.0.1", [v4("10.0.0.1")])).toEqual([v4("10.0.0.1")]);
    expect(resolver.asked).toHaveLength(1);
    expect(dns.stats()).toMatchObject({ hits: 0, misses: 0, entries: 0 });
  });

  it("throws what lookup throws for bad arguments, and asks anew afterwards", () => {
    let calls = 0;
    const dns = new DnsCache({
      lookup: () => {
        calls++;
        throw new TypeError("bad family");
      },
    });
    for (let i = 0; i < 2; i++)
      expect(() => dns.lookup("a.example", { family: 5 }, () => undefined)).toThrow("bad family");
    expect(calls).toBe(2);
  });

  it("checks its options", () => {
    for (const options of [{ ttlMs: -1 }, { maxEntries: 0 }, { ttl: "sometimes" as never }])
      expect(() => new DnsCache(options)).toThrow(RangeError);
    for (const options of [{ lookup: 1 as never }, { ttlms: 1 } as never])
      expect(() => new DnsCache(options)).toThrow(TypeError);
  });

  it("tells its counts as metrics", async () => {
    const { dns, ask, answered } = setUp();
    await answered("a.example", [v4("10.0.0.1")]);
    await ask("a.example");
    const counts = Array.from(dns.collect(), (sample) => [
      sample.labels.result,
      "value" in sample && sample.value,
    ]);
    expect(counts).toEqual([
      ["hit", 1],
      ["miss", 1],
      ["coalesced", 0],
      ["stale", 0],
    ]);
  });
});

describe("a resolver that answers twice", () => {
  it("is heard once", async () => {
    const clock = new FakeClock();
    const dns = new DnsCache({
      clock,
      lookup: (_hostname, _options, callback) => {
        callback(null, [v4("10.0.0.1")]);
        callback(failure("EAI_AGAIN"), []);
      },
    });
    const answers: unknown[] = [];
    dns.lookup("twice.test", { all: true }, (error, addresses) => answers.push(error ?? addresses));
    await settle();
    expect(answers).toEqual([[v4("10.0.0.1")]]);
  });
});
