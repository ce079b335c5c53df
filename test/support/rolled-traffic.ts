import { seededRandom } from "../../src/measure/random.ts";
import type { OptimizationOptions, RolloutEvent, RolloutOptions } from "../../src/rollout/index.ts";
import { Rollout } from "../../src/rollout/index.ts";
import { ManualClock } from "./manual-clock.ts";

/** One variant's call: how long it takes, and whether it fails. */
export type SimulatedCall = (random: () => number, atMs: number) => { latencyMs: number; failed?: boolean };

/** Log-normal latencies around 10 ms. */
export const logNormal =
  (factor = 1, errorRate = 0, sigma = 0.5): SimulatedCall =>
  (random) => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return { latencyMs: 10 * factor * Math.exp(sigma * normal), failed: random() < errorRate };
  };

/** A rollout of one optimization, "x", on a clock that goes by when told to. */
export function rolledTraffic(options: OptimizationOptions = {}, rest: Partial<RolloutOptions> = {}) {
  const clock = new ManualClock();
  const events: RolloutEvent[] = [];
  const lines: string[] = [];
  const rollout = new Rollout({
    optimizations: { x: options },
    clock,
    randomSeed: 1,
    onEvent: (event) => events.push(event),
    log: (line) => lines.push(line),
    ...rest,
  });
  const random = seededRandom(7);
  /** Sends calls, `everyMs` apart, each of another user. */
  const send = (count: number, on: SimulatedCall, off: SimulatedCall = logNormal(), everyMs = 10) => {
    for (let i = 0; i < count; i++) {
      const arm = rollout.isOn("x", `user-${Math.floor(1e9 * random())}`) ? "on" : "off";
      rollout.record("x", arm, (arm === "on" ? on : off)(random, clock.now()));
      clock.pass(everyMs);
    }
  };
  return { clock, events, lines, rollout, send, status: () => rollout.status("x") };
}
