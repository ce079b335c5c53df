import { describe, expect, test, vi } from "vitest";
import { ClosedError, RolloutStoppedError } from "../../../src/errors.ts";
import { MetricRegistry } from "../../../src/metrics/registry.ts";
import { type OptimizationOptions, Rollout } from "../../../src/rollout/index.ts";
import { logNormal, rolledTraffic } from "../../support/rolled-traffic.ts";

describe("a ramp", () => {
  test("goes up stage by stage to 100 %, when both variants are alike", () => {
    const { events, lines, send, status } = rolledTraffic({ minMs: 1000, minSamples: 50 });
    expect(status()).toMatchObject({ share: 1, state: { kind: "ramping", stage: 0 } });
    send(40_000, logNormal());
    expect(events.map(({ kind, share }) => `${kind} ${share}`)).toEqual([
      "advanced 5",
      "advanced 25",
      "advanced 50",
      "completed 100",
    ]);
    expect(status()).toMatchObject({ share: 100, state: { kind: "complete" } });
    expect(lines).toEqual([
      expect.stringMatching(
        /^rollout "x": raised from 1 to 5 % of the traffic: no harm was shown in 50 calls with it and [\d,]+ without it\.$/,
      ),
      expect.stringContaining("raised from 5 to 25 % of the traffic: "),
      expect.stringContaining("raised from 25 to 50 % of the traffic: "),
      expect.stringContaining("raised from 50 to 100 % of the traffic, its last stage: "),
    ]);
    expect(events[0]).toMatchObject({ shareBefore: 1, compared: { on: 50 } });
  });

  test("waits for time, then for calls with the optimization, then for calls without it, and says so", () => {
    const { clock, rollout, status } = rolledTraffic({ ramp: [50, 100], minMs: 2000, minSamples: 3 });
    const waitingFor = () => {
      const { state } = status();
      return state.kind === "ramping" ? state.waitingFor : state.kind;
    };
    clock.pass(1000);
    expect(waitingFor()).toBe("1000 ms more at 50 %");
    clock.pass(1000);
    expect(waitingFor()).toBe("3 more calls with the optimization");
    for (let i = 0; i < 3; i++) rollout.record("x", "on", { latencyMs: 1 });
    expect(waitingFor()).toBe("3 more calls without the optimization");
    for (let i = 0; i < 3; i++) rollout.record("x", "off", { latencyMs: 1 });
    clock.pass(1000);
    expect(waitingFor()).toBe("complete");
  });

  test("doesn't count time in which the process was asleep", () => {
    const { clock, rollout, status } = rolledTraffic({ ramp: [50, 100], minMs: 10_000, minSamples: 1 });
    rollout.record("x", "on", { latencyMs: 1 });
    rollout.record("x", "off", { latencyMs: 1 });
    clock.block(3_600_000);
    clock.pass(1000);
    expect(status().state).toMatchObject({ kind: "ramping" });
    clock.pass(10_000);
    expect(status().state.kind).toBe("complete");
  });

  test("is held while harm is suspected, and goes on when the suspicion is dispelled", () => {
    const { clock, rollout, send, status } = rolledTraffic({
      ramp: [50, 100],
      minMs: 0,
      minSamples: 1,
      guardrails: [{ kind: "errors" }],
      perKeyMs: 0,
    });
    for (let i = 0; i < 32; i++)
      rollout.record("x", i % 2 === 0 ? "on" : "off", { failed: i % 2 === 0 && i < 10 });
    clock.pass(1000);
    expect(status().state).toMatchObject({ waitingFor: "a suspicion of harm to be dispelled" });
    send(20_000, logNormal(1, 0.02), logNormal(1, 0.02));
    expect(status().state.kind).toBe("complete");
  });
});

