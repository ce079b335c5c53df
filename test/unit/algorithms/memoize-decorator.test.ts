import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  type MemoizedMethodControls,
  type MemoizeOptions,
  memoize,
} from "../../../src/algorithms/memoize.ts";
import { settle } from "../../support/fake-clock.ts";

describe("as a decorator", () => {
  const decorate = <F extends (this: never, ...args: never[]) => unknown>(
    method: F,
    options: MemoizeOptions<unknown[]> = {},
    kind = "method",
  ): F => {
    const decorator = memoize(options) as unknown as (method: F, context: { kind: string }) => F;
    return decorator(method, { kind });
  };

  class Shape {
    calls = 0;
    area(_scale: number, ..._more: unknown[]): number {
      return ++this.calls;
    }
  }
  const memoizedShape = (options?: MemoizeOptions<unknown[]>) => {
    const area = decorate(Shape.prototype.area, options);
    const make = () => Object.assign(new Shape(), { area });
    return { area, make, controls: area as unknown as MemoizedMethodControls };
  };

  it("keeps the results of each instance by itself", () => {
    const { make, controls } = memoizedShape();
    const [a, b] = [make(), make()];
    expect([a.area(1), a.area(1), b.area(1), a.area(2), a.area(1, 2, 3, 4)]).toEqual([1, 1, 1, 2, 3]);
    expect([a.area(1), a.area(1, 2, 3, 4), a.calls, b.calls]).toEqual([1, 3, 3, 1]);
    expect(controls.cacheInfo(a)).toMatchObject({ hits: 3, misses: 4, size: 3 });
    expect(controls.cacheInfo(b)).toMatchObject({ hits: 3, misses: 4, size: 1 });
  });

  it("forgets the results of one instance, of all, or one result", () => {
    const { make, controls } = memoizedShape();
    const [a, b] = [make(), make()];
    const ask = () => [a.area(1), b.area(1)];
    expect(ask()).toEqual([1, 1]);
    controls.cacheClear(a);
    expect(ask()).toEqual([2, 1]);
    controls.cacheClear();
    expect(ask()).toEqual([3, 2]);
    expect([controls.cacheDelete(b, 1), controls.cacheDelete(b, 1), controls.cacheDelete({}, 1)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(ask()).toEqual([3, 3]);
  });

  it("takes all options, and gives `key` the instance", () => {
    const counters = { hits: 0, misses: 0 };
    const { make } = memoizedShape({
      maxSize: 1,
      counters,
      key(this: unknown, scale) {
        return (this as Shape).calls > 5 ? "late" : scale;
      },
    });
    const a = make();
    expect([a.area(1), a.area(1, "ignored"), a.area(2), a.area(1)]).toEqual([1, 1, 2, 3]);
    a.calls = 6;
    expect([a.area(1), a.area(2)]).toEqual([7, 7]);
    expect(counters).toEqual({ hits: 2, misses: 4 });
  });

  it("takes static methods and getters, and refuses fields and what is no class member", () => {
    class Config {
      readonly name = "config";
      static reads = 0;
      static read(_name: string) {
        return ++Config.reads;
      }
    }
    const read = decorate(Config.read);
    expect([read.call(Config, "a"), read.call(Config, "a")]).toEqual([1, 1]);
    const getter = decorate(
      function (this: Shape) {
        return ++this.calls;
      },
      {},
      "getter",
    );
    const shape = new Shape();
    expect([getter.call(shape), getter.call(shape), getter.call(new Shape())]).toEqual([1, 1, 1]);
    expect(() => decorate(() => undefined, {}, "field")).toThrow(
      "expected a method or getter to decorate, got a field",
    );
    expect(() => decorate(() => undefined, {}, "class")).toThrow(TypeError);
    expect(() => memoize({ size: 1 } as never)).toThrow('unknown option "size"');
  });

  it("refuses to be told of no instance where one is expected", () => {
    const { make, controls } = memoizedShape();
    const a = make();
    a.area(1);
    for (const instance of [undefined, null, "a"] as never[])
      for (const act of [
        () => controls.cacheClear(instance),
        () => controls.cacheDelete(instance, 1),
        () => controls.cacheInfo(instance),
      ])
        expect(act).toThrow(/^instance: expected an object, got (undefined|null|"a")$/);
    expect(a.area(1)).toBe(1);
  });

  it("calls a method that was taken from its instance, each time", () => {
    let calls = 0;
    const method = decorate(function (this: unknown, n: number) {
      return [this, n, ++calls];
    });
    expect([method.call(undefined as never, 1), method.call(undefined as never, 1)]).toEqual([
      [undefined, 1, 1],
      [undefined, 1, 2],
    ]);
  });

  it("keeps no instance alive", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const { area } = memoizedShape({ ttlMs: 1e6, staleMs: 1e6 });
    const ref = (() => {
      const shape = Object.assign(new Shape(), { self: undefined as unknown, area });
      shape.area(1, shape);
      shape.area(1, shape);
      return new WeakRef(shape);
    })();
    for (let i = 0; i < 5; i++) {
      await settle();
      collect();
    }
    expect(ref.deref()).toBe(undefined);
  });

  it("has the name and length of the method", () => {
    const { area } = memoizedShape();
    expect([area.name, area.length]).toEqual(["area", 1]);
  });
});
