import type { MetricSample } from "../metrics/metric.ts";
import type { Optimization } from "./optimization.ts";
import type { RolloutCounts, RolloutState } from "./rollout-status.ts";

const states: readonly RolloutState["kind"][] = ["ramping", "complete", "steady", "stopped", "rolled-back"];
/** A gauge takes no infinite value. */
const mostEvidence = 1e300;

/** @returns what one optimization counts, as samples */
export function* rolloutSamples(optimization: Optimization): Iterable<MetricSample> {
  const { id, share, arms, counts } = optimization;
  const sample = (
    type: "counter" | "gauge",
    name: string,
    help: string,
    unit: string,
    value: number,
    labels: Readonly<Record<string, string>> = {},
  ): MetricSample => ({
    type,
    name: `victor.rollout.${name}`,
    help,
    unit,
    labels: { "victor.rollout.id": id, ...labels },
    value,
  });
  yield sample("gauge", "share", "Share of the traffic that the optimization is on for", "1", share / 100);
  for (const state of states)
    yield sample(
      "gauge",
      "state",
      "1 for the state that the rollout is in, else 0",
      "1",
      optimization.stateKind === state ? 1 : 0,
      { state },
    );
  const calls = "Calls, by arm and by what became of them";
  for (const [arm, { succeeded, failed, durations }] of Object.entries(arms)) {
    yield sample("counter", "calls", calls, "{call}", succeeded, { arm, outcome: "success" });
    yield sample("counter", "calls", calls, "{call}", failed, { arm, outcome: "failure" });
    yield {
      type: "histogram",
      name: "victor.rollout.duration",
      help: "Duration of the calls that succeeded",
      unit: "s",
      labels: { "victor.rollout.id": id, arm },
      histogram: durations,
    };
  }
  for (const [guardrail, value] of optimization.rollbacks)
    yield sample("counter", "rollbacks", "Roll-backs, by guardrail", "{rollback}", value, { guardrail });
  if (optimization.rollbackFigures !== undefined)
    for (const arm of ["on", "off"] as const) {
      const seen = optimization.rollbackFigures[arm];
      if (seen === undefined) continue;
      const share =
        "Of the calls that the last roll-back was judged by, the share that counted against their arm";
      yield sample("gauge", "rollback_share", share, "1", seen.events / Math.max(1, seen.calls), { arm });
    }
  for (const [guardrail, evidence] of optimization.evidence())
    yield sample(
      "gauge",
      "evidence",
      "Evidence that a guardrail is violated: 1 is none",
      "1",
      Math.min(mostEvidence, evidence),
      { guardrail },
    );
  for (const kind of Object.keys(counts) as (keyof RolloutCounts)[])
    yield sample("counter", "left_out", "Calls not compared, by why", "{call}", counts[kind], { kind });
}
