import { describe, expect, test } from "vitest";
import { PerformanceProfiler } from "../../../src/profiler/index.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function made() {
  const clock = new ManualClock();
  return { clock, profiler: new PerformanceProfiler({ clock }) };
}

const rows = (profiler: PerformanceProfiler) => {
  const { spans } = profiler.getReport();
  const names = new Map(spans.map(({ id, name }) => [id, name]));
  return spans.map(({ name, durationMs, failed, parentId }) => [
    name,
    durationMs,
    failed,
    parentId === undefined ? undefined : names.get(parentId),
  ]);
};

describe("a wrapped function", () => {
  test("keeps `this`, arguments, result, name and length", () => {
    const { profiler } = made();
    const wrap = profiler.profile("math.scale", { category: "cpu" });
    const scale = wrap(function scale(this: { readonly by: number }, value: number, _more = 0) {
      return this.by * value;
    });
    expect(scale.call({ by: 3 }, 4)).toBe(12);
    expect([scale.name, scale.length]).toEqual(["scale", 1]);
    expect(profiler.getReport().names).toMatchObject([{ name: "math.scale", category: "cpu", count: 1 }]);
  });

  test("gives its span the function's own name when it is given none", () => {
    const { profiler } = made();
    const load = profiler.profile()(function load() {});
    load();
    profiler.profile()(() => undefined)();
    expect(rows(profiler).map(([name]) => name)).toEqual(["load", "(anonymous function)"]);
  });

  test("that fails, does so with the same error", async () => {
    const { profiler } = made();
    const error = new Error("no");
    const reject = profiler.profile("reject")(async () => {
      throw error;
    });
    await expect(reject()).rejects.toBe(error);
    expect(rows(profiler)).toEqual([["reject", 0, true, undefined]]);
  });

  test("is just called while the profiler is switched off", () => {
    const { profiler } = made();
    profiler.enabled = false;
    expect(profiler.profile("work")(() => 1)()).toBe(1);
    expect(profiler.stats().spans).toBe(0);
  });

  test.each([
    [() => class A {}, /got a class/],
    [() => "text", /a function, or a method to decorate, got "text"/],
  ])("can't be %s", (target, message) => {
    const { profiler } = made();
    expect(() => profiler.profile("work")(target() as unknown as () => void)).toThrow(message);
  });

  test("refuses a name that is none, legacy decorators, and fields", () => {
    const { profiler } = made();
    expect(() => profiler.profile(7 as unknown as string)).toThrow(TypeError);
    const decorate = profiler.profile("x") as (fn: unknown, context: unknown) => unknown;
    expect(() => decorate(() => 1, "method")).toThrow(/experimentalDecorators/);
    expect(() => decorate(() => 1, { kind: "field", name: "x" })).toThrow(/got a field/);
  });
});

describe("a wrapped generator", () => {
  test("has one span from the first step to the last, under which its body runs", () => {
    const { clock, profiler } = made();
    const count = profiler.profile("count")(function* count(to: number): Generator<number, string, number> {
      let sum = 0;
      for (let i = 0; i < to; i++) {
        profiler.span("step", () => clock.block(1));
        sum += yield i;
      }
      return `sum ${sum}`;
    });
    const steps = count(2);
    clock.block(50);
    expect(steps.next(0)).toEqual({ value: 0, done: false });
    profiler.span("beside", () => clock.block(10));
    expect(steps.next(5)).toEqual({ value: 1, done: false });
    expect(steps.next(6)).toEqual({ value: "sum 11", done: true });
    expect(rows(profiler)).toEqual([
      ["step", 1, false, "count"],
      ["beside", 10, false, undefined],
      ["step", 1, false, "count"],
      ["count", 12, false, undefined],
    ]);
  });

  test("ends its span when the consumer leaves, after the generator has cleaned up, and when it throws", () => {
    const { clock, profiler } = made();
    const numbers = profiler.profile("numbers")(function* () {
      try {
        yield 1;
        yield 2;
        throw new Error("third");
      } finally {
        clock.block(3);
      }
    });
    for (const n of numbers()) if (n === 1) break;
    expect(() => [...numbers()]).toThrow("third");
    const injected = numbers();
    injected.next();
    expect(() => injected.throw(new Error("injected"))).toThrow("injected");
    expect(rows(profiler)).toEqual([
      ["numbers", 3, false, undefined],
      ["numbers", 3, true, undefined],
      ["numbers", 3, true, undefined],
    ]);
  });

  test("may be async, with spans after its awaits under its own", async () => {
    const { profiler } = made();
    const pages = profiler.profile("pages")(async function* pages() {
      for (let i = 0; i < 2; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        profiler.span("page", () => undefined);
        yield i;
      }
    });
    const seen: number[] = [];
    for await (const page of pages()) {
      seen.push(page);
      profiler.span("consumer", () => undefined);
    }
    expect(seen).toEqual([0, 1]);
    expect(rows(profiler).map(([name, , , parent]) => [name, parent])).toEqual([
      ["page", "pages"],
      ["consumer", undefined],
      ["page", "pages"],
      ["consumer", undefined],
      ["pages", undefined],
    ]);
  });
});