describe("a guardrail", () => {
  test("rolls back a variant whose p99 is higher, with the reason in the log, as an event and in metrics", () => {
    const { events, lines, rollout, send, status } = rolledTraffic({ ramp: [10, 50, 100] });
    send(60_000, logNormal(1.4));
    expect(status()).toMatchObject({ share: 0, state: { kind: "rolled-back", guardrail: "p99 latency" } });
    const last = events.at(-1)!;
    expect(last).toMatchObject({ kind: "rolled-back", id: "x", share: 0, guardrail: "p99 latency" });
    expect(last.reason).toMatch(
      /^p99 latency: calls take longer with it\. [\d,]+ of [\d,]+ calls with it \([\d.]+ %\) were over the limit, which is the p99 without it plus 5 % and 0\.1 ms \([\d.]+ ms at the end\); [\d,]+ of [\d,]+ without it \([\d.]+ %\) were over that p99 \([\d.]+ ms\); without harm, at most 1 of \d+ rollouts comes to this$/,
    );
    expect(last.figures).toMatchObject({ event: "were over the p99 without it" });
    expect(status().state).toEqual({
      kind: "rolled-back",
      guardrail: "p99 latency",
      reason: last.reason,
      figures: last.figures,
    });
    expect(last.shareBefore).toBe(10);
    expect(lines.at(-1)).toBe(
      `rollout "x": switched off at 10 % of the traffic by ${last.reason}. It stays off until rollout.resume("x") or a restart of the program.`,
    );
    const registry = new MetricRegistry();
    registry.register(rollout);
    const samples = registry.collect().filter(({ name }) => name === "victor.rollout.rollbacks");
    expect(samples).toMatchObject([{ value: 1, labels: { guardrail: "p99 latency" } }]);
    const { on, off } = last.figures!;
    const shares = registry.collect().filter(({ name }) => name === "victor.rollout.rollback_share");
    expect(shares).toMatchObject([
      { value: on.events / on.calls, labels: { arm: "on" } },
      { value: off!.events / off!.calls, labels: { arm: "off" } },
    ]);
    // What is written for people is no label: each text would be a series of its own.
    for (const { labels } of registry.collect())
      for (const value of Object.values(labels)) expect(value).not.toContain("calls with");
    expect(status().rollbacks).toEqual({ "p99 latency": 1 });
  });

  test("rolls back a variant that fails more often, at the first block when it always fails", () => {
    const { send, status } = rolledTraffic({ share: 50 });
    send(40, logNormal(1, 1));
    expect(status().state).toMatchObject({
      kind: "rolled-back",
      guardrail: "errors",
      reason: expect.stringMatching(
        /^errors: calls fail more often with it\. (\d+) of \1 calls with it \(100 %\) failed, 0 of \d+ without it \(0 %\), and 10 % more is allowed; without harm, /,
      ),
      figures: { event: "failed", off: { events: 0 } },
    });
  });

  test("of latency takes a success at the second attempt for harm, unless failures count as slower than any", () => {
    // As retries do: one call in twenty fails at first, and then succeeds after a while.
    const without = (random: () => number) => ({ latencyMs: 10 + random(), failed: random() < 0.05 });
    const retried = (random: () => number) => ({ latencyMs: 10 + random() + (random() < 0.05 ? 100 : 0) });
    for (const includeFailed of [undefined, true]) {
      const guardrails = [{ kind: "latency", includeFailed }, { kind: "errors" }] as const;
      const { send, status } = rolledTraffic({ share: 50, guardrails });
      send(20_000, retried, without);
      expect(status().state.kind).toBe(includeFailed ? "steady" : "rolled-back");
    }
  });

  test("of latency that counts failures finds what makes failures more", () => {
    const { send, status } = rolledTraffic({
      share: 50,
      guardrails: [{ kind: "latency", includeFailed: true }],
    });
    send(20_000, logNormal(1, 0.05), logNormal(1, 0.01));
    expect(status().state).toMatchObject({
      kind: "rolled-back",
      figures: { event: "failed or were over the p99 without it" },
    });
  });

  test("takes failing quickly for no gain", () => {
    const { send, status } = rolledTraffic({
      share: 50,
      guardrails: [{ kind: "latency" }],
      benefit: { minGain: 0.1, minSamples: 0 },
    });
    send(5000, (random, at) => (random() < 0.5 ? { latencyMs: 0, failed: true } : logNormal()(random, at)));
    expect(status().gain).not.toBe("shown");
  });

  test("lets pass what is within its tolerance", () => {
    const { send, status } = rolledTraffic({
      share: 50,
      guardrails: [
        { kind: "latency", maxIncrease: 0.3 },
        { kind: "errors", maxIncrease: 1 },
      ],
    });
    send(30_000, logNormal(1.2, 0.015), logNormal(1, 0.01));
    expect(status().state.kind).toBe("steady");
  });

  test("takes a difference that is too small to matter for none, unless it is asked to", () => {
    const tiny = (latencyMs: number) => (random: () => number) => ({ latencyMs: latencyMs + random() / 1e4 });
    for (const slackMs of [undefined, 0]) {
      const { send, status } = rolledTraffic({ share: 50, guardrails: [{ kind: "latency", slackMs }] });
      send(5000, tiny(0.05), tiny(0.02));
      expect(status().state.kind).toBe(slackMs === undefined ? "steady" : "rolled-back");
    }
  });

  test("of a value of one's own rolls back when that is higher", () => {
    const { send, status } = rolledTraffic({
      share: 50,
      guardrails: [{ kind: "value", value: "cpuMs", quantile: 0.5, maxIncrease: 0 }],
    });
    send(
      5000,
      (random) => ({ latencyMs: 1, values: { cpuMs: 1.5 + random() } }),
      (random) => ({ latencyMs: 1, values: { cpuMs: 1 + random() } }),
    );
    expect(status().state).toMatchObject({ kind: "rolled-back", guardrail: "p50 cpuMs" });
  });

  test("of staleness watches even when all have the optimization", () => {
    const source = { checked: 1000, stale: 1000 };
    const { clock, status } = rolledTraffic({
      share: 100,
      guardrails: [{ kind: "staleness", source, maxRate: 0.01 }],
    });
    clock.pass(1000);
    expect(status().state.kind).toBe("steady");
    source.checked += 500;
    source.stale += 1;
    clock.pass(1000);
    expect(status().state.kind).toBe("steady");
    source.checked += 500;
    source.stale += 40;
    clock.pass(1000);
    expect(status().state).toMatchObject({
      kind: "rolled-back",
      reason: expect.stringContaining(
        "too many answers are stale. 41 of 1,000 cache hits that were checked (4.1 %) differed from the source, and 1 % is allowed; without harm, ",
      ),
    });
  });

  test("of staleness begins anew with a source that was set back, and holds the ramp while the source fails", () => {
    let stats: { checked: number; stale: number } | undefined = { checked: 100, stale: 0 };
    const source = {
      get checked() {
        if (stats === undefined) throw new Error("gone");
        return stats.checked;
      },
      get stale() {
        return stats!.stale;
      },
    };
    const { clock, rollout, status } = rolledTraffic({
      ramp: [50, 100],
      minMs: 0,
      minSamples: 1,
      guardrails: [{ kind: "staleness", source, maxRate: 0 }],
    });
    for (const arm of ["on", "off"] as const) rollout.record("x", arm, { latencyMs: 1 });
    stats = undefined;
    clock.pass(1000);
    expect(status()).toMatchObject({
      guardrails: [{ error: "gone" }],
      state: { waitingFor: 'guardrail "staleness", which can\'t be evaluated: gone' },
    });
    stats = { checked: 10, stale: 5 };
    clock.pass(1000);
    expect(status()).toMatchObject({ guardrails: [{ error: undefined }], state: { kind: "complete" } });
    stats = { checked: 11, stale: 6 };
    clock.pass(1000);
    expect(status().state).toMatchObject({ kind: "rolled-back", guardrail: "staleness" });
  });

  test("of one's own rolls back by its reason; one that throws, or gives a promise, holds the ramp", async () => {
    let answer: () => unknown = () => {
      throw new Error("broken");
    };
    const { clock, lines, rollout, status } = rolledTraffic({
      ramp: [50, 100],
      minMs: 0,
      minSamples: 1,
      guardrails: [{ kind: "check", name: "mine", check: () => answer() as string | undefined }],
    });
    for (const arm of ["on", "off"] as const) rollout.record("x", arm, { latencyMs: 1 });
    clock.pass(1000);
    expect(status().guardrails).toMatchObject([{ error: "broken" }]);
    answer = () => Promise.reject(new Error("never handled"));
    clock.pass(1000);
    expect(status()).toMatchObject({ state: { kind: "ramping" }, counts: { errors: 2 } });
    await new Promise((resolve) => setImmediate(resolve));
    answer = () => undefined;
    clock.pass(1000);
    expect(status().state.kind).toBe("complete");
    answer = () => "the disk\nis full.";
    clock.pass(1000);
    expect(status().state).toEqual({
      kind: "rolled-back",
      guardrail: "mine",
      reason: "mine: the disk\nis full.",
    });
    expect(lines.at(-1)).toMatch(/ by mine: the disk is full\. It stays off until /);
  });
});

