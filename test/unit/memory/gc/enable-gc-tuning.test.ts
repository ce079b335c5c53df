import { describe, expect, it } from "vitest";
import { GcTuningActiveError } from "../../../../src/errors.ts";
import { adviseGc } from "../../../../src/memory/gc/advise-gc.ts";
import { enableGcTuning, type GcTuningGround } from "../../../../src/memory/gc/enable-gc-tuning.ts";
import type { GcAdvice } from "../../../../src/memory/gc/gc-advice.ts";
import { FakeGcGround, gcRecord } from "../../../support/fake-gc-ground.ts";
import { observationOf } from "../../../support/gc-observations.ts";

const mib = 2 ** 20;
const advice: GcAdvice = adviseGc(observationOf({ semiMib: 16 }), { memoryLimitBytes: 16_384 * mib });

function place(started: readonly string[] = []) {
  const thread = new FakeGcGround();
  const set: string[] = [];
  let collected = 0;
  const ground: GcTuningGround = {
    thread,
    v8: { set: (flag) => set.push(flag), started, collectAll: () => collected++ },
    process: {
      isMainThread: false,
      pid: 1,
      ppid: 1,
      hasChannel: false,
      isSingleExecutable: false,
      canRun: () => true,
      refusal: () => undefined,
      execPath: "",
      execArgv: [],
      argv: [],
      env: {},
      execve: undefined,
      runInstead: () => undefined,
    },
  };
  return { thread, set, ground, collected: () => collected };
}

describe("GC tuning", () => {
  it("watches and changes nothing by default, and leaves nothing behind", () => {
    const { thread, set, ground } = place();
    const tuning = enableGcTuning({}, ground);
    expect(tuning.advice().change).toBe("not-yet");
    expect(tuning.workerOptions()).toEqual({ resourceLimits: {} });
    expect(tuning.reExec).toBeUndefined();
    tuning.undo();
    tuning.undo();
    expect(set).toEqual([]);
    expect([thread.listeners, thread.openProfiles, thread.clock.pending]).toEqual([0, 0, 0]);
    expect(tuning.advice().change).toBe("not-yet");
  });

  it("is enabled once in a thread, until it is undone", () => {
    const { ground } = place();
    {
      using _tuning = enableGcTuning({}, ground);
      expect(() => enableGcTuning({}, ground)).toThrow(GcTuningActiveError);
    }
    enableGcTuning({}, ground).undo();
  });

  it("gives an advice of an earlier run to later workers, and puts back what the process was started with", () => {
    const { set, ground } = place(["--max_semi_space_size=8"]);
    const saved = JSON.parse(JSON.stringify(advice)) as GcAdvice;
    const tuning = enableGcTuning({ apply: "workers", advice: saved }, ground);
    expect(set).toEqual(["--max-semi-space-size=32"]);
    expect(tuning.workerOptions()).toEqual({ resourceLimits: { maxYoungGenerationSizeMb: 96 } });
    tuning.undo();
    expect(set).toEqual(["--max-semi-space-size=32", "--max-semi-space-size=8"]);
  });

  it("gives workers its own advice as soon as there is one, and V8's own choice back afterwards", async () => {
    const { thread, set, ground } = place();
    thread.semiSpaceBytes = 16 * mib;
    const tuning = enableGcTuning(
      { apply: "workers", reviewMs: 1000, memoryLimitBytes: 16_384 * mib },
      ground,
    );
    await thread.clock.advance(1000);
    expect(set).toEqual([]);
    const young = (bytes: number, old: number) => ({ young: bytes, old, semiMib: 16 });
    thread.records = new Array(21)
      .fill(0)
      .map((_, i) => gcRecord("Scavenge", young(16 * mib, i * mib), young(6 * mib, i * mib + 4 * mib)));
    thread.active = 1500;
    thread.collect("minor", 8, 100);
    await thread.clock.advance(1000);
    expect(set).toEqual(["--max-semi-space-size=32"]);
    await thread.clock.advance(5000);
    tuning.undo();
    expect(set).toEqual(["--max-semi-space-size=32", "--max-semi-space-size=0"]);
  });

  it("favours size at once when aggressive, and collects all when idle", async () => {
    const { thread, set, ground, collected } = place();
    const tuning = enableGcTuning({ aggressive: true, idleMs: 500 }, ground);
    expect(set).toEqual(["--optimize-for-size"]);
    thread.active = 400;
    await thread.clock.advance(1000);
    expect([collected(), tuning.stats().idleCollections]).toEqual([1, 1]);
    tuning.undo();
    expect(set).toEqual(["--optimize-for-size", "--no-optimize-for-size"]);
    thread.active = 4000;
    await thread.clock.advance(10_000);
    expect(collected()).toBe(1);
  });

  it("leaves --optimize-for-size alone where the process was started with it", () => {
    const { set, ground } = place(["--optimize_for_size"]);
    enableGcTuning({ aggressive: true }, ground).undo();
    expect(set).toEqual([]);
  });

  it("says why it didn't start the process anew", () => {
    using tuning = enableGcTuning({ apply: "re-exec", advice }, place().ground);
    expect(tuning.reExec).toEqual({ state: "refused", reason: expect.stringContaining("worker") });
  });

  it.each<[string, object]>([
    ["unknown option", { agressive: true }],
    ["apply", { apply: "always" }],
    ["advice: expected the advice of an earlier run", { apply: "re-exec" }],
    ["advice.flags", { apply: "workers", advice: { ...advice, flags: ["--eval=1"] } }],
    ["advice.flags", { apply: "workers", advice: { ...advice, flags: "--max-semi-space-size=1" } }],
    ["reviewMs", { reviewMs: 99 }],
    ["idleMs", { idleMs: Number.POSITIVE_INFINITY }],
    ["aggressive", { aggressive: "yes" }],
    ["memoryLimitBytes", { memoryLimitBytes: 0 }],
    ["maxSemiSpaceMib", { maxSemiSpaceMib: 4096 }],
    ["minGain", { minGain: -1 }],
    ["maxSlowdown", { maxSlowdown: Number.NaN }],
  ])("rejects what it can't use: %s", (message, options) => {
    const { ground } = place();
    expect(() => enableGcTuning(options, ground)).toThrow(message);
    // Nothing is left enabled.
    enableGcTuning({}, ground).undo();
  });
});

describe("advice after watching", () => {
  it("comes when the time is over, and leaves nothing behind", async () => {
    const { thread } = place();
    const promise = adviseGc({ observeMs: 10_000, aggressive: false }, thread);
    await thread.clock.advance(10_000);
    expect(await promise).toMatchObject({ change: "none", reason: expect.stringContaining("too little") });
    expect([thread.listeners, thread.openProfiles, thread.clock.pending]).toEqual([0, 0, 0]);
  });

  it("ends early with the reason of its signal", async () => {
    const { thread } = place();
    const abort = new AbortController();
    const promise = adviseGc({ observeMs: 10_000, signal: abort.signal }, thread);
    abort.abort(new Error("enough"));
    await expect(promise).rejects.toThrow("enough");
    await expect(adviseGc({ observeMs: 1, signal: abort.signal }, thread)).rejects.toThrow("enough");
    expect([thread.listeners, thread.clock.pending]).toEqual([0, 0]);
  });

  it("rejects a time that never ends, and no object", async () => {
    await expect(adviseGc({ observeMs: Number.POSITIVE_INFINITY })).rejects.toThrow("observeMs");
    expect(() => adviseGc(null as never)).toThrow(TypeError);
  });
});
