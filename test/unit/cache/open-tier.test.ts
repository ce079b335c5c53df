import { describe, expect, test } from "vitest";
import { openTier } from "../../../src/cache/open-tier.ts";

describe("a tier by its URL", () => {
  test.each(["redis", "rediss", "valkey", "valkeys"])(
    "%s:// is Redis, connected when it is there",
    async (scheme) => {
      await using tier = await openTier({ url: `${scheme}://user:secret@127.0.0.1:1/0`, namespace: "shop" });
      expect(tier.name).toBe("redis");
      expect(tier.isConnected).toBe(false);
    },
  );

  test("memcached:// takes several servers", async () => {
    await using tier = await openTier({ url: "memcached://127.0.0.1:1,127.0.0.1:2", trustMs: 5 });
    expect(tier.name).toBe("memcached");
  });

  test.each([
    ["http://localhost", /unknown URL scheme "http:"; known are redis:/],
    ["localhost:6379", /expected the URL of a shared server/],
    ["memcached://", /expected memcached:\/\/host:port/],
    ["memcached://host:none", /servers/],
    ["redis://user:secret@host:none", /url/],
  ])("%s is refused, without what it holds", async (url, message) => {
    const error = await openTier({ url }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain("secret");
  });
});