describe("what was rolled back", () => {
  test("stays off, whatever share is set, until it is resumed, and then begins anew", () => {
    const { clock, events, rollout, send, status } = rolledTraffic({ ramp: [50, 100] });
    send(100, logNormal(1, 1));
    expect(status().state.kind).toBe("rolled-back");
    expect(() => rollout.setShare("x", 10)).toThrow(RolloutStoppedError);
    rollout.setShare("x", 0);
    rollout.stop("x");
    clock.pass(1e9);
    expect(status()).toMatchObject({ share: 0, state: { kind: "rolled-back" } });
    rollout.resume("x");
    expect(status()).toMatchObject({ share: 50, state: { kind: "ramping", stage: 0 } });
    expect(status().guardrails.map(({ evidence }) => evidence)).toEqual([1, 1]);
    send(100, logNormal(1, 1));
    expect(events.map(({ kind }) => kind)).toEqual(["rolled-back", "resumed", "rolled-back"]);
  });

  test("was rolled back by name, and its calls still count, but are no evidence", () => {
    const { rollout, send, status } = rolledTraffic({ share: 50 });
    send(100, logNormal(1, 1));
    const { succeeded, counted } = status().arms.off;
    rollout.record("x", "off", { latencyMs: 1 });
    expect(status().arms.off).toMatchObject({ succeeded: succeeded + 1, counted });
  });
});

