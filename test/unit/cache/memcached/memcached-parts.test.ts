import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expirySeconds } from "../../../../src/cache/memcached/expiry-seconds.ts";
import { MemcachedStamp, newGeneration } from "../../../../src/cache/memcached/generation.ts";
import { ItemNames } from "../../../../src/cache/memcached/item-names.ts";
import { resolveMemcachedOptions } from "../../../../src/cache/memcached/memcached-options.ts";
import { loadMemjs } from "../../../../src/cache/memcached/memjs-module.ts";
import { decodeRecord, encodeRecord } from "../../../../src/cache/memcached/stamped-record.ts";
import { MissingDriverError } from "../../../../src/errors.ts";

describe("time", () => {
  test("is rounded up to whole seconds by which an item surely lives as long, and never becomes a date", () => {
    expect([1, 999, 1000, 1001, 60_000].map(expirySeconds)).toEqual([2, 2, 2, 3, 61]);
    expect(expirySeconds(31 * 86_400_000)).toBe(2_592_000);
    expect(expirySeconds(Number.POSITIVE_INFINITY)).toBe(2_592_000);
  });
});

describe("names", () => {
  const one = [{ host: "a", port: 1 }];
  const three = [...one, { host: "b", port: 2 }, { host: "c", port: 3 }];

  test("are what the server takes, and different for different keys, tags, namespaces and lists of servers", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: "binary", maxLength: 300 }), { maxLength: 6 }),
        (texts) => {
          const names = ["n", "m"].flatMap((space) =>
            [one, three].flatMap((servers) => {
              const of = new ItemNames(space, servers);
              return [
                of.namespace,
                ...texts.flatMap((text) => [...Object.values(of.key(text)), of.tag(text)]),
              ];
            }),
          );
          expect(names.filter(({ text }) => !/^[!-~]{1,250}$/.test(text))).toEqual([]);
          expect(new Set(names.map(({ text }) => text)).size).toBe(names.length);
        },
      ),
    );
  });

  test("of one key are on one server, and those of many on all", () => {
    const names = new ItemNames("n", three);
    const servers = Array.from({ length: 100 }, (_, i) => {
      const { generation, value, lease } = names.key(`${i}`);
      expect(new Set([generation.server, value.server, lease.server]).size).toBe(1);
      return value.server;
    });
    expect(new Set(servers)).toEqual(new Set([0, 1, 2]));
  });
});

describe("records", () => {
  const stampOf = (tags: readonly string[]) =>
    new MemcachedStamp("k", newGeneration(), newGeneration(), tags, tags.map(newGeneration));

  test("come back as they were, lone surrogates included", () => {
    const tags = fc.array(fc.string({ unit: "binary", maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(tags, fc.uint8Array(), (texts, body) => {
        const stamp = stampOf([...texts, "\ud800"]);
        const decoded = decodeRecord("k", encodeRecord({ stamp, body }));
        expect(decoded?.stamp).toStrictEqual(stamp);
        expect(Buffer.compare(Buffer.from(decoded?.body ?? []), body)).toBe(0);
      }),
    );
  });

  test("that are cut within what they depend on, or of another layout, are none", () => {
    const stamp = stampOf(["tag", "another"]);
    const bytes = encodeRecord({ stamp, body: Buffer.alloc(0) });
    for (let end = 0; end < bytes.length; end++)
      expect(decodeRecord("k", bytes.subarray(0, end))).toBeUndefined();
    expect(decodeRecord("k", bytes)?.stamp).toStrictEqual(stamp);
    bytes[0] = 0;
    expect(decodeRecord("k", bytes)).toBeUndefined();
  });

  test("of any bytes are read or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeRecord("k", Buffer.from([0xc1, ...bytes]));
      }),
    );
  });
});

test("a generation comes once, and a stamp equals its own generations alone", () => {
  const drawn = Array.from({ length: 10_000 }, newGeneration);
  expect(new Set(drawn).size).toBe(drawn.length);
  const stamp = new MemcachedStamp("k", "n", "g", ["t", "u"], ["1", "2"]);
  expect(stamp.equals(["n", "g", "1", "2"])).toBe(true);
  for (let i = 0; i < 4; i++)
    for (const other of ["x", undefined])
      expect(stamp.equals(["n", "g", "1", "2"].map((each, at) => (at === i ? other : each)))).toBe(false);
});

describe("options", () => {
  test("have defaults, and are taken as they are given", () => {
    expect(resolveMemcachedOptions({ servers: ["a", "[::1]:7"] })).toMatchObject({
      servers: [
        { host: "a", port: 11_211 },
        { host: "::1", port: 7 },
      ],
      namespace: "default",
      timeoutMs: 500,
      maxQueued: 10_000,
      maxValueBytes: 1_048_000,
      trustMs: 0,
      maxReconnectMs: 1000,
    });
    expect(
      resolveMemcachedOptions({ servers: ["a:1"], namespace: "n", username: "u", password: "p", trustMs: 5 }),
    ).toMatchObject({ namespace: "n", username: "u", password: "p", trustMs: 5 });
  });

  test.each([
    [{ servers: [] }, "servers: expected at least one"],
    [{ servers: "a:1" }, "servers: expected an array"],
    [{ servers: ["a:0"] }, "servers: expected host:port"],
    [{ servers: ["a:1"], timeoutMs: 0 }, "timeoutMs: expected"],
    [{ servers: ["a:1"], maxQueued: 1 }, "maxQueued: expected"],
    [{ servers: ["a:1"], maxValueBytes: 0 }, "maxValueBytes: expected"],
    [{ servers: ["a:1"], trustMs: -1 }, "trustMs: expected"],
    [{ servers: ["a:1"], maxReconnectMs: 0 }, "maxReconnectMs: expected"],
    [{ servers: ["a:1"], namespace: 1 }, "namespace: expected"],
    [{ servers: ["a:1"], username: "u" }, "username, password: expected both or none"],
    [{ servers: ["a:1"], other: 1 }, 'unknown option "other"'],
  ])("refuse %j", (options, message) => {
    expect(() => resolveMemcachedOptions(options as never)).toThrow(message);
  });

  test("never tell a password", () => {
    for (const options of [
      { servers: ["user:secret@a:1"] },
      { servers: ["a:1"], username: "u", password: 1234567 },
    ])
      expect(() => resolveMemcachedOptions(options as never)).toThrow(
        expect.not.objectContaining({ message: expect.stringMatching(/secret|1234567/) }),
      );
  });
});

test("without memjs, it says what to install, and passes other failures on", async () => {
  const missing = Object.assign(new Error("Cannot find package 'memjs' imported from x"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  await expect(loadMemjs(() => Promise.reject(missing))).rejects.toThrow(MissingDriverError);
  await expect(loadMemjs(() => Promise.reject(missing))).rejects.toThrow(/npm install memjs/);
  const other = new Error("broken");
  await expect(loadMemjs(() => Promise.reject(other))).rejects.toBe(other);
});
