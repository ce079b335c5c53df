import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { RedisTierOptions } from "../../../src/cache/redis/options.ts";
import { openRedisTier, type RedisTier } from "../../../src/cache/redis/tier.ts";
import type { Lease, Stamp } from "../../../src/cache/shared-tier.ts";
import { SharedTierError } from "../../../src/errors.ts";
import { type RedisService, startRedis } from "../../services/redis.ts";
import { bytes, connected, freshNamespace, patient, text, until } from "../../support/redis-tiers.ts";
import { selfSigned } from "../../support/self-signed.ts";
import { storeValue } from "../../support/store-value.ts";
import { untilAnswered } from "../../support/until-answered.ts";

const ttlMs = 600_000;

function open(server: RedisService, options: RedisTierOptions = {}): Promise<RedisTier> {
  return openRedisTier({ ...patient, url: server.url, namespace: freshNamespace(), ...options });
}

/** The reason why it rejects. */
async function reasonOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    if (error instanceof SharedTierError) return error.reason;
    throw error;
  }
}

describe("a server that is lost and comes back", () => {
  test("a server that isn't there yet is found without opening anew", async () => {
    await using server = await startRedis();
    await server.kill("SIGKILL");
    await using tier = await open(server);
    expect(tier.isConnected).toBe(false);
    expect(await reasonOf(tier.get("k"))).toBe("unavailable");
    expect(await reasonOf(tier.acquire("k", [], 1000))).toBe("unavailable");
    expect(await reasonOf(tier.catchUp("x"))).toBe("unavailable");
    await server.restart();
    await connected([tier]);
    expect(await tier.get("k")).toBeUndefined();
  });

  test("what it held when it was killed, as an old snapshot has it, is never served again", async () => {
    await using server = await startRedis();
    await using tier = await open(server);
    const stamp = await storeValue(tier, "k", bytes("old"), ["t"], ttlMs);
    await server.command("SAVE");
    await tier.delete(["k"]);
    await server.restart();
    await connected([tier]);
    expect(await server.command("DBSIZE")).not.toBe(":0\r\n");
    expect(await tier.get("k")).toBeUndefined();
    expect(await tier.isCurrent(stamp)).toBe(false);
    expect(tier.stats().outdated).toBe(1);
  });

  test("the same for a user who may not ask which server it is", async () => {
    await using server = await startRedis({ config: ["user default on nopass ~* &* +@all -info"] });
    await using tier = await open(server);
    await storeValue(tier, "k", bytes("old"), [], ttlMs);
    await server.command("SAVE");
    await tier.delete(["k"]);
    await server.restart();
    await connected([tier]);
    expect(await tier.get("k")).toBeUndefined();
    await storeValue(tier, "k", bytes("new"), [], ttlMs);
    expect(text(await tier.get("k"))).toBe("new");
  });

  test("a connection that the server closes is replaced, and nothing from before is vouched for", async () => {
    await using server = await startRedis();
    await using tier = await open(server);
    const stamp = await storeValue(tier, "k", bytes("v"), [], ttlMs);
    expect(tier.isCurrent(stamp)).toBe(true);
    await server.command("CLIENT", "KILL", "TYPE", "normal");
    await until(() => tier.stats().lost === 1);
    expect(tier.isCurrent(stamp)).toBe(false);
    await connected([tier]);
    expect(tier.isCurrent(stamp)).toBe(false);
    expect(text(await tier.get("k"))).toBe("v");
  });
});

