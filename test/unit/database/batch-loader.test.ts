import { describe, expect, test } from "vitest";
import { batchLoader } from "../../../src/database/batch-loader.ts";

interface User {
  readonly id: number;
  readonly name: string;
}

/** Records what was asked for, and gives users 1 to 99 in reverse order, as a database may. */
function users(options: { maxBatchSize?: number } = {}) {
  const batches: (readonly number[])[] = [];
  const loader = batchLoader<number, User>({
    ...options,
    key: (user) => user.id,
    load: async (keys) => {
      batches.push(keys);
      return keys
        .filter((id) => id < 100)
        .map((id) => ({ id, name: `user ${id}` }))
        .reverse();
    },
  });
  return { batches, loader };
}

describe("batchLoader", () => {
  test("makes one load of the keys of one tick, each key once", async () => {
    const { batches, loader } = users();
    const found = await Promise.all([loader.load(2), loader.load(1), loader.load(2), loader.load(3)]);
    expect(batches).toEqual([[2, 1, 3]]);
    expect(found.map((user) => user?.name)).toEqual(["user 2", "user 1", "user 2", "user 3"]);
  });

  test("gathers what promise jobs of the same tick ask for", async () => {
    const { batches, loader } = users();
    const later = async () => {
      await undefined;
      await undefined;
      return loader.load(2);
    };
    await Promise.all([loader.load(1), later()]);
    expect(batches).toEqual([[1, 2]]);
  });

  test("gives undefined for a key that has no row", async () => {
    const { loader } = users();
    expect(await loader.loadMany([100, 7])).toEqual([undefined, { id: 7, name: "user 7" }]);
  });

  test("remembers nothing once a batch is under way", async () => {
    const { batches, loader } = users();
    await loader.load(1);
    await loader.load(1);
    expect(batches).toEqual([[1], [1]]);
  });

  test("splits what is more than a batch may be", async () => {
    const { batches, loader } = users({ maxBatchSize: 2 });
    await loader.loadMany([1, 2, 3, 4, 5]);
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  test("asks for 1000 keys at once at most, when nothing is said", async () => {
    const { batches, loader } = users();
    await loader.loadMany(Array.from({ length: 1001 }, (_, id) => id));
    expect(batches.map((batch) => batch.length)).toEqual([1000, 1]);
  });

  test("keeps the keys' order without a key function, with null, undefined and an Error for a single item", async () => {
    const loader = batchLoader<string, string>({
      load: async (keys) =>
        keys.map((key) => (key === "bad" ? new Error("bad key") : key === "no" ? null : key)),
    });
    const settled = await Promise.allSettled(["a", "bad", "no", "b"].map((key) => loader.load(key)));
    expect(settled.map((each) => (each.status === "fulfilled" ? each.value : `${each.reason}`))).toEqual([
      "a",
      "Error: bad key",
      null,
      "b",
    ]);
  });

  test("fails every caller of a failed batch, and no other", async () => {
    let fails = true;
    const loader = batchLoader<number, number>({
      load: async (keys) => {
        if (fails) throw new Error("down");
        return keys;
      },
    });
    const both = await Promise.allSettled([loader.load(1), loader.load(2)]);
    expect(both.map((each) => each.status)).toEqual(["rejected", "rejected"]);
    fails = false;
    expect(await loader.load(1)).toBe(1);
  });

  test("tells dates and bytes by what they hold, and 1 from the text 1", async () => {
    const batches: (readonly unknown[])[] = [];
    const loader = batchLoader<unknown, unknown>({
      load: async (keys) => {
        batches.push(keys);
        return keys;
      },
    });
    await loader.loadMany([new Date(5), new Date(5), Buffer.from("a"), Buffer.from("a"), 1, "1", 1]);
    expect(batches).toEqual([[new Date(5), Buffer.from("a"), 1, "1"]]);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ["another number of items", async () => [1], /expected 2 items, one for each key, got 1/],
    ["no array", async () => ({}), /expected a promise of an array/],
  ])("refuses a load that gives %s", async (_name, load, message) => {
    const loader = batchLoader<number, number>({ load: load as () => Promise<number[]> });
    await expect(loader.loadMany([1, 2])).rejects.toThrow(message);
  });

  test("rejects for a key that throws when it is looked at, and leaves no rejection of others unheard", async () => {
    const trap = (): never => {
      throw new Error("trap");
    };
    const bad = new Proxy({}, { getPrototypeOf: trap, get: trap, ownKeys: trap }) as unknown as number;
    const loader = batchLoader<number, number>({
      load: async () => {
        throw new Error("down");
      },
    });
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => unheard.push(reason);
    process.on("unhandledRejection", hear);
    await expect(loader.loadMany([1, bad])).rejects.toThrow("trap");
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", hear);
    expect(unheard).toEqual([]);
  });

  test("refuses two rows of one key", async () => {
    const loader = batchLoader<number, User>({
      key: (user) => user.id,
      load: async () => [
        { id: 1, name: "a" },
        { id: 1, name: "b" },
      ],
    });
    await expect(loader.load(1)).rejects.toThrow(/got two of one/);
  });

  test("refuses wrong options", () => {
    const load = async () => [];
    expect(() => batchLoader({} as never)).toThrow(/load: expected a function/);
    expect(() => batchLoader({ load, key: 1 } as never)).toThrow(/key: expected a function/);
    expect(() => batchLoader({ load, maxBatchSize: 0 })).toThrow(/maxBatchSize: expected an integer ≥ 1/);
    expect(() => batchLoader({ load, cache: true } as never)).toThrow(/unknown option "cache"/);
  });
});
