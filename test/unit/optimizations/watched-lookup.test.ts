import { expect, it } from "vitest";
import { type Lookup, LookupCache } from "../../../src/optimizations/lookup-cache.ts";
import { watchedLookup } from "../../../src/optimizations/watched-lookup.ts";
import { rolledTraffic } from "../../support/rolled-traffic.ts";

type Callback = (error: Error | null, address?: string, family?: number) => void;

/** Look-ups of a resolver that the test answers, for one share of the calls. */
function lookups(share: number) {
  const { clock, rollout, status } = rolledTraffic({ share });
  const cache = new LookupCache(1000, clock, () => "verbatim");
  const asked: Callback[] = [];
  const original = ((host: string, ...rest: unknown[]) => {
    if (host === "wrong") throw new TypeError("no such option");
    asked.push(rest.at(-1) as Callback);
    return "request";
  }) as unknown as Lookup;
  const lookup = (...args: unknown[]) =>
    watchedLookup(cache, original, undefined, args, () => rollout.begin("x"));
  return { asked, clock, lookup, status };
}

const nothing = () => undefined;

it("takes until it is answered, of either arm, and gives the answer on as it came", () => {
  for (const [share, arm] of [
    [100, "on"],
    [0, "off"],
  ] as const) {
    const { asked, clock, lookup, status } = lookups(share);
    const answers: unknown[][] = [];
    const self = {};
    lookup("host", {}, function (this: unknown, ...answer: unknown[]) {
      answers.push([this, ...answer]);
    });
    clock.pass(20);
    asked[0]!.call(self as never, null, "10.0.0.1", 4);
    expect(answers).toEqual([[self, null, "10.0.0.1", 4]]);
    expect(status().arms[arm]).toMatchObject({ succeeded: 1, failed: 0 });
    expect(Math.round(status().arms[arm].p50Ms ?? 0)).toBe(20);
    asked.length = 0;
    lookup("host", nothing);
    expect(asked).toHaveLength(1);
    lookup("host", {}, nothing);
    expect(asked).toHaveLength(share === 100 ? 1 : 2);
  }
});

it("has failed by an error, and is none that the caller has got wrong or that needs no look-up", () => {
  const { asked, lookup, status } = lookups(100);
  lookup("host", nothing);
  asked[0]!(new Error("ENOTFOUND"));
  expect(() => lookup("wrong", {}, nothing)).toThrow(TypeError);
  expect(lookup("127.0.0.1", nothing)).toBe("request");
  expect(lookup("host")).toBe("request");
  expect(lookup("host", {}, nothing, "more")).toBe("request");
  expect(status().arms.on).toMatchObject({ succeeded: 0, failed: 1, counted: 1 });
});
