import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { PoolHookError, PoolMisuseError } from "../../../src/errors.ts";
import { ObjectPool } from "../../../src/memory/index.ts";
import { MetricRegistry } from "../../../src/metrics/index.ts";

const misuse = (what: string) =>
  expect.objectContaining({ code: "VICTOR_POOL_MISUSE", pool: "maps", misuse: what });
const maps = (options: Partial<ConstructorParameters<typeof ObjectPool<Map<string, number>>>[1]> = {}) =>
  new ObjectPool<Map<string, number>>("maps", {
    factory: () => new Map(),
    reset: (map) => map.clear(),
    checked: true,
    ...options,
  });
const thrown = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe.each([true, false])("an object pool, checked: %s", (checked) => {
  test("hands out what was released, as reset left it", () => {
    const pool = maps({ checked });
    const first = pool.acquire();
    first.set("a", 1);
    const second = pool.acquire();
    expect(second).not.toBe(first);
    pool.release(first);
    expect(pool.acquire()).toBe(first);
    expect(first.size).toBe(0);
  });

  test("takes back, and gives out, what has a getter that throws", () => {
    const factory = () => ({
      get socket(): never {
        throw new Error("not connected");
      },
    });
    const pool = new ObjectPool("connections", { factory, checked });
    const connection = pool.acquire();
    pool.release(connection);
    expect(pool.acquire()).toBe(connection);
  });

  test("counts what it does", () => {
    const pool = maps({ checked, maxSize: 1 });
    const [a, b] = [pool.acquire(), pool.acquire()];
    pool.release(a);
    pool.release(b);
    pool.acquire();
    expect(pool.stats()).toEqual({
      name: "maps",
      created: 2,
      acquired: 3,
      reused: 1,
      reuseRate: 1 / 3,
      inUse: 1,
      highWaterMark: 2,
      idle: 0,
      dropped: 1,
    });
  });

  test("keeps maxSize idle objects, and none with 0", () => {
    const pool = maps({ checked, maxSize: 0 });
    pool.release(pool.acquire());
    expect(pool.stats()).toMatchObject({ idle: 0, dropped: 1 });
    expect(pool.stats().reuseRate).toBe(0);
  });

  test("drops idle objects that validate finds unfit", () => {
    const fit = new WeakSet<Map<string, number>>();
    const pool = maps({ checked, validate: (map) => fit.has(map) });
    const [a, b] = [pool.acquire(), pool.acquire()];
    fit.add(a);
    pool.release(a);
    pool.release(b);
    expect(pool.acquire()).toBe(a);
    expect(pool.stats()).toMatchObject({ idle: 0, dropped: 1, created: 2, reused: 1 });
  });

  test("a lease ends with its block, once", () => {
    const pool = maps({ checked });
    let kept: { readonly value: unknown } | undefined;
    {
      using lease = pool.lease();
      lease.value.set("a", 1);
      lease.release();
      kept = lease;
    }
    expect(pool.stats()).toMatchObject({ inUse: 0, idle: 1 });
    expect(thrown(() => kept?.value)).toEqual(misuse("used after release"));
  });

  test("clear drops the idle ones, and those in use come back", () => {
    const pool = maps({ checked });
    const [a, b] = [pool.acquire(), pool.acquire()];
    pool.release(a);
    pool.clear();
    expect(pool.stats()).toMatchObject({ idle: 0, dropped: 1 });
    pool.release(b);
    expect(pool.acquire()).toBe(b);
  });

  test("a factory, reset or validate that throws is named, and the object is not kept", () => {
    const cause = new Error("broken");
    const fail = () => {
      throw cause;
    };
    const factory = vi.fn(fail as () => Map<string, number>);
    const unmade = maps({ checked, factory });
    for (let i = 0; i < 2; i++) {
      const error = thrown(() => unmade.acquire());
      expect(error).toBeInstanceOf(PoolHookError);
      expect(error).toMatchObject({ code: "VICTOR_POOL_HOOK", pool: "maps", hook: "factory", cause });
    }
    expect(unmade.stats()).toMatchObject({ created: 0, acquired: 0, inUse: 0 });
    const unreset = maps({ checked, reset: fail });
    const object = unreset.acquire();
    expect(thrown(() => unreset.release(object))).toMatchObject({ hook: "reset", cause });
    expect(unreset.stats()).toMatchObject({ inUse: 0, idle: 0, dropped: 1 });
    const unknown = maps({ checked, validate: fail });
    unknown.release(unknown.acquire());
    expect(thrown(() => unknown.acquire())).toMatchObject({ hook: "validate", cause });
    expect(unknown.stats()).toMatchObject({ inUse: 0, idle: 0, dropped: 1 });
    expect(unknown.acquire()).toBeInstanceOf(Map);
  });

  test("a factory of something that is no object is refused", () => {
    const pool = new ObjectPool("odd", { factory: () => 7 as never, checked });
    expect(() => pool.acquire()).toThrow(TypeError);
  });

  test("nobody's object is another's, whatever the order of acquires and releases", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), fc.nat(4), (steps, maxSize) => {
        const pool = maps({ checked, maxSize });
        const out: Map<string, number>[] = [];
        for (const step of steps) {
          if (step < 5) {
            const object = pool.acquire();
            expect(out).not.toContain(object);
            expect(object.size).toBe(0);
            object.set("mine", step);
            out.push(object);
          } else if (out.length > 0) pool.release(out.splice(step % out.length, 1)[0]!);
          const { inUse, idle, created, dropped } = pool.stats();
          expect(inUse).toBe(out.length);
          expect(idle).toBeLessThanOrEqual(maxSize);
          expect(created - dropped).toBe(inUse + idle);
        }
      }),
    );
  });
});

