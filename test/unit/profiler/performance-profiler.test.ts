import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { MetricRegistry } from "../../../src/metrics/registry.ts";
import { PerformanceProfiler, type ProfilerOptions, type SpanRecord } from "../../../src/profiler/index.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function made(options: ProfilerOptions = {}) {
  const clock = new ManualClock();
  return { clock, profiler: new PerformanceProfiler({ clock, ...options }) };
}

/** Each span's name, with its parent's. */
function parents(profiler: PerformanceProfiler): Record<string, string | undefined> {
  const { spans } = profiler.getReport();
  const names = new Map(spans.map(({ id, name }) => [id, name]));
  return Object.fromEntries(
    spans.map(({ name, parentId }) => [name, parentId === undefined ? undefined : names.get(parentId)]),
  );
}

const only = (profiler: PerformanceProfiler): SpanRecord => {
  const { spans } = profiler.getReport();
  expect(spans).toHaveLength(1);
  return spans[0]!;
};

describe("a span around a function", () => {
  test("gives what the function returns, and records its time, category and metadata", () => {
    const { clock, profiler } = made();
    clock.block(5);
    const value = profiler.span("work", { category: "cpu", metadata: { size: 1 } }, (span) => {
      span.set({ rows: 2 });
      clock.block(3);
      return 42;
    });
    expect(value).toBe(42);
    expect(only(profiler)).toMatchObject({
      parentId: undefined,
      name: "work",
      category: "cpu",
      metadata: { size: 1, rows: 2 },
      startMs: 5,
      durationMs: 3,
      selfMs: 3,
      failed: false,
      error: undefined,
      threadId: 0,
    });
  });

  test("throws the very error that the function threw, and is recorded as failed", () => {
    const { profiler } = made();
    const error = new TypeError("no");
    let caught: unknown;
    try {
      profiler.span("work", () => {
        throw error;
      });
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toBe(error);
    expect(only(profiler)).toMatchObject({ failed: true, error: { name: "TypeError", message: "no" } });
  });

  test.each([
    [undefined, "undefined"],
    [null, "null"],
    ["text", "text"],
    [Object.create(null), "unreadable: object"],
  ])("passes on %j when that is thrown", async (thrown, message) => {
    const { profiler } = made();
    const failing = profiler.span("work", () => Promise.reject(thrown));
    await expect(
      failing.then(
        () => "none",
        (reason) => [reason],
      ),
    ).resolves.toEqual([thrown]);
    expect(only(profiler).error?.message).toBe(message);
  });

  test("of an async function lasts until its promise settles, and rejects with the same reason", async () => {
    const { clock, profiler } = made();
    const { promise, resolve } = Promise.withResolvers<number>();
    const running = profiler.span("work", async () => promise);
    expect(profiler.stats()).toMatchObject({ spans: 0, open: 1 });
    clock.block(7);
    resolve(1);
    expect(await running).toBe(1);
    expect(only(profiler).durationMs).toBe(7);
    const error = new Error("late");
    const other = Promise.withResolvers<number>();
    const failing = profiler.span("failing", () => other.promise);
    other.reject(error);
    await expect(failing).rejects.toBe(error);
    expect(profiler.stats()).toMatchObject({ spans: 2, failed: 1, open: 0 });
  });

  test("waits for a thenable, which begins its work once and under the span", async () => {
    const { clock, profiler } = made();
    let runs = 0;
    const query = {
      // biome-ignore lint/suspicious/noThenProperty: query builders are such
      then(resolve: (value: string) => void) {
        runs++;
        profiler.span("query", () => clock.block(4));
        resolve("rows");
      },
    };
    expect(await profiler.span("work", () => query)).toBe("rows");
    expect(runs).toBe(1);
    expect(parents(profiler)).toEqual({ work: undefined, query: "work" });
  });

  test("that is ended early by hand isn't ended again when the function returns", () => {
    const { clock, profiler } = made();
    profiler.span("work", (span) => {
      clock.block(1);
      span.end();
      clock.block(1);
    });
    expect(only(profiler).durationMs).toBe(1);
    expect(profiler.stats()).toMatchObject({ endedAgain: 0, open: 0 });
  });

  test("may be told to have failed without an error that leaves it", () => {
    const { profiler } = made();
    profiler.span("work", (span) => span.fail("404"));
    expect(only(profiler)).toMatchObject({ failed: true, error: { name: "string", message: "404" } });
  });
});

describe("parents", () => {
  test("follow awaits, timers and callbacks, each in its own line of work", async () => {
    const { profiler } = made();
    const request = (name: string) =>
      profiler.span(name, async () => {
        await delay(1);
        profiler.span(`${name}.parse`, () => undefined);
        await new Promise<void>((resolve) => {
          setImmediate(() => profiler.span(`${name}.callback`, () => resolve()));
        });
        await Promise.all([
          profiler.span(`${name}.a`, async () => {
            await delay(1);
            profiler.span(`${name}.a.inner`, () => undefined);
          }),
          profiler.span(`${name}.b`, () => delay(1)),
        ]);
      });
    await Promise.all([request("one"), request("two")]);
    profiler.span("after", () => undefined);
    const found = parents(profiler);
    for (const name of ["one", "two"])
      expect(found).toMatchObject({
        [name]: undefined,
        [`${name}.parse`]: name,
        [`${name}.callback`]: name,
        [`${name}.a`]: name,
        [`${name}.a.inner`]: `${name}.a`,
        [`${name}.b`]: name,
      });
    expect(found.after).toBeUndefined();
  });

  test("stay those of work that was started and goes on after the function has returned", async () => {
    const { profiler } = made();
    let late: Promise<void> | undefined;
    profiler.span("work", () => {
      late = delay(1).then(() => profiler.span("late", () => undefined));
    });
    await late;
    expect(parents(profiler)).toEqual({ work: undefined, late: "work" });
  });

  test("leave other async contexts as they are, inside and after", () => {
    const { profiler } = made();
    const users = new AsyncLocalStorage<string>();
    users.run("ann", () => {
      expect(profiler.span("work", () => users.getStore())).toBe("ann");
      users.run("bob", () => profiler.span("work", () => expect(users.getStore()).toBe("bob")));
      expect(users.getStore()).toBe("ann");
      users.enterWith("eve");
      expect(profiler.span("work", () => users.getStore())).toBe("eve");
    });
    expect(profiler.current()).toBeUndefined();
  });

  test("are right again after a function that threw", () => {
    const { profiler } = made();
    profiler.span("outer", () => {
      const boom = () => {
        throw new Error("boom");
      };
      expect(() => profiler.span("thrower", boom)).toThrow("boom");
      expect(profiler.current()?.name).toBe("outer");
    });
    expect(profiler.current()).toBeUndefined();
  });

  test("of two profilers don't mix", () => {
    const [one, two] = [new PerformanceProfiler(), new PerformanceProfiler()];
    one.span("one", () => two.span("two", () => one.span("inner", () => undefined)));
    expect(parents(one)).toEqual({ one: undefined, inner: "one" });
    expect(parents(two)).toEqual({ two: undefined });
  });

  test("don't hold on to each other when each span starts the next, for ever", async () => {
    const { profiler } = made({ maxSpans: 1, slowest: 0 });
    const first: WeakRef<object>[] = [];
    // Whoever goes on is in the context of the last one.
    let last: object | undefined;
    async function next(left: number): Promise<void> {
      await new Promise((resolve) => setImmediate(resolve));
      await profiler.span("scope", (span) => {
        first.push(new WeakRef(span));
        const started = profiler.start("started");
        first.push(new WeakRef(started));
        last = [span, started];
        started.end();
        if (left === 0) return undefined;
        setImmediate(() => void next(left - 1));
        return undefined;
      });
    }
    await next(20);
    while (first.length < 42) await delay(1);
    await collectGarbage();
    expect(last).toBeDefined();
    expect(first.slice(0, 30).filter((ref) => ref.deref() !== undefined)).toEqual([]);
  });
});

describe("a started span", () => {
  test("holds what follows in its block, and `using` ends it there, in order and when an error leaves it", () => {
    const { clock, profiler } = made();
    const block = () => {
      using outer = profiler.start("outer", { category: "cpu" });
      clock.block(1);
      {
        using inner = profiler.start("inner");
        expect(profiler.current()).toBe(inner);
        profiler.span("leaf", () => clock.block(2));
      }
      expect(profiler.current()).toBe(outer);
      throw new Error("out");
    };
    expect(block).toThrow("out");
    expect(profiler.current()).toBeUndefined();
    expect(parents(profiler)).toEqual({ leaf: "inner", inner: "outer", outer: undefined });
    const outer = profiler.getReport().spans.at(-1);
    expect(outer).toMatchObject({ category: "cpu", durationMs: 3, selfMs: 1, failed: false });
  });

  test("lasts across awaits, and the caller is free of it when it goes on", async () => {
    const { profiler } = made();
    async function load() {
      using _span = profiler.start("load");
      await delay(1);
      profiler.span("inner", () => undefined);
    }
    await load();
    profiler.span("next", () => undefined);
    await load();
    expect(parents(profiler)).toEqual({ load: undefined, inner: "load", next: undefined });
    expect(profiler.stats().open).toBe(0);
  });

  test("may be ended in another async context, which stays as it is", async () => {
    const { profiler } = made();
    const span = profiler.start("job");
    await profiler.span("elsewhere", async () => {
      await delay(1);
      span.end();
      expect(profiler.current()?.name).toBe("elsewhere");
    });
    expect(profiler.current()).toBeUndefined();
    profiler.span("after", () => undefined);
    expect(parents(profiler)).toEqual({ job: undefined, elsewhere: "job", after: undefined });
  });

  test("that is ended before one that began in it, leaves that one current", () => {
    const { profiler } = made();
    const outer = profiler.start("outer");
    const inner = profiler.start("inner");
    outer.end();
    expect(profiler.current()).toBe(inner);
    inner.end();
    expect(profiler.current()).toBeUndefined();
  });

  test("counts its first end alone", () => {
    const { clock, profiler } = made();
    const span = profiler.start("work");
    clock.block(1);
    span.end();
    clock.block(1);
    span.end();
    span[Symbol.dispose]();
    span.set({ late: true });
    span.fail(new Error("late"));
    expect(only(profiler)).toMatchObject({ durationMs: 1, metadata: undefined, failed: false });
    expect(profiler.stats()).toMatchObject({ spans: 1, endedAgain: 2, open: 0 });
  });

  test("that is never ended is counted as open, and is in no statistics", () => {
    const { profiler } = made();
    profiler.span("outer", () => void profiler.start("forgotten"));
    expect(profiler.stats()).toMatchObject({ spans: 1, open: 1 });
    expect(profiler.getReport().names.map(({ name }) => name)).toEqual(["outer"]);
    expect(profiler.getReport().toMarkdown()).toContain("1 not ended");
  });

  test("that is detached holds only what its `run` calls", () => {
    const { profiler } = made();
    const span = profiler.detached("stream");
    profiler.span("beside", () => undefined);
    expect(span.run(() => profiler.span("within", () => 1))).toBe(1);
    span.end();
    expect(parents(profiler)).toEqual({ beside: undefined, within: "stream", stream: undefined });
  });
});

describe("switched off", () => {
  test("everything is called and nothing recorded", async () => {
    const { profiler } = made({ enabled: false });
    const span = profiler.start("a");
    span.set({});
    span.fail(1);
    span.end();
    expect(span.run(() => 1)).toBe(1);
    expect(profiler.span("b", () => 2)).toBe(2);
    expect(profiler.span("b", {}, (given) => given.id)).toBe(0);
    expect(await profiler.span("c", async () => 3)).toBe(3);
    expect(profiler.detached("d").ended).toBe(true);
    expect(profiler.context()).toBeUndefined();
    expect(profiler.getReport()).toMatchObject({ spans: [], categories: [], names: [], slowest: [] });
    profiler.enabled = true;
    profiler.span("now", () => undefined);
    expect(only(profiler).name).toBe("now");
  });

  test("in the middle of a span, that one is still recorded", () => {
    const { profiler } = made();
    profiler.span("outer", () => {
      profiler.enabled = false;
      profiler.span("inner", () => undefined);
    });
    expect(only(profiler).name).toBe("outer");
  });
});

describe("listeners", () => {
  test("are told of each span as it ends, until they leave", () => {
    const { clock, profiler } = made({ slowest: 0 });
    const told: SpanRecord[] = [];
    const leave = profiler.onSpanEnd((span) => told.push(span));
    profiler.span("outer", () => profiler.span("inner", { metadata: { n: 1 } }, () => clock.block(1)));
    leave();
    leave();
    profiler.span("unheard", () => undefined);
    expect(told).toEqual(profiler.getReport().spans.slice(0, 2));
    expect(told.map(({ name, parentId }) => [name, parentId])).toEqual([
      ["inner", told[1]!.id],
      ["outer", undefined],
    ]);
  });

  test("that throw don't disturb the code that is measured, nor each other", () => {
    const { profiler } = made();
    const told: string[] = [];
    profiler.onSpanEnd(() => {
      throw Object.create(null);
    });
    profiler.onSpanEnd(({ name }) => told.push(name));
    expect(profiler.span("work", () => 1)).toBe(1);
    expect(profiler.span("work", () => 2)).toBe(2);
    expect(told).toEqual(["work", "work"]);
    expect(profiler.stats().listenerErrors).toBe(2);
  });
});

describe("metrics", () => {
  test("are durations by category, in seconds, and counts", () => {
    const { clock, profiler } = made();
    const registry = new MetricRegistry();
    registry.register(profiler);
    profiler.span("a", { category: "db" }, () => clock.block(20));
    profiler.span("b", { category: "db" }, () => clock.block(40));
    expect(() =>
      profiler.span("c", () => {
        throw new Error("c");
      }),
    ).toThrow();
    const samples = registry.collect();
    const durations = samples.flatMap((sample) =>
      sample.type === "histogram" && sample.name === "victor.profiler.span.duration"
        ? [[sample.labels.category, sample.unit, sample.histogram] as const]
        : [],
    );
    expect(durations.map(([category, unit]) => [category, unit])).toEqual([
      ["db", "s"],
      ["general", "s"],
    ]);
    const db = durations[0]![2];
    expect(db).toMatchObject({ count: 2, sum: 0.06, min: 0.02, max: 0.04 });
    expect([db.countAtOrBelow(0.03), db.quantile(1)]).toEqual([1, 0.04]);
    const failures = samples.filter(({ name }) => name === "victor.profiler.span.failures");
    expect(failures.map((sample) => "value" in sample && [sample.labels.category, sample.value])).toEqual([
      ["db", 0],
      ["general", 1],
    ]);
  });
});

describe("what a caller gets wrong", () => {
  test.each([
    [{ maxSpans: 0 }, RangeError, /maxSpans: expected an integer from 1 to 1000000, got 0/],
    [{ maxNames: 1.5 }, RangeError, /maxNames/],
    [{ slowest: -1 }, RangeError, /slowest/],
    [{ enabled: "yes" }, TypeError, /enabled: expected true or false, got "yes"/],
    [{ clock: {} }, TypeError, /clock\.now: expected a function/],
    [{ maxSpan: 1 }, TypeError, /unknown option "maxSpan"/],
  ])("options %j are refused", (options, type, message) => {
    const make = () => new PerformanceProfiler(options as ProfilerOptions);
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });

  test("a span without name, function or proper options is refused, and none is left open", () => {
    const { profiler } = made();
    const loose = profiler as unknown as { span(...given: unknown[]): unknown };
    const fn = () => undefined;
    expect(() => loose.span("", fn)).toThrow(/name: expected a name, got ""/);
    expect(() => loose.span(7, fn)).toThrow(TypeError);
    expect(() => loose.span("a", {})).toThrow(/fn: expected a function/);
    expect(() => loose.span("a", { categorie: "x" }, fn)).toThrow(/unknown option "categorie"/);
    expect(() => loose.span("a", { category: 7 }, fn)).toThrow(/category: expected a name/);
    expect(() => loose.span("a", { metadata: 7 }, fn)).toThrow(/metadata: expected an object/);
    expect(profiler.stats()).toMatchObject({ spans: 0, open: 0 });
  });
});