describe("a benefit", () => {
  const options = {
    ramp: [50, 100],
    minMs: 0,
    minSamples: 10,
    benefit: { minGain: 0.2, minSamples: 100 },
  };

  test("that isn't there switches the optimization off", () => {
    const { events, send, status } = rolledTraffic(options);
    send(20_000, logNormal());
    expect(status()).toMatchObject({ share: 0, gain: "none", state: { guardrail: "benefit" } });
    expect(events.at(-1)?.reason).toMatch(
      /^benefit: calls aren't 20 % quicker with it\. .* calls with it \([\d.]+ %\) were over the goal, which is 80 % of the p50 without it \([\d.]+ ms at the end\); .* without it \([\d.]+ %\) were over that p50 \([\d.]+ ms\); with that gain, /,
    );
  });

  test("of fewer failures is shown by those that don't come, and ruled out by those that come all the same", () => {
    const goal = { ...options, guardrails: [], benefit: { of: "errors", minGain: 0.2 } };
    const useful = rolledTraffic(goal);
    useful.send(20_000, logNormal(1, 0.01), logNormal(1, 0.1));
    expect(useful.status()).toMatchObject({ gain: "shown", state: { kind: "complete" } });
    const useless = rolledTraffic(goal);
    useless.send(60_000, logNormal(1, 0.3), logNormal(1, 0.3));
    expect(useless.status()).toMatchObject({
      gain: "none",
      state: {
        kind: "rolled-back",
        guardrail: "benefit",
        reason: expect.stringMatching(
          /^benefit: calls don't fail 20 % less often with it\. [\d,]+ of [\d,]+ calls with it \([\d.]+ %\) failed, [\d,]+ of [\d,]+ without it \([\d.]+ %\); with that gain, at most 1 of \d+ rollouts comes to this$/,
        ),
      },
    });
  });

  test("isn't judged below the share that it asks for", () => {
    const { rollout, send, status } = rolledTraffic({
      share: 30,
      guardrails: [],
      benefit: { minGain: 0.2, minSamples: 100, minShare: 50 },
    });
    send(20_000, logNormal());
    expect(status().gain).toBe("undecided");
    rollout.setShare("x", 50);
    send(20_000, logNormal());
    expect(status()).toMatchObject({ gain: "none", state: { guardrail: "benefit" } });
  });

  test("that is there lets the ramp go to its end", () => {
    const { send, status } = rolledTraffic(options);
    send(200, logNormal(0.6));
    expect(status().state).toMatchObject({ waitingFor: expect.stringContaining("gain") });
    send(20_000, logNormal(0.6));
    expect(status()).toMatchObject({ share: 100, gain: "shown", state: { kind: "complete" } });
  });
});