describe("a checked object pool finds", () => {
  test("an object that is released twice", () => {
    const pool = maps();
    const map = pool.acquire();
    pool.release(map);
    expect(thrown(() => pool.release(map))).toEqual(misuse("released twice"));
    expect(pool.stats()).toMatchObject({ inUse: 0, idle: 1 });
  });

  test("an object that was never its own", () => {
    const pool = maps();
    const other = maps().acquire();
    for (const stranger of [new Map<string, number>(), other])
      expect(thrown(() => pool.release(stranger))).toEqual(misuse("foreign object"));
    for (const nothing of [undefined, null, 7])
      expect(thrown(() => pool.release(nothing as never))).toBeInstanceOf(Error);
    expect(pool.stats()).toMatchObject({ inUse: 0, idle: 0 });
  });

  test.each([
    ["a map's size", () => new Map(), (map: object) => (map as Map<string, number>).set("late", 1)],
    ["a set's size", () => new Set(), (set: object) => (set as Set<string>).add("late")],
    ["an array's length", () => [], (array: object) => (array as number[]).push(1)],
    ["an array's element", () => [1], (array: object) => ((array as number[])[0] = 2)],
    ["a property", () => ({ n: Number.NaN }), (object: object) => Object.assign(object, { n: 1 })],
    ["a new property", () => ({}), (object: object) => Object.assign(object, { n: undefined })],
  ])("%s that is changed after the release", (_, factory: () => object, change) => {
    const pool = new ObjectPool("maps", { factory, checked: true });
    const object = pool.acquire();
    pool.release(object);
    expect(pool.acquire()).toBe(object);
    pool.release(object);
    change(object);
    expect(thrown(() => pool.acquire())).toEqual(misuse("used after release"));
    expect(pool.acquire()).not.toBe(object);
    expect(pool.stats()).toMatchObject({ inUse: 1, idle: 0, dropped: 1 });
  });

  test("a factory that makes the same object again", () => {
    const shared = {};
    const pool = new ObjectPool("maps", { factory: () => shared, checked: true });
    pool.acquire();
    expect(thrown(() => pool.acquire())).toEqual(misuse("made twice"));
  });

  test("misuse of frozen objects, and of those that two pools made", () => {
    const frozen = new ObjectPool("maps", { factory: () => Object.freeze({}), checked: true });
    const object = frozen.acquire();
    frozen.release(object);
    expect(thrown(() => frozen.release(object))).toBeInstanceOf(PoolMisuseError);
    expect(Reflect.ownKeys(object)).toEqual([]);
  });
});

test("pools are checked unless NODE_ENV says production", () => {
  const doubly = () => {
    const pool = new ObjectPool("maps", { factory: () => ({}) });
    const object = pool.acquire();
    pool.release(object);
    pool.release(object);
  };
  expect(thrown(doubly)).toEqual(misuse("released twice"));
  vi.stubEnv("NODE_ENV", "production");
  expect(thrown(doubly)).toBeUndefined();
  vi.unstubAllEnvs();
});

test.each([
  [{}, /factory: expected a function, got undefined/],
  [{ factory: 1 }, /factory/],
  [{ factory: Object, size: 3 }, /unknown option "size"/],
  [{ factory: Object, maxSize: -1 }, /maxSize: expected an integer ≥ 0, got -1/],
  [{ factory: Object, checked: 1 }, /checked/],
  [{ factory: Object, reset: 1 }, /reset/],
  [{ factory: Object, validate: null }, /validate/],
])("options %o are refused", (options, message) => {
  expect(() => new ObjectPool("maps", options as never)).toThrow(message);
});

test("a pool needs a name, and is a source of metrics by it", () => {
  expect(() => new ObjectPool("", { factory: Object })).toThrow(/name/);
  const registry = new MetricRegistry();
  const pool = maps();
  registry.register(pool);
  pool.acquire();
  const samples = registry.collect().filter(({ name }) => name === "victor.object_pool.in_use");
  expect(samples).toMatchObject([{ value: 1, labels: { "pool.name": "maps" } }]);
});
