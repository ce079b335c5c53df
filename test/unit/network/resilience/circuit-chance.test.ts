/** Circuits by their defaults in virtual time, before origins that fail by chance. */
import { expect, test } from "vitest";
import { seededRandom } from "../../../../src/measure/random.ts";
import { OriginCircuits } from "../../../../src/network/resilience/origin-circuits.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { scriptedDispatch, send } from "../../../support/scripted-dispatch.ts";

interface Origin {
  readonly failureRate: number;
  readonly callers: number;
  readonly failureMs: number;
  readonly successMs: number;
}

const totalCalls = 3_000;

/** Each caller makes its next call when the one before has ended. @returns how many had ended when the circuit opened */
function endedBeforeItOpens({ failureRate, callers, failureMs, successMs }: Origin, seed: number): number {
  const clock = new ManualClock();
  const random = seededRandom(seed);
  const circuits = new OriginCircuits({ clock });
  let ended = 0;
  const { dispatch, sent } = scriptedDispatch((request) => {
    const isFailure = random() < failureRate;
    const ms = (isFailure ? failureMs : successMs) * (0.8 + 0.4 * random());
    clock.setTimeout(() => {
      if (circuits.stats().open.length > 0) return;
      ended++;
      request.start().answer(isFailure ? 503 : 200);
      if (sent.length < totalCalls) send(get);
    }, ms);
  });
  const get = circuits.policy(dispatch);
  for (let i = 0; i < callers; i++) send(get);
  while (clock.pending > 0) clock.pass(successMs);
  return circuits.stats().open.length > 0 ? ended : Number.POSITIVE_INFINITY;
}

const callersAtOnce = [1, 50, 500];
const speeds = [
  { failureMs: 1, successMs: 20 },
  { failureMs: 1, successMs: 3_000 },
  { failureMs: 3_000, successMs: 20 },
];
const endings = (failureRate: number): number[] =>
  callersAtOnce.flatMap((callers) =>
    speeds.flatMap((speed) =>
      [1, 2].map((seed) => endedBeforeItOpens({ failureRate, callers, ...speed }, seed)),
    ),
  );

test("none opens by chance at 22 % failures, in bursts or one by one, be failures or answers quicker", () => {
  expect(new Set([...endings(0), ...endings(0.22)])).toEqual(new Set([Number.POSITIVE_INFINITY]));
});

test("each opens at 60 % where there are enough calls a minute, and before a dead origin always", () => {
  for (const speed of speeds)
    for (const callers of [50, 500])
      expect(endedBeforeItOpens({ failureRate: 0.6, callers, ...speed }, 1)).toBeLessThan(1_200);
  for (const ended of endings(1)) expect(ended).toBeLessThan(300);
});

test("a dead origin that few ask is known after 20 calls in a row", () => {
  const slow = { failureRate: 1, callers: 1, failureMs: 3_000, successMs: 20 };
  expect(endedBeforeItOpens(slow, 1)).toBe(20);
});