describe("by hand", () => {
  test("a share is set, and the ramp is over", () => {
    const { clock, rollout, send, status } = rolledTraffic({ minMs: 0, minSamples: 1 });
    rollout.setShare("x", 30);
    send(5000, logNormal());
    clock.pass(1e6);
    expect(status()).toMatchObject({ share: 30, state: { kind: "steady" } });
  });

  test("one is stopped and resumed; all are killed and revived where they were", () => {
    const { lines, rollout, status } = rolledTraffic({ share: 100 });
    rollout.stop("x", "a bad feeling");
    expect(status()).toMatchObject({ share: 0, state: { kind: "stopped", reason: "a bad feeling" } });
    expect(() => rollout.setShare("x", 1)).toThrow("a bad feeling");
    rollout.resume("x");
    expect(rollout.isOn("x", 1)).toBe(true);
    rollout.kill("fire");
    expect(rollout.isOn("x", 1)).toBe(false);
    expect(status()).toMatchObject({ share: 0, isKilled: true, state: { kind: "steady" } });
    rollout.revive();
    expect(status()).toMatchObject({ share: 100, isKilled: false });
    rollout.setShare("x", 30);
    expect(lines).toEqual([
      'rollout "x": stopped by hand at 100 % of the traffic: a bad feeling. It stays off until rollout.resume("x") or a restart of the program.',
      'rollout "x": resumed by hand, at 100 % of the traffic.',
      'rollout "x": switched off by hand at 100 % of the traffic: fire. It stays off until rollout.revive().',
      'rollout "x": switched on again by hand, at 100 % of the traffic.',
      'rollout "x": set by hand from 100 to 30 % of the traffic.',
    ]);
  });

  test("all are killed, and said to be, whatever is given as the reason", () => {
    const { lines, rollout } = rolledTraffic({ share: 100 });
    const unprintable = { toString: () => rollout.resume("nobody") };
    for (const reason of [new Error("too hot"), 5, null, Symbol("s"), unprintable]) {
      rollout.kill(reason as never);
      expect(rollout.isOn("x", 1)).toBe(false);
      rollout.revive();
    }
    const of = (reason: string) =>
      `rollout "x": switched off by hand at 100 % of the traffic: ${reason}. It stays off until rollout.revive().`;
    expect(lines.filter((line) => !line.includes("switched on"))).toEqual(
      ["too hot", "5", "null", "Symbol(s)", "what can't be shown: object"].map(of),
    );
  });

  test("a reason with a long row of full stops is said as quickly as any", () => {
    const { lines, rollout } = rolledTraffic({ share: 100 });
    rollout.stop("x", `${".".repeat(500_000)}x. .\n.`);
    expect(lines[0]).toContain("..x. It stays off until");
  });

  test("an unknown id is told of, and a call for it takes the control", () => {
    const { rollout } = rolledTraffic();
    expect(() => rollout.setShare("y", 1)).toThrow('id: expected one of x, got "y"');
    expect(() => rollout.status("y")).toThrow(RangeError);
    expect(rollout.isOn("y", 1)).toBe(false);
    expect(rollout.run("y", 1, { on: () => "on", off: () => "off" })).toBe("off");
    expect(rollout.begin("y", 1).arm).toBe("off");
    expect(rollout.stats().unknown).toBe(3);
  });

  test("an unknown id is logged once, and ends the log for no other", () => {
    const { lines, rollout } = rolledTraffic();
    for (const id of ["y", "z", "y", 7 as never]) rollout.isOn(id);
    rollout.run("z", 1, { on: () => 1, off: () => 0 });
    expect(lines).toEqual([
      'rollout has no optimization "y", so that stays off; there are x',
      'rollout has no optimization "z", so that stays off; there are x',
      "rollout has no optimization of type number, so that stays off; there are x",
    ]);
    for (let i = 0; i < 100; i++) rollout.isOn(`made up ${i}`);
    expect(lines).toHaveLength(20);
  });

  test("an unknown id that nobody listens to is a warning of the process", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    const { rollout } = rolledTraffic({}, { log: undefined });
    for (let i = 0; i < 3; i++) rollout.isOn("query-cahce");
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);
    expect(warnings).toMatchObject([
      { code: "VICTOR_ROLLOUT_UNKNOWN", message: expect.stringContaining('"query-cahce"') },
    ]);
  });

  test("an unknown id doesn't compile where the ids are known", () => {
    using rollout = new Rollout({ optimizations: { search: {} }, log: () => undefined });
    // @ts-expect-error: it is "search"
    expect(rollout.isOn("serach")).toBe(false);
    expect(rollout.status("search").id).toBe("search");
  });

  test("after close all is off, no timer is left, and only reading goes on", () => {
    const { clock, rollout, status } = rolledTraffic({ share: 100 });
    rollout[Symbol.dispose]();
    rollout.close();
    expect(clock.pending).toBe(0);
    expect(rollout.isOn("x", 1)).toBe(false);
    expect(rollout.run("x", 1, { on: () => "on", off: () => "off" })).toBe("off");
    expect(() => rollout.setShare("x", 1)).toThrow(ClosedError);
    expect(() => rollout.kill()).toThrow(ClosedError);
    expect(status().id).toBe("x");
  });

  test("a listener and a log that give a rejected promise end nothing, and are counted", async () => {
    const unhandled = vi.fn();
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", unhandled);
    const rejected = async (): Promise<void> => {
      throw new Error("listener");
    };
    try {
      const { rollout, status } = rolledTraffic({ share: 50 }, { onEvent: rejected, log: rejected });
      rollout.stop("x");
      await new Promise((resolve) => setImmediate(resolve));
      expect(status().state.kind).toBe("stopped");
      expect(rollout.stats().callbackErrors).toBe(2);
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", unhandled);
      for (const other of others) process.on("unhandledRejection", other);
    }
  });

  test("a listener that throws changes nothing, and is counted", () => {
    const { rollout, status } = rolledTraffic(
      { share: 50 },
      {
        onEvent: () => {
          throw new Error("listener");
        },
      },
    );
    rollout.stop("x");
    expect(status().state.kind).toBe("stopped");
    expect(rollout.stats().callbackErrors).toBe(1);
  });

  test("a roll-back that nobody listens to is a warning of the process", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    const { send } = rolledTraffic({ share: 50 }, { log: undefined });
    send(100, logNormal(1, 1));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);
    expect(warnings).toMatchObject([{ code: "VICTOR_ROLLOUT", message: expect.stringContaining("errors") }]);
  });
});

