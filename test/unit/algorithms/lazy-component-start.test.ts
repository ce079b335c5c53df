import { describe, expect, it } from "vitest";
import { LazyComponentLoader } from "../../../src/algorithms/lazy-component-loader.ts";
import { settle } from "../../support/fake-clock.ts";
import { recordingLoader, statsOf } from "../../support/recording-loader.ts";

describe("start", () => {
  it("loads what is eager with what it needs, and only that", async () => {
    const { loader, log, add } = recordingLoader();
    add("needed");
    add("lazy");
    add("adaptive", { strategy: "adaptive" });
    add("eager", { strategy: "eager", dependencies: ["needed"] });
    await loader.start();
    await settle();
    expect(log).toEqual(["+needed", "+eager"]);
    add("later", { strategy: "eager" });
    await loader.start();
    expect(log).toEqual(["+needed", "+eager", "+later"]);
  });

  it("rejects when an eager component fails, but not for one that is loaded ahead", async () => {
    const { loader, add } = recordingLoader();
    add("a", { strategy: "adaptive", load: () => Promise.reject(new Error("down")) });
    loader.importUse({ version: 1, components: { a: "1" } });
    await loader.start();
    await settle();
    expect(statsOf(loader, "a")).toMatchObject({ loadFailures: 1, uses: 0 });
    add("b", { strategy: "eager", load: () => Promise.reject(new Error("down")) });
    await expect(loader.start()).rejects.toThrow("component b failed to load: down");
  });

  it.each([
    { runs: "", preloadAbove: 0.5, likelihood: 1 / 2, ahead: false },
    { runs: "1", preloadAbove: 0.5, likelihood: 2 / 3, ahead: true },
    { runs: "10", preloadAbove: 0.5, likelihood: 1 / 2, ahead: false },
    { runs: "110", preloadAbove: 0.5, likelihood: 3 / 5, ahead: true },
    { runs: "111", preloadAbove: 0.8, likelihood: 4 / 5, ahead: false },
    { runs: "1111", preloadAbove: 0.8, likelihood: 5 / 6, ahead: true },
    { runs: "0".repeat(16), preloadAbove: 0, likelihood: 1 / 18, ahead: true },
    { runs: "1".repeat(16), preloadAbove: 1, likelihood: 17 / 18, ahead: false },
  ])("loads ahead above $preloadAbove after runs $runs: $ahead", async ({ runs, ahead, ...expected }) => {
    const { loader, log, add } = recordingLoader({ preloadAbove: expected.preloadAbove });
    add("a", { strategy: "adaptive" });
    loader.importUse({ version: 1, components: { a: runs } });
    expect(statsOf(loader, "a").likelihood).toBe(expected.likelihood);
    await loader.start();
    await settle();
    expect(log).toEqual(ahead ? ["+a"] : []);
  });

  it("learns from run to run, and forgets what was long ago", async () => {
    let use = new LazyComponentLoader().exportUse();
    const ahead: boolean[] = [];
    const run = async (used: boolean) => {
      const { loader, log, add } = recordingLoader();
      loader.importUse(JSON.parse(JSON.stringify(use)));
      add("a", { strategy: "adaptive" });
      await loader.start();
      await settle();
      ahead.push(log.length > 0);
      if (used) await loader.get("a");
      use = loader.exportUse();
    };
    for (let i = 0; i < 3; i++) await run(true);
    for (let i = 0; i < 5; i++) await run(false);
    expect(ahead).toEqual([false, true, true, true, true, true, false, false]);
    expect(use.components).toEqual({ a: "11100000" });
    for (let i = 0; i < 14; i++) await run(true);
    expect(use.components).toEqual({ a: `00${"1".repeat(14)}` });
  });

  it("takes neither loading ahead nor being depended on for use", async () => {
    const { loader, add } = recordingLoader();
    add("a");
    add("b", { dependencies: ["a"] });
    add("c");
    await loader.load("c");
    await loader.get("b");
    loader.importUse({ version: 1, components: { b: "0", gone: "1" } });
    expect(loader.exportUse()).toEqual({ version: 1, components: { a: "0", b: "01", c: "0" } });
  });

  it.each([
    null,
    { version: 2, components: {} },
    { version: 1 },
    { version: 1, components: null },
    { version: 1, components: ["1"] },
    { version: 1, components: { a: "12" } },
  ])("refuses to import %o", (use) => {
    const { loader, add } = recordingLoader();
    add("a");
    loader.importUse({ version: 1, components: { a: "1" } });
    expect(() => loader.importUse(use as never)).toThrow(/^use/);
    expect(loader.exportUse().components).toEqual({ a: "10" });
  });
});