describe("a server that hangs", () => {
  const impatient = { timeoutMs: 100, heartbeatMs: 50, trustMs: 400 };

  test("commands end in time, no more wait than may, and trust runs out before the server comes back", async () => {
    await using server = await startRedis();
    await using tier = await open(server, { ...impatient, maxQueued: 20 });
    const stamp = await untilAnswered(() => storeValue(tier, "k", bytes("v"), [], ttlMs));
    await server.kill("SIGSTOP");
    const reasons = await Promise.all(Array.from({ length: 50 }, () => reasonOf(tier.get("k"))));
    expect(new Set(reasons)).toEqual(new Set(["timeout", "busy"]));
    await until(() => tier.isCurrent(stamp) === false);
    await until(() => !tier.isConnected);
    await server.kill("SIGCONT");
    expect(text(await untilAnswered(() => tier.get("k")))).toBe("v");
  });

  test.each([
    ["DEBUG", "SLEEP", "1"],
    ["CLIENT", "PAUSE", "1000", "ALL"],
  ])("recovers from %s %s", async (...command) => {
    await using server = await startRedis();
    await using tier = await open(server, impatient);
    await untilAnswered(() => storeValue(tier, "k", bytes("v"), [], ttlMs));
    // Where this machine stood still meanwhile, the server's second is over before anybody asks.
    for (let reason = "none"; reason !== "timeout"; ) {
      const over = server.command(...command);
      for (const untilMs = performance.now() + 500; reason !== "timeout" && performance.now() < untilMs; )
        reason = await reasonOf(tier.get("k"));
      await over;
    }
    expect(text(await untilAnswered(() => tier.get("k")))).toBe("v");
  });
});

test("a lease that is granted after its time limit is given back", async () => {
  await using server = await startRedis();
  const namespace = freshNamespace();
  await using late = await open(server, { namespace, timeoutMs: 300 });
  await using other = await open(server, { namespace });
  await connected([late, other]);
  const untold = await untilAnswered(() => late.acquire("untold", [], 1000));
  // A first one sends the script's text, after what is late.
  await untilAnswered(() => late.release(untold as Lease));
  await server.command("CLIENT", "PAUSE", "600000", "WRITE");
  expect(await reasonOf(late.acquire("k", [], ttlMs))).toBe("timeout");
  await server.command("CLIENT", "UNPAUSE");
  await until(async () => (await other.acquire("k", [], ttlMs)) !== undefined);
});

describe("a server that refuses", () => {
  test("one that is full says so, and still reads and forgets", async () => {
    await using server = await startRedis();
    await using tier = await open(server);
    await storeValue(tier, "k", bytes("v"), ["t"], ttlMs);
    await server.command("CONFIG", "SET", "maxmemory", "1");
    expect(await reasonOf(storeValue(tier, "other", bytes("v"), [], ttlMs))).toBe("full");
    expect(text(await tier.get("k"))).toBe("v");
    await tier.delete(["k"]);
    expect(await tier.get("k")).toBeUndefined();
    await tier.deleteByTag(["t"]);
    await tier.clear();
    await server.command("CONFIG", "SET", "maxmemory", "0");
    await storeValue(tier, "other", bytes("v"), [], ttlMs);
  });

  test("a key isn't kept from others by who got its lease, but not what it depends on", async () => {
    const config = ["user worker on nopass ~victor:*:{k* &* +@all"];
    await using server = await startRedis({ config });
    const namespace = freshNamespace();
    await using refused = await open(server, { namespace, username: "worker", password: "any" });
    await using tier = await open(server, { namespace });
    expect(await reasonOf(refused.acquire("k", ["t"], 600_000))).toBe("denied");
    await until(async () => (await tier.acquire("k", [], 600_000)) !== undefined);
  });

  test("what a node's own writes have evicted isn't vouched for, and what was forgotten since is never served", async () => {
    await using server = await startRedis({ config: ["maxmemory 4mb", "maxmemory-policy allkeys-lru"] });
    const namespace = freshNamespace();
    await using tier = await open(server, { namespace });
    await using other = await open(server, { namespace });
    const stamps: Stamp[] = [];
    for (let i = 0; i < 20; i++) stamps.push(await storeValue(tier, `k${i}`, bytes("old"), [`t${i}`]));
    expect(stamps.every((stamp) => tier.isCurrent(stamp))).toBe(true);
    for (let i = 0; !/evicted_keys:[1-9]\d{3}/.test(await server.command("INFO", "stats")); i++) {
      const lease = await tier.acquire(`filler ${i}`, [], 60_000);
      if (lease && "token" in lease) await tier.fill(lease, new Uint8Array(4000), ttlMs);
    }
    for (let i = 0; i < 20; i++) await (i % 2 === 0 ? other.delete([`k${i}`]) : other.deleteByTag([`t${i}`]));
    await tier.catchUp(other.token());
    expect(stamps.filter((stamp) => tier.isCurrent(stamp))).toEqual([]);
  });

  test("generations that were evicted count as changed, in memory as well", async () => {
    await using server = await startRedis();
    await using tier = await open(server);
    const stamp = await storeValue(tier, "k", bytes("v"), ["t"], ttlMs);
    await server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
    await server.command("CONFIG", "SET", "maxmemory", "1");
    await server.command("PING");
    await until(async () => (await server.command("DBSIZE")) === ":0\r\n");
    await server.command("CONFIG", "SET", "maxmemory", "0");
    await until(() => tier.isCurrent(stamp) === false);
    expect(await tier.get("k")).toBeUndefined();
  });

  test("one that was emptied, or lost its scripts, or holds something else under our names", async () => {
    await using server = await startRedis();
    await using tier = await open(server);
    const stamp = await storeValue(tier, "k", bytes("v"), [], ttlMs);
    await server.command("FLUSHALL");
    await tier.catchUp("x");
    expect(tier.isCurrent(stamp)).toBe(false);
    expect(await tier.get("k")).toBeUndefined();
    await server.command("SCRIPT", "FLUSH");
    await storeValue(tier, "k", bytes("w"), [], ttlMs);
    const name = /\S+:\{kk\}v/.exec(await server.command("KEYS", "*"))![0];
    await server.command("DEL", name);
    await server.command("LPUSH", name, "x");
    expect(await tier.get("k")).toBeUndefined();
    const lease = (await tier.acquire("k", [], 60_000)) as Lease;
    await tier.fill(lease, bytes("again"), ttlMs);
    expect(text(await tier.get("k"))).toBe("again");
    await server.command("SET", name, "\u0001not ours");
    expect(await tier.get("k")).toBeUndefined();
    expect(tier.stats().damaged).toBe(1);
    expect(await tier.acquire("k", [], 60_000)).toHaveProperty("token");
  });

  test("a replica is neither written to nor trusted, until it is made the master", async () => {
    await using server = await startRedis();
    await using tier = await open(server);
    const stamp = await storeValue(tier, "k", bytes("v"), [], ttlMs);
    await server.command("REPLICAOF", "127.0.0.1", "1");
    await until(() => !tier.isConnected);
    expect(await reasonOf(tier.get("k"))).toBe("read-only");
    expect(await reasonOf(storeValue(tier, "k", bytes("w"), [], ttlMs))).toBe("read-only");
    expect(tier.isCurrent(stamp)).toBe(false);
    await server.command("REPLICAOF", "NO", "ONE");
    await connected([tier]);
    await storeValue(tier, "k", bytes("w"), [], ttlMs);
    expect(text(await tier.get("k"))).toBe("w");
  });
});