test.each<[string, object]>([
  ["Rollout: unknown option", { optimizations: { x: {} }, shares: 1 }],
  ["optimizations: expected", {}],
  ["optimizations: expected 1 to 1000 optimizations by id, got 0", { optimizations: {} }],
  ["optimizations.x: unknown option", { optimizations: { x: { steps: [] } } }],
  ["optimizations.x: expected either ramp or share", { optimizations: { x: { ramp: [1], share: 1 } } }],
  ["optimizations.x.ramp[1]: expected more than 5", { optimizations: { x: { ramp: [5, 5] } } }],
  ["optimizations.x.ramp[0]: expected", { optimizations: { x: { ramp: [101] } } }],
  ["optimizations.x.ramp: expected an array", { optimizations: { x: { ramp: [] } } }],
  ["optimizations.x.share: expected", { optimizations: { x: { share: -1 } } }],
  ["optimizations.x.minSamples", { optimizations: { x: { minSamples: 0 } } }],
  ["optimizations.x.minMs", { optimizations: { x: { minMs: -1 } } }],
  ["optimizations.x.hungAfterMs", { optimizations: { x: { hungAfterMs: 0 } } }],
  ["optimizations.x.perKeyMs", { optimizations: { x: { perKeyMs: -1 } } }],
  ["optimizations.x.isFailure", { optimizations: { x: { isFailure: 1 } } }],
  ["optimizations.x.guardrails[0].kind", { optimizations: { x: { guardrails: [{ kind: "speed" }] } } }],
  ["guardrails[0]: unknown option", { optimizations: { x: { guardrails: [{ kind: "errors", rate: 1 }] } } }],
  ["guardrails[0].quantile", { optimizations: { x: { guardrails: [{ kind: "latency", quantile: 1 }] } } }],
  [
    "guardrails[0].maxIncrease",
    { optimizations: { x: { guardrails: [{ kind: "errors", maxIncrease: -1 }] } } },
  ],
  [
    "guardrails[0].includeFailed",
    { optimizations: { x: { guardrails: [{ kind: "latency", includeFailed: 1 }] } } },
  ],
  ["guardrails[0].slackMs", { optimizations: { x: { guardrails: [{ kind: "latency", slackMs: -1 }] } } }],
  ["guardrails[0].source", { optimizations: { x: { guardrails: [{ kind: "staleness" }] } } }],
  ["guardrails[0].check", { optimizations: { x: { guardrails: [{ kind: "check", name: "a" }] } } }],
  ["guardrails[0].value", { optimizations: { x: { guardrails: [{ kind: "value" }] } } }],
  [
    "another guardrail is called",
    { optimizations: { x: { guardrails: [{ kind: "errors" }, { kind: "errors" }] } } },
  ],
  [
    "optimizations.x.benefit.minShare",
    { optimizations: { x: { benefit: { minGain: 0.1, minShare: 101 } } } },
  ],
  ["optimizations.x.benefit.minGain", { optimizations: { x: { benefit: {} } } }],
  ["alpha: expected", { optimizations: { x: {} }, alpha: 0 }],
  ["seed: expected", { optimizations: { x: {} }, seed: -1 }],
  ["checkMs: expected", { optimizations: { x: {} }, checkMs: 1 }],
  ["onEvent: expected", { optimizations: { x: {} }, onEvent: 1 }],
])("a wrong option is told of: %s", (message, options) => {
  expect(() => new Rollout(options as never)).toThrow(message);
});

test("guardrails share alpha evenly, and one's own checks take no part of it", () => {
  const check = { kind: "check", name: "mine", check: () => undefined } as const;
  const limits = (options: OptimizationOptions, alpha?: number) =>
    rolledTraffic(options, { alpha })
      .status()
      .guardrails.map(({ limit }) => limit);
  expect(limits({})).toEqual([40, 40]);
  expect(limits({ guardrails: [{ kind: "errors" }, check] }, 0.1)).toEqual([10, 10]);
});
