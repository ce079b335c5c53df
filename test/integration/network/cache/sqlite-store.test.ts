import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ResponseCache, type ResponseCacheOptions } from "../../../../src/network/cache/response-cache.ts";
import { type ClientRequest, type ClientResponse, send } from "../../../support/response-cache/client.ts";
import { Origin, type Reply } from "../../../support/response-cache/origin.ts";
import { epoch } from "../../../support/response-cache/script.ts";

let folder = "";
let path = "";
let now = epoch;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "response-cache-"));
  path = join(folder, "responses.sqlite");
  now = epoch;
});
afterEach(() => rm(folder, { recursive: true }));

function open(options: ResponseCacheOptions = {}) {
  const origin = new Origin(() => now);
  const cache = new ResponseCache({ sqlite: { path }, now: () => now, ...options });
  const dispatch = cache.policy(origin.dispatch);
  const get = async (reply: Reply = {}, request: ClientRequest = {}): Promise<ClientResponse> => {
    origin.reply = () => ({ body: "x", headers: { "cache-control": "max-age=100" }, ...reply });
    return send(dispatch, request).response;
  };
  return { origin, cache, get, [Symbol.dispose]: () => cache.close() };
}

describe("responses in a file", () => {
  it("survive a restart, with their age, trailers, bytes and variants", async () => {
    {
      using first = open();
      const headers = { "cache-control": "max-age=100", vary: "x-a", link: ["<a>", "<b>"] };
      const body = Uint8Array.of(0, 255, 10, 195);
      await first.get(
        { headers, body, trailers: { "x-t": "1" } },
        { headers: { "x-a": "1", cookie: "secret" } },
      );
      await first.get({ headers }, { headers: { "x-a": "2" } });
    }
    now += 30_000;
    using second = open();
    const found = await second.get({ body: "new" }, { headers: { "x-a": "1", cookie: "secret" } });
    expect(found.headers).toMatchObject({ age: "30", link: ["<a>", "<b>"] });
    expect(found.trailers).toEqual({ "x-t": "1" });
    expect(Buffer.from(found.body)).toEqual(Buffer.from(Buffer.of(0, 255, 10, 195).toString()));
    expect((await second.get({}, { headers: { "x-a": "2" } })).body).toBe("x");
    expect(second.origin.requests).toBe(0);
    expect(second.cache.lookup("GET", "http://origin.test/a", { "x-a": "2" })?.status).toBe(200);
  });

  it("go stale while nobody runs, and are validated", async () => {
    {
      using first = open();
      await first.get({ headers: { "cache-control": "max-age=100", etag: '"1"' } });
    }
    now += 200_000;
    using second = open();
    expect((await second.get({ status: 304, headers: { etag: '"1"' } })).body).toBe("x");
    expect(second.origin.last.sent.headers["if-none-match"]).toBe('"1"');
  });

  it("don't hold credentials", async () => {
    {
      using first = open();
      const headers = { "cache-control": "max-age=100", vary: "cookie, x-api-key" };
      await first.get(
        { headers },
        { headers: { authorization: "Bearer hunter2", cookie: "u=hunter3", "x-api-key": "hunter5" } },
      );
    }
    expect((await readFile(path)).includes("hunter")).toBe(false);
    using second = open();
    await second.get(
      {},
      { headers: { authorization: "Bearer hunter2", cookie: "u=hunter3", "x-api-key": "hunter5" } },
    );
    expect(second.origin.requests).toBe(0);
    await second.get({}, { headers: { authorization: "Bearer hunter2", cookie: "u=hunter4" } });
    expect(second.origin.requests).toBe(1);
  });

  it("are forgotten after invalidation and clear, also beyond a restart", async () => {
    {
      using first = open();
      for (const name of ["/a", "/b", "/c"]) await first.get({}, { path: name });
      first.cache.invalidate("http://origin.test/a");
      await first.get({}, { path: "/b", method: "PUT" });
    }
    {
      using second = open();
      for (const name of ["/a", "/b", "/c"]) await second.get({ headers: {} }, { path: name });
      expect(second.origin.requests).toBe(2);
      second.cache.clear();
    }
    using third = open();
    await third.get({}, { path: "/c" });
    expect(third.origin.requests).toBe(1);
  });

  it("stay within their bound: those not used for longest leave", async () => {
    using only = open({ sqlite: { path, maxBytes: 100_000 }, maxBytes: 20_000, maxEntryBytes: 10_000 });
    for (let i = 0; i < 60; i++) {
      now += 1;
      await only.get({ body: "x".repeat(5000) }, { path: `/${i}` });
      await only.get({}, { path: "/0" });
    }
    const stats = only.cache.stats().sqlite!;
    expect(stats.bytes).toBeLessThanOrEqual(100_000);
    expect(stats.evictions).toBeGreaterThan(30);
    const asked = only.origin.requests;
    await only.get({}, { path: "/59" });
    await only.get({}, { path: "/0" });
    expect(only.origin.requests).toBe(asked);
    expect((await stat(path)).size).toBeLessThan(1_000_000);
  });

  it("a response that is replaced takes its place", async () => {
    using only = open();
    for (let i = 0; i < 20; i++) {
      now += 200_000;
      await only.get({ body: String(i) });
    }
    const rows = new DatabaseSync(path, { readOnly: true })
      .prepare("SELECT count(*) AS n FROM responses")
      .get();
    expect(rows).toMatchObject({ n: 1 });
  });
});

