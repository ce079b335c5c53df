import { beforeAll, describe, expect, test } from "vitest";
import { runScript } from "../../support/child-script.ts";

/** What a process saw: objects alive after each step, and other figures beside them. */
interface Sightings {
  readonly filled: number;
  readonly resized: number;
  readonly untagged: number;
  readonly replaced: number;
  readonly deleted: number;
  readonly cleared: number;
  readonly expired: readonly number[];
  readonly loaded: readonly number[];
  readonly dropped: readonly (number | boolean)[];
}

/** Caches with all that can hold on to something: weights, tags, expiry, loads and somebody who is told. */
const script = (kind: string) => `
  const told = [];
  const create = (options = {}) =>
    new ${kind}({ maxSize: 100, ttlMs: 60_000, onEvict: (...each) => told.push(each[2]), weigh: () => 1, ...options });
  let kept = [];
  const object = () => {
    const each = { big: new Array(100) };
    kept.push(new WeakRef(each));
    return each;
  };
  const fill = (cache, options) => {
    for (let i = 0; i < 50; i++) cache.set(object(), object(), options).set("s" + i, object(), options);
  };
  const alive = async () => {
    await collect();
    kept = kept.filter((each) => each.deref() !== undefined);
    return kept.length;
  };
  const seen = {};
  const cache = create();
  fill(cache, { tags: ["red"] });
  seen.filled = await alive();
  cache.resize(10);
  seen.resized = await alive();
  cache.deleteTag("red");
  seen.untagged = await alive();
  (() => {
    for (let i = 0; i < 10; i++) cache.set("s" + i, object()).set("s" + i, i);
  })();
  seen.replaced = await alive();
  (() => {
    const key = object();
    cache.set(key, object()).delete(key);
    cache.get(key);
    cache.get(object());
  })();
  seen.deleted = await alive();
  fill(cache);
  cache.clear();
  seen.cleared = await alive();

  const brief = create({ ttlMs: 5 });
  told.length = 0;
  fill(brief);
  for (let i = 0; i < 1000 && brief.size > 0; i++) await sleep(5);
  seen.expired = [await alive(), brief.size, told.filter((reason) => reason === "expired").length];

  await (async () => {
    const key = object();
    const loads = [
      cache.getOrLoad(key, async () => object()),
      cache.getOrLoad(object(), async () => { await sleep(1); throw object(); }).catch(() => undefined),
      cache.getOrLoad(object(), () => undefined),
      cache.getOrLoad(object(), async () => object(), { ttlMs: 0 }),
    ];
    cache.delete(key);
    await Promise.all(loads);
  })();
  seen.loaded = [await alive(), cache.size, cache.stats().loads];

  const dropped = (() => {
    const own = create({ ttlMs: 3_600_000 });
    fill(own);
    return new WeakRef(own);
  })();
  seen.dropped = [await alive(), dropped.deref() === undefined];

  // The process has to end by itself, though this one's timer is far off; runScript waits a minute for that.
  globalThis.last = create({ ttlMs: 3_600_000 });
  fill(globalThis.last);
  return seen;
`;

describe.each(["LruCache", "TimedCache", "AdaptiveCache"])("%s holds on to nothing", (kind) => {
  let seen: Sightings;
  beforeAll(() => {
    seen = runScript(script(kind)) as Sightings;
  });

  test("that left it for room, by a tag, by being replaced, by delete or by clear", () => {
    expect(seen.filled).toBe(150);
    // Ten entries, of which each has a value and perhaps an object as its key.
    expect(seen.resized).toBeGreaterThanOrEqual(10);
    expect(seen.resized).toBeLessThanOrEqual(20);
    expect([seen.untagged, seen.replaced, seen.deleted, seen.cleared]).toEqual([0, 0, 0, 0]);
  });

  test("that has expired, though nobody reads it", () => {
    expect(seen.expired).toEqual([0, 0, 100]);
  });

  test("that was loaded and not kept", () => {
    expect(seen.loaded).toEqual([0, 0, 4]);
  });

  test("once it is dropped itself, though its timer is still to fire", () => {
    expect(seen.dropped).toEqual([0, true]);
  });
});