describe("secrets", () => {
  const password = "s3cret-p@ss/word";

  test("a wrong or missing password is denied, and stands in nothing that is thrown or shown", async () => {
    await using server = await startRedis({ config: [`requirepass ${password}x`] });
    for (const url of [server.url, server.url.replace("//", `//worker:${encodeURIComponent(password)}@`)]) {
      await using tier = await open(server, { url });
      const error: unknown = await tier.get("k").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SharedTierError);
      expect((error as SharedTierError).reason).toBe("denied");
      const shown = inspect([tier, error, tier.stats(), [...tier.collect()]], {
        depth: 20,
        showHidden: true,
      });
      expect(shown).not.toContain("s3cret");
    }
  });

  test("a URL that is none is refused without being repeated", async () => {
    for (const url of [`http://user:${password}@host`, `redis://user:s3cret@host/notanumber`, "s3cret"]) {
      const error: unknown = await openRedisTier({ url }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(inspect(error, { showHidden: true })).not.toContain("s3cret");
    }
  });

  test("an ACL user reads and writes over TLS by a certificate that is vouched for, and not by another", async () => {
    const tls = selfSigned();
    const config = ["user default off", `user worker on >${password} ~victor:* &* +@all`];
    await using server = await startRedis({ tls, config });
    const options = { username: "worker", password, tls: { ca: tls.cert } };
    await using tier = await open(server, options);
    await storeValue(tier, "k", bytes("v"), [], ttlMs);
    expect(text(await tier.get("k"))).toBe("v");
    await using other = await open(server, { ...options, tls: { ca: selfSigned().cert } });
    expect(await reasonOf(other.get("k"))).toBe("unavailable");
  });
});
