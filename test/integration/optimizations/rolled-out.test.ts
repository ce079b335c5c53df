import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OptimizationsStatus, StepStatus } from "../../../src/optimizations/status.ts";
import type { RolloutEvent } from "../../../src/rollout/index.ts";
import { autoFile, plainEnvironment, prepareRealPackages } from "../../support/real-packages.ts";
import { runNode } from "../../support/run-node.ts";

const applyAll = new URL("../../../dist/optimizations/apply-all.js", import.meta.url).href;
const program = fileURLToPath(new URL("../../fixtures/optimizations/rolled-out.mjs", import.meta.url));
let folder: string;

beforeAll(() => {
  prepareRealPackages();
  folder = mkdtempSync(join(tmpdir(), "victor-rolled-out-"));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

interface Told {
  readonly step: StepStatus;
  readonly afterClose: StepStatus;
  readonly events: readonly RolloutEvent[];
  readonly lines: readonly string[];
  readonly rollbacks: readonly { readonly value: number; readonly labels: Record<string, string> }[];
  readonly conditionalAfter: number;
  readonly timers: number;
}

async function rolledOut(scenario: string): Promise<Told> {
  const run = await runNode([program, applyAll, scenario], { env: plainEnvironment() });
  expect(run.stderr).toBe("");
  return JSON.parse(run.stdout) as Told;
}

describe("a step that is rolled out", () => {
  it("is switched off by itself where it does harm, with the reason in the log, an event, metrics and the status", async () => {
    const { step, afterClose, events, lines, rollbacks, conditionalAfter, timers } = await rolledOut("harm");
    expect(events).toMatchObject([
      { kind: "rolled-back", id: "response-cache", share: 0, guardrail: "p50 latency" },
    ]);
    const reason = events[0]?.reason ?? "";
    expect(reason).toMatch(
      /^p50 latency: calls take longer with it\. [\d,]+ of [\d,]+ calls with it \([\d.]+ %\) were over the limit, which is the p50 without it plus 5 % and 0\.1 ms .*; [\d,]+ of [\d,]+ without it \([\d.]+ %\) were over that p50 /,
    );
    const advice =
      'It stays off until a restart of the program or applyAllOptimizations().rollout.resume("response-cache"); the setting {"rollout":{"optimizations":{"response-cache":false}}} has it on for all calls, unjudged.';
    expect(lines).toEqual([
      `rollout "response-cache": switched off at 50 % of the traffic by ${reason}. ${advice}`,
    ]);
    expect(rollbacks).toEqual([
      { value: 1, labels: { "victor.rollout.id": "response-cache", guardrail: "p50 latency" } },
    ]);
    expect(step).toMatchObject({
      state: "off",
      reason: `switched off by its rollout: ${reason}. ${advice}`,
      rollout: { share: 0, state: { kind: "rolled-back", guardrail: "p50 latency", reason } },
    });
    expect(step.rollout!.arms.on.counted).toBeGreaterThan(0);
    expect(step.rollout!.arms.off.counted).toBeGreaterThan(0);
    // The cache that did the harm is no longer asked.
    expect(conditionalAfter).toBe(0);
    expect(afterClose).toMatchObject({ state: "off", reason: "closed" });
    expect(timers).toBe(0);
  });

  it("stays on where it does none, though what is retried takes longer", async () => {
    const { step, events, lines } = await rolledOut("help");
    expect([events, lines]).toEqual([[], []]);
    expect(step).toMatchObject({ state: "applied", rollout: { share: 50, state: { kind: "steady" } } });
    const { on, off } = step.rollout!.arms;
    expect(on.counted + off.counted).toBe(2020);
    expect(on.failed / on.counted).toBeLessThan(off.failed / off.counted);
  });
});

describe("auto mode", () => {
  /** Runs a program under auto mode. @returns the status that was written when it ended */
  async function underAuto(text: string, env: NodeJS.ProcessEnv, name = "program.mjs") {
    const statusFile = join(folder, "status.json");
    const run = await runNode(["--import", autoFile, file(name, text)], {
      env: plainEnvironment({ VICTOR_STATUS_FILE: statusFile, ...env }),
    });
    expect(run.stderr).toBe("");
    const { steps } = JSON.parse(readFileSync(statusFile, "utf8")) as OptimizationsStatus;
    return (id: string) => steps.find((step) => step.id === id)!;
  }
  const lookups = `
    import { lookup } from "node:dns";
    for (let i = 0; i < 40; i++) {
      const given = i % 2 === 0 ? [] : [{ all: true }];
      await new Promise((resolve) => lookup("localhost", ...given, resolve));
    }
    lookup("127.0.0.1", () => undefined);
    try {
      lookup("localhost", { family: 5 }, () => undefined);
    } catch (error) {
      if (error.code !== "ERR_INVALID_ARG_VALUE") throw error;
    }`;

  it("rolls out the steps that are asked for by VICTOR_ROLLOUT, and lets most calls be without them at first", async () => {
    const stepOf = await underAuto(lookups, { VICTOR_ROLLOUT: "on" });
    expect(stepOf("dns-cache")).toMatchObject({
      state: "applied",
      rollout: { share: 1, state: { kind: "ramping", stage: 0 } },
    });
    const { on, off } = stepOf("dns-cache").rollout!.arms;
    expect(on.counted + off.counted).toBe(40);
    expect(stepOf("retries")).toMatchObject({ state: "off", reason: "not asked for (opt-in)" });
    expect(stepOf("retries").rollout).toBeUndefined();
  });

  it("takes options of the rollout as JSON, and says which of the steps have nothing to switch", async () => {
    const rollout = { optimizations: { "dns-cache": { share: 100 }, retries: {} } };
    const stepOf = await underAuto(lookups, { VICTOR_ROLLOUT: JSON.stringify(rollout) });
    expect(stepOf("dns-cache").rollout).toMatchObject({
      arms: { on: { succeeded: 40, failed: 0 }, off: { counted: 0 } },
    });
    expect(stepOf("retries").reason).toBe(
      "not asked for (opt-in), so that its rollout has nothing to switch",
    );
  });

  it("says at stderr that a step goes up a stage, unless Node is told not to", async () => {
    const text = `
      import { lookup } from "node:dns";
      import { setTimeout as sleep } from "node:timers/promises";
      import { applyAllOptimizations } from ${JSON.stringify(applyAll)};
      const { rollout } = applyAllOptimizations();
      while (rollout.status("dns-cache").state.kind === "ramping") {
        await new Promise((resolve) => lookup("localhost", resolve));
        await sleep(1);
      }`;
    const options = { ramp: [50, 95], minMs: 0, minSamples: 1, benefit: false, guardrails: [] };
    const rollout = JSON.stringify({ checkMs: 10, optimizations: { "dns-cache": options } });
    const program = ["--import", autoFile, file("stages.mjs", text)];
    const told = await runNode(program, { env: plainEnvironment({ VICTOR_ROLLOUT: rollout }) });
    expect(told.stderr).toMatch(
      /^\(node:\d+\) \[VICTOR_ROLLOUT_STAGE\] RolloutWarning: rollout "dns-cache": raised from 50 to 95 % of the traffic, its last stage: no harm was shown in \d+ calls with it and \d+ without it\.$/m,
    );
    const quiet = await runNode(["--disable-warning=VICTOR_ROLLOUT_STAGE", ...program], {
      env: plainEnvironment({ VICTOR_ROLLOUT: rollout }),
    });
    expect(quiet).toMatchObject({ code: 0, stderr: "" });
  });

  it("ends a program at its start whose rollout names no step, and says which there are", async () => {
    const run = await runNode(["--import", autoFile, file("never.mjs", "console.log('started')")], {
      env: plainEnvironment({ VICTOR_ROLLOUT: '{"optimizations":{"retrys":{}}}' }),
    });
    expect(run).toMatchObject({ code: 9, stdout: "" });
    expect(run.stderr).toContain(
      'VICTOR_ROLLOUT: rollout.optimizations: expected one of "dns-cache", "response-cache", "retries", got "retrys"',
    );
  });
});