describe("a file that is broken", () => {
  it.each([
    ["no database", Buffer.from("hello, this is a text file that is long enough to be looked at".repeat(20))],
    [
      "a header and then nothing good",
      Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(5000, 7)]),
    ],
  ])("(%s) is a miss, counted, and left as it is", async (_what, content) => {
    await writeFile(path, content);
    using only = open();
    await only.get();
    await only.get();
    expect(only.origin.requests).toBe(1);
    expect(only.cache.stats().sqlite).toMatchObject({ errors: 1, bytes: 0 });
    expect(only.cache.stats().sqlite!.failure).toBeTypeOf("string");
    expect(await readFile(path)).toEqual(content);
  });

  it("breaks while it is in use: misses, counted, and everything goes on", async () => {
    {
      using first = open();
      for (let i = 0; i < 200; i++) await first.get({ body: "x".repeat(3000) }, { path: `/${i}` });
    }
    const content = await readFile(path);
    content.fill(0x5a, 8192);
    await writeFile(path, content);
    using second = open({ maxBytes: 10_000 });
    for (let i = 0; i < 200; i++)
      expect((await second.get({ body: "new" }, { path: `/${i}` })).status).toBe(200);
    expect(second.cache.stats().sqlite!.errors).toBeGreaterThan(0);
  });

  it.each([
    ["meta", "{"],
    ["meta", '{"status":"200"}'],
    ["body", Buffer.from("other bytes")],
  ])("has one broken row (%s): only that one is lost", async (column, value) => {
    {
      using first = open();
      await first.get({}, { path: "/a" });
      await first.get({}, { path: "/b" });
    }
    const database = new DatabaseSync(path);
    database.prepare(`UPDATE responses SET ${column} = ? WHERE key LIKE '%/a'`).run(value);
    database.close();
    using second = open();
    expect((await second.get({ body: "new" }, { path: "/a" })).body).toBe("new");
    expect((await second.get({ body: "new" }, { path: "/b" })).body).toBe("x");
    expect(second.cache.stats().sqlite!.errors).toBe(1);
  });

  it("is somebody else's database: refused, and not touched", async () => {
    const other = new DatabaseSync(path);
    other.exec("CREATE TABLE mine (a)");
    other.close();
    const content = await readFile(path);
    expect(() => open()).toThrow("sqlite.path: expected a new file");
    expect(await readFile(path)).toEqual(content);
  });
});

it("what couldn't be removed from a locked file isn't used, and is removed later", async () => {
  using only = open({ maxBytes: 1000, maxEntryBytes: 900 });
  await only.get({ body: "old" });
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  only.cache.invalidate("http://origin.test/a");
  expect(only.cache.stats().sqlite!.errors).toBeGreaterThan(0);
  expect((await only.get({ body: "new" })).body).toBe("new");
  other.exec("COMMIT");
  other.close();
  await only.get({}, { path: "/b" });
  using second = open();
  expect((await second.get({ body: "newer" })).body).not.toBe("old");
});
