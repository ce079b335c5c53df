import { describe, expect, test } from "vitest";
import { authoritativeTtlMs } from "../../../../src/network/transport/authoritative-ttl.ts";
import type { TimedAddress } from "../../../../src/network/transport/dns-cache-options.ts";

const addresses = [
  { address: "10.0.0.1", family: 4 },
  { address: "10.0.0.2", family: 4 },
];
const of = (resolve: (hostname: string, family: 4 | 6) => unknown) =>
  authoritativeTtlMs("example.org", addresses, resolve as never);
const answer = (...ttls: number[]): TimedAddress[] =>
  ttls.map((ttl, i) => ({ address: `10.0.0.${i + 1}`, ttl }));

describe("the TTL of the name servers", () => {
  test("is the shortest, where they give the very addresses", async () => {
    expect(await of(async () => answer(30, 20))).toBe(20_000);
    expect(await of(async () => answer(30))).toBeUndefined();
    expect(await of(async () => [...answer(30), { address: "10.0.0.9", ttl: 1 }])).toBeUndefined();
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no resolver");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("no answer");
      },
    ],
    ["gives no list", async () => undefined],
  ])("is unknown where the function for it %s", async (_, resolve) => {
    expect(await of(resolve)).toBeUndefined();
  });
});
