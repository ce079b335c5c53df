import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LazyComponentLoader } from "../../../src/algorithms/lazy-component-loader.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { recordingLoader, statsOf } from "../../support/recording-loader.ts";

describe("loading", () => {
  it("waits for the first use, then keeps the component", async () => {
    const { loader, log, add } = recordingLoader();
    add("a");
    expect([loader.peek("a"), log]).toEqual([undefined, []]);
    expect(await loader.get("a")).toBe("<a>");
    expect(await loader.get("a")).toBe("<a>");
    expect([loader.peek("a"), log]).toEqual(["<a>", ["+a"]]);
  });

  it("hands over dependencies by name, side by side where they are independent", async () => {
    const loader = new LazyComponentLoader<{ a: number; b: number; sum: number }>();
    const begun: string[] = [];
    const gates = { a: Promise.withResolvers<number>(), b: Promise.withResolvers<number>() };
    for (const name of ["a", "b"] as const)
      loader.register(name, {
        load: () => {
          begun.push(name);
          return gates[name].promise;
        },
      });
    loader.register("sum", {
      dependencies: ["a", "b", "a"],
      load: ({ a, b }) => (a as number) + (b as number),
    });
    const sum = loader.get("sum");
    await settle();
    expect(begun).toEqual(["a", "b"]);
    gates.b.resolve(2);
    gates.a.resolve(1);
    expect(await sum).toBe(3);
  });

  it("loads every dependency before, once, whatever the order of registration", async () => {
    const graph = fc
      .integer({ min: 1, max: 7 })
      .chain((size) =>
        fc.tuple(
          fc.array(fc.array(fc.nat(6), { maxLength: 3 }), { minLength: size, maxLength: size }),
          fc.shuffledSubarray([...Array(size).keys()], { minLength: size }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(graph, async ([edges, order]) => {
        const { loader, log, add } = recordingLoader();
        const dependencies = edges.map((needed, i) => needed.filter((j) => j < i).map(String));
        for (const i of order) add(String(i), { dependencies: dependencies[i]! });
        await Promise.all(order.map((i) => loader.get(String(i))));
        expect(log.toSorted()).toEqual(order.map((i) => `+${i}`).toSorted());
        const at = (i: string | number) => log.indexOf(`+${i}`);
        for (const [i, needed] of dependencies.entries())
          for (const j of needed) expect(at(j)).toBeLessThan(at(i));
        await loader.close();
        const gone = log.slice(order.length);
        expect(gone).toHaveLength(order.length);
        for (const [i, needed] of dependencies.entries())
          for (const j of needed) expect(gone.indexOf(`-${i}`)).toBeLessThan(gone.indexOf(`-${j}`));
      }),
      { numRuns: 60 },
    );
  });

  it("runs one load for all who ask meanwhile, and keeps no failure", async () => {
    const { loader, log, add } = recordingLoader();
    let attempts = 0;
    add("a", {
      load: async () => {
        await settle();
        if (++attempts === 1) throw new Error("no disk");
        return "<a>";
      },
    });
    add("b", { dependencies: ["a"] });
    const failed = {
      code: "VICTOR_COMPONENT_LOAD",
      component: "a",
      message: "component a failed to load: no disk",
      cause: new Error("no disk"),
    };
    const outcomes = await Promise.allSettled([loader.get("a"), loader.get("b"), loader.load("a")]);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(3).fill("rejected"));
    for (const outcome of outcomes) expect((outcome as PromiseRejectedResult).reason).toMatchObject(failed);
    expect([attempts, log]).toEqual([1, []]);
    expect(await loader.get("b")).toBe("<b>");
    expect([attempts, log]).toEqual([2, ["+b"]]);
    expect(statsOf(loader, "a")).toMatchObject({ loads: 1, loadFailures: 1, uses: 1 });
    expect(statsOf(loader, "b")).toMatchObject({ loads: 1, loadFailures: 0, uses: 2 });
  });

  it("takes undefined and null for components", async () => {
    const { loader, add } = recordingLoader();
    let loads = 0;
    add("a", { load: () => void loads++ });
    await loader.get("a");
    expect(await loader.get("a")).toBe(undefined);
    expect([loads, statsOf(loader, "a").isLoaded]).toEqual([1, true]);
  });
});

describe("what can't be loaded", () => {
  it("names an unknown component, and who needs it, and starts no load", async () => {
    const { loader, log, add } = recordingLoader();
    add("a");
    add("b", { dependencies: ["a", "x"] });
    await expect(loader.get("y")).rejects.toMatchObject({
      code: "VICTOR_UNKNOWN_COMPONENT",
      component: "y",
      neededBy: undefined,
      message: "component y is not registered",
    });
    await expect(loader.get("b")).rejects.toMatchObject({
      component: "x",
      neededBy: "b",
      message: "component x, needed by b, is not registered",
    });
    expect(log).toEqual([]);
    add("x");
    expect(await loader.get("b")).toBe("<b>");
  });

  it("refuses a registration that would close a circle, and names it", async () => {
    const { loader, add } = recordingLoader();
    add("a", { dependencies: ["b", "d"] });
    add("b", { dependencies: ["d", "c"] });
    expect(() => add("c", { dependencies: ["a"] })).toThrow(
      expect.objectContaining({ code: "VICTOR_DEPENDENCY_CYCLE", cycle: ["c", "a", "b", "c"] }),
    );
    expect(() => add("d", { dependencies: ["d"] })).toThrow("d needs itself: d → d");
    add("c");
    add("d");
    expect(await loader.get("a")).toBe("<a>");
  });

  it("finds a circle that a load closes by asking the loader", async () => {
    const { loader, add } = recordingLoader();
    add("a", { load: () => loader.get("b") });
    add("b", { dependencies: ["c"] });
    add("c", {
      load: async () => {
        await settle();
        return loader.get("a");
      },
    });
    await expect(loader.get("a")).rejects.toMatchObject({ cycle: ["c", "a", "b", "c"] });
    expect(loader.stats().map(({ isLoaded }) => isLoaded)).toEqual([false, false, false]);
  });

  it.each([
    [{ load: 1 }, "component a: load: expected a function"],
    [{ unload: 1 }, "component a: unload: expected a function"],
    [{ dependencies: "b" }, "component a: dependencies: expected an array of names"],
    [{ dependencies: [1] }, "component a: dependencies[0]: expected a name, got 1"],
    [{ strategy: "keen" }, 'component a: strategy: expected one of "eager", "lazy", "adaptive", got "keen"'],
    [{ loads: 1 }, 'component a: unknown option "loads"'],
  ])("refuses the definition %o", (definition, message) => {
    const { loader, add } = recordingLoader();
    expect(() => add("a", definition as never)).toThrow(message);
    expect(loader.stats()).toEqual([]);
  });

  it("refuses a name that is taken or empty, and wrong options", () => {
    const { add } = recordingLoader();
    add("a");
    expect(() => add("a")).toThrow("component a is already registered");
    expect(() => add("")).toThrow("name: expected a non-empty string");
    expect(() => new LazyComponentLoader({ preloadAbove: 1.1 })).toThrow(RangeError);
    expect(() => new LazyComponentLoader({ preload: 1 } as never)).toThrow("unknown option");
  });
});

describe("unloading", () => {
  it("unloads what depends on the component first, and loads all anew when asked", async () => {
    const { loader, log, add } = recordingLoader();
    add("base");
    add("left", { dependencies: ["base"] });
    add("right", { dependencies: ["base"] });
    add("top", { dependencies: ["left", "right"] });
    add("idle", { dependencies: ["base"] });
    add("other");
    await Promise.all(["top", "other"].map((name) => loader.get(name)));
    log.length = 0;
    await loader.unload("base");
    expect(log).toEqual(["-top", "-left", "-right", "-base"]);
    expect([loader.peek("other"), loader.peek("base")]).toEqual(["<other>", undefined]);
    await loader.unload("base");
    expect(log).toHaveLength(4);
    expect(await loader.get("top")).toBe("<top>");
    expect(statsOf(loader, "base")).toMatchObject({ loads: 2, unloads: 1 });
  });

  it("waits for a load under way, and callers wait for the unload", async () => {
    const { loader, log, add } = recordingLoader();
    const loading = Promise.withResolvers<string>();
    const unloading = Promise.withResolvers<void>();
    const loads = [loading.promise, "second"];
    add("base");
    add("a", {
      dependencies: ["base"],
      load: () => loads.shift(),
      unload: async (component) => {
        log.push(`leaving ${component}`);
        await unloading.promise;
      },
    });
    const first = loader.get("a");
    await settle();
    const unloaded = Promise.all([loader.unload("base"), loader.unload("a")]);
    const second = loader.get("a");
    await settle();
    expect(log).toEqual(["+base"]);
    loading.resolve("first");
    await settle();
    expect(await first).toBe("first");
    expect(loader.peek("a")).toBe(undefined);
    expect(log).toEqual(["+base", "leaving first"]);
    unloading.resolve();
    await unloaded;
    expect(await second).toBe("second");
    expect(log).toEqual(["+base", "leaving first", "-base", "+base"]);
  });

  it("unloads what two need after what needs them both", async () => {
    const { loader, log, add } = recordingLoader();
    const unloading = Promise.withResolvers<void>();
    add("x");
    add("y");
    add("both", {
      dependencies: ["x", "y"],
      unload: () => unloading.promise.then(() => void log.push("-both")),
    });
    await loader.get("both");
    log.length = 0;
    const unloaded = Promise.all([loader.unload("x"), loader.unload("y")]);
    await settle();
    expect(log).toEqual([]);
    unloading.resolve();
    await unloaded;
    expect(log.toSorted()).toEqual(["-both", "-x", "-y"]);
    expect(log[0]).toBe("-both");
  });

  it("doesn't wait for ever for a load that waits for the unload", async () => {
    const { loader, log, add } = recordingLoader();
    const opened = Promise.withResolvers<void>();
    add("base");
    add("a", { dependencies: ["base"], load: () => opened.promise.then(() => loader.get("base")) });
    const loaded = loader.get("a");
    const unloaded = loader.unload("base");
    opened.resolve();
    await expect(loaded).rejects.toMatchObject({ cycle: ["a", "unloading base", "a"] });
    await unloaded;
    expect(log).toEqual(["+base", "-base"]);
  });

  it("keeps a component whose own load asks to unload what it needs", async () => {
    const { loader, log, add } = recordingLoader();
    add("base");
    add("a", { dependencies: ["base"], load: () => loader.unload("base") });
    await expect(loader.get("a")).rejects.toMatchObject({ code: "VICTOR_DEPENDENCY_CYCLE" });
    expect([log, loader.peek("base")]).toEqual([["+base"], "<base>"]);
    await loader.unload("base");
    expect(log).toEqual(["+base", "-base"]);
  });

  it("goes on after a failing unload, and tells of it", async () => {
    const { loader, log, add } = recordingLoader();
    const fail = (name: string) => () => {
      throw new Error(`${name} stuck`);
    };
    add("base", { unload: fail("base") });
    add("a", { dependencies: ["base"], unload: fail("a") });
    add("b", { dependencies: ["a"] });
    await loader.get("a");
    await expect(loader.unload("a")).rejects.toMatchObject({
      code: "VICTOR_COMPONENT_UNLOAD",
      component: "a",
      message: "component a failed to unload: a stuck",
    });
    expect(loader.peek("a")).toBe(undefined);
    await loader.get("b");
    await expect(loader.unload("base")).rejects.toMatchObject({
      errors: [{ component: "a" }, { component: "base" }],
    });
    expect(log).toEqual(["+base", "+a", "+a", "+b", "-b"]);
    expect(loader.stats().map(({ isLoaded }) => isLoaded)).toEqual([false, false, false]);
  });

  it("closes the last loaded first, after the loads under way, and refuses what comes later", async () => {
    const { loader, log, add } = recordingLoader();
    const loading = Promise.withResolvers<string>();
    add("c");
    add("a", { load: async () => `<a${await loader.get("c")}>` });
    add("b", { load: () => loading.promise });
    add("never");
    await loader.get("a");
    const late = loader.get("b");
    const closed = loader.close();
    await expect(loader.get("never")).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
    await expect(loader.start()).rejects.toMatchObject({ code: "VICTOR_CLOSED" });
    expect(() => add("new")).toThrow("LazyComponentLoader is closed");
    expect(log).toEqual(["+c"]);
    loading.resolve("<b>");
    expect(await late).toBe("<b>");
    await Promise.all([closed, loader.close(), loader.unload("c")]);
    expect(log).toEqual(["+c", "-b", "-a<c>", "-c"]);
    expect(loader.stats().map(({ isLoaded }) => isLoaded)).toEqual(Array(4).fill(false));
  });

  it("closes when disposed of, and rejects when an unload fails", async () => {
    const { loader, log, add } = recordingLoader();
    add("a");
    {
      await using disposed = loader;
      await disposed.get("a");
    }
    expect(log).toEqual(["+a", "-a"]);
    const failing = recordingLoader();
    failing.add("a", { unload: () => Promise.reject(new Error("stuck")) });
    await failing.loader.get("a");
    await expect(failing.loader.close()).rejects.toThrow("component a failed to unload: stuck");
  });

  it("doesn't wait for ever when closed from within a load", async () => {
    const { loader, add } = recordingLoader();
    add("a", { load: () => loader.close() });
    await expect(loader.get("a")).rejects.toMatchObject({ cycle: ["closing", "a", "closing"] });
    await loader.close();
  });
});

it("counts loads, their time without dependencies, uses and hits", async () => {
  const clock = new FakeClock();
  const { loader, add } = recordingLoader({ clock });
  const sleep = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
  add("base", { load: () => sleep(30) });
  add("a", { dependencies: ["base"], load: () => sleep(12), strategy: "adaptive" });
  await clock.advance(5);
  const both = Promise.all([loader.get("a"), loader.get("a")]);
  await clock.advance(42);
  await both;
  await clock.advance(100);
  await loader.get("a");
  expect(loader.stats()).toEqual([
    {
      name: "base",
      strategy: "lazy",
      isLoaded: true,
      loads: 1,
      loadFailures: 0,
      unloads: 0,
      loadMs: 30,
      uses: 0,
      hits: 0,
      lastUseMs: undefined,
      likelihood: 0.5,
    },
    {
      name: "a",
      strategy: "adaptive",
      isLoaded: true,
      loads: 1,
      loadFailures: 0,
      unloads: 0,
      loadMs: 12,
      uses: 3,
      hits: 1,
      lastUseMs: 147,
      likelihood: 0.5,
    },
  ]);
});
