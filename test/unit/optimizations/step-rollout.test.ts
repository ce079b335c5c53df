import { describe, expect, it, vi } from "vitest";
import { resolveOptimizations } from "../../../src/optimizations/options.ts";
import type { StepRolloutOptions } from "../../../src/optimizations/rolled-out-steps.ts";
import { StepRollout } from "../../../src/optimizations/step-rollout.ts";
import { allSteps } from "../../../src/optimizations/steps/index.ts";
import { Rollout } from "../../../src/rollout/index.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const resolve = (options: object) => resolveOptimizations(options, allSteps);
const all = new Set(allSteps.map(({ id }) => id));
const allOnForAll = { "dns-cache": false, "response-cache": false, retries: false } as const;
const quiet = { log: () => undefined };

describe("A rollout of steps", () => {
  it("by default is of all that decide call by call, judged by what each is for, and never of all calls", () => {
    const steps = new StepRollout(quiet, undefined, all);
    expect(steps.rollout!.ids).toEqual(["dns-cache", "response-cache", "retries"]);
    const guardrails = (id: string) => steps.status(id)!.guardrails.map(({ name }) => name);
    expect(guardrails("dns-cache")).toEqual(["p99 latency", "errors"]);
    expect(guardrails("response-cache")).toEqual(["p99 latency", "errors", "staleness"]);
    expect(guardrails("retries")).toEqual(["p99 latency", "errors"]);
    expect(steps.status("retries")).toMatchObject({ share: 1, state: { kind: "ramping" } });
    expect(steps.rollout!.ids.map((id) => steps.status(id)!.gain)).toEqual([
      "undecided",
      "undecided",
      "undecided",
    ]);
    expect(steps.status("pg")).toBeUndefined();
    expect(steps.sources.map(({ name }) => name)).toEqual(["rollout", "truth-sampler-response-cache"]);
    steps.close();
  });

  it("is of those alone that are asked for, and is none where none is", () => {
    const some = new StepRollout(quiet, undefined, new Set(["retries", "pg"]));
    expect(some.rollout!.ids).toEqual(["retries"]);
    expect([some.truth, some.callsOf("dns-cache")]).toEqual([undefined, undefined]);
    expect(some.callsOf("retries")!().arm).toMatch(/^o(n|ff)$/);
    some.close();
    const none = new StepRollout({ optimizations: { retries: {} } }, undefined, new Set(["pg"]));
    expect([none.rollout, none.sources]).toEqual([undefined, []]);
  });

  it("has its defaults of those that its options don't name", () => {
    const steps = new StepRollout({ ...quiet, optimizations: { retries: { share: 50 } } }, undefined, all);
    expect(steps.rollout!.ids.map((id) => [id, steps.status(id)!.share])).toEqual([
      ["dns-cache", 1],
      ["response-cache", 1],
      ["retries", 50],
    ]);
    steps.close();
  });

  it("has no goal where that is `false`, and may end at a share of its own", () => {
    const steps = new StepRollout(
      { ...quiet, optimizations: { retries: { benefit: false, ramp: [10, 100] } } },
      undefined,
      all,
    );
    expect(steps.status("retries")).toMatchObject({ gain: undefined, share: 10 });
    steps.close();
  });

  it("rolls back the response cache by its own check of its hits", () => {
    const source = { isDue: () => false, check: () => undefined, checked: 0, stale: 0 };
    const told: string[] = [];
    const steps = new StepRollout(
      {
        ...quiet,
        optimizations: { "response-cache": { share: 100 }, retries: false },
        onEvent: ({ kind }) => void told.push(kind),
      },
      source,
      all,
      () => void told.push("changed"),
    );
    expect(steps.truth).toBe(source);
    source.checked = 1000;
    source.stale = 100;
    steps.rollout!.look();
    expect(steps.status("response-cache")!.state).toMatchObject({
      kind: "rolled-back",
      guardrail: "staleness",
    });
    expect(told).toEqual(["changed", "rolled-back"]);
    const report = { state: "applied", reason: "as it should be", changes: ["a thing"] } as const;
    expect(steps.reportOf("response-cache", report)).toMatchObject({
      state: "off",
      reason: expect.stringMatching(
        /^switched off by its rollout: staleness: too many answers are stale\. 100 of 1,000 .*\. It stays off until a restart .*; the setting {"rollout":{"optimizations":{"response-cache":false}}} has it on for all calls, unjudged\.$/,
      ),
      changes: ["a thing"],
    });
    expect(steps.reportOf("retries", report).reason).toBe("as it should be; on for all, not rolled out");
    expect(steps.reportOf("pg", report)).toBe(report);
    steps.close();
  });

  /** Runs a ramp again and again. @returns what it warned of */
  function stages(times: number, options: object) {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const clock = new ManualClock();
    const quick = { ramp: [50, 95], minMs: 0, minSamples: 1, benefit: false } as const;
    const steps = new StepRollout(
      { clock, optimizations: { retries: quick }, ...options },
      undefined,
      new Set(["retries"]),
    );
    const { rollout } = steps;
    for (let i = 0; i < times; i++) {
      for (const arm of ["on", "off"] as const) rollout!.record("retries", arm, { latencyMs: 1 });
      clock.pass(1000);
      rollout!.stop("retries");
      rollout!.resume("retries");
    }
    steps.close();
    const { calls } = warn.mock;
    warn.mockRestore();
    return calls;
  }

  it("tells by a warning of each stage that it goes up by itself", () => {
    expect(stages(1, {})).toEqual([
      [
        'rollout "retries": raised from 50 to 95 % of the traffic, its last stage: no harm was shown in 1 calls with it and 1 without it.',
        { type: "RolloutWarning", code: "VICTOR_ROLLOUT_STAGE" },
      ],
    ]);
  });

  it("tells of a hundred stages, and of none where there is a log that was given", () => {
    expect(stages(150, {})).toHaveLength(100);
    const lines: string[] = [];
    expect(stages(150, { log: (line: string) => lines.push(line) })).toEqual([]);
    expect(lines.filter((line) => line.includes("raised"))).toHaveLength(150);
  });

  it("of the program's own stays open", () => {
    using own = new Rollout({ optimizations: { retries: { share: 100 }, search: {} }, ...quiet });
    const steps = new StepRollout(own, undefined, all);
    steps.close();
    expect(steps.rollout).toBe(own);
    expect(steps.callsOf("retries")!().arm).toBe("on");
    expect(steps.callsOf("search")).toBeDefined();
  });

  it("is none by default, with `false`, and without a module that would have to be loaded", () => {
    expect(resolve({}).rollout).toBeUndefined();
    expect(resolve({ rollout: false }).rollout).toBeUndefined();
    expect(resolve({ rollout: true }).rollout).toEqual({});
  });

  it.each<[string, unknown]>([
    ["rollout: expected an object of options, got 5", 5],
    ["rollout: expected an object of options, got null", null],
    ['rollout: unknown option "share"', { share: 5 }],
    [
      'rollout.optimizations: expected one of "dns-cache", "response-cache", "retries", got "retrys"',
      { optimizations: { retrys: {} } },
    ],
    ["rollout.optimizations: expected an object", { optimizations: [] }],
    ["rollout.optimizations.retries: expected an object", { optimizations: { retries: 5 } }],
    [
      "rollout.optimizations.retries: expected either ramp or share",
      { optimizations: { retries: { share: 1, ramp: [1] } } },
    ],
    ["rollout.optimizations.retries: expected an object", { optimizations: { retries: null } }],
    ["rollout.optimizations.retries: unknown option", { optimizations: { retries: { shares: 1 } } }],
    ["rollout.optimizations.retries.minMs: expected", { optimizations: { retries: { minMs: -1 } } }],
    ["rollout.optimizations.retries.ramp[0]: expected", { optimizations: { retries: { ramp: [0] } } }],
    ["rollout.optimizations.retries.guardrails: expected", { optimizations: { retries: { guardrails: 1 } } }],
    [
      "rollout.optimizations.retries.guardrails[0]: expected",
      { optimizations: { retries: { guardrails: [null] } } },
    ],
    [
      "rollout.optimizations.retries.guardrails[0].quantile: expected",
      { optimizations: { retries: { guardrails: [{ kind: "latency", quantile: 2 }] } } },
    ],
    ["rollout.optimizations.retries.benefit: expected", { optimizations: { retries: { benefit: true } } }],
    ["rollout.optimizations.retries.benefit: expected", { optimizations: { retries: { benefit: null } } }],
    [
      "rollout.optimizations.retries.benefit.minGain: expected",
      { optimizations: { retries: { benefit: { minGain: 2 } } } },
    ],
    ["rollout.alpha: expected", { alpha: 7 }],
    ["rollout.alpha: expected", { alpha: 7, optimizations: allOnForAll }],
    ["rollout.seed: expected", { seed: -1 }],
    ["rollout.randomSeed: expected", { randomSeed: 0.5 }],
    ["rollout.checkMs: expected", { checkMs: 1 }],
    ["rollout.onEvent: expected", { onEvent: 1 }],
    ["rollout.log: expected", { log: 1 }],
    ["rollout.clock: expected", { clock: {} }],
  ])("that is wrong says what is right: %s", (message, rollout) => {
    expect(() => resolve({ rollout })).toThrow(
      expect.objectContaining({ message: expect.stringMatching(new RegExp(`^${RegExp.escape(message)}`)) }),
    );
  });

  it("may have each step on for all calls", () => {
    expect(resolve({ rollout: { optimizations: allOnForAll } }).rollout).toBeDefined();
    const steps = new StepRollout({ ...quiet, optimizations: allOnForAll }, undefined, all);
    expect(steps.rollout).toBeUndefined();
  });

  it("of the program's own must have a step, and the other switch is not for it", () => {
    using own = new Rollout({ optimizations: { search: {} }, ...quiet });
    expect(() => resolve({ rollout: own satisfies StepRolloutOptions })).toThrow(
      'rollout: expected a Rollout of one of "dns-cache", "response-cache", "retries", got "search"',
    );
    expect(() => resolve({ rollout: true, isOn: () => true })).toThrow("expected either rollout or isOn");
    expect(() => resolve({ truth: {} })).toThrow("truth: expected a check");
  });
});
