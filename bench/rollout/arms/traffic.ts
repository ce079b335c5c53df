import type { Random } from "../../../src/measure/index.ts";

/** One call, before what its arm does to it. */
export interface Call {
  readonly isOn: boolean;
  readonly latencyMs: number;
  readonly errorRate: number;
}

/** @returns gives the i-th call of a stream, of which a share is treated */
export type Traffic = (random: Random) => (i: number, share: number) => Call;

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const latency = (random: Random, level = 1): number => 10 * level * Math.exp(0.5 * normal(random));

/** Calls of so many users, some of whom are slow and fail often; a user has one arm. */
const keyed =
  (users: number): Traffic =>
  (random) => {
    const all = Array.from({ length: users }, () => ({
      at: random(),
      level: Math.exp(0.3 * normal(random)),
      errorRate: random() < 0.1 ? 0.1 : 0,
    }));
    return (_i, share) => {
      const { at, level, errorRate } = all[Math.floor(users * random())]!;
      return { isOn: at < share, latencyMs: latency(random, level), errorRate };
    };
  };

export const traffics: Readonly<Record<string, Traffic>> = {
  still: (random) => (_i, share) => ({
    isOn: random() < share,
    latencyMs: latency(random),
    errorRate: 0.01,
  }),
  "waves, latency × 0.5 to 2, errors 0 to 2 %": (random) => (i, share) => {
    const wave = Math.sin(i / 500);
    return {
      isOn: random() < share,
      latencyMs: latency(random, 2 ** wave),
      errorRate: 0.01 * (1 + wave),
    };
  },
  "bursts, latency × 10, errors 30 %": (random) => {
    let left = 0;
    return (_i, share) => {
      if (left > 0) left--;
      else if (random() < 0.001) left = Math.floor(200 * random());
      const isBurst = left > 0;
      return {
        isOn: random() < share,
        latencyMs: latency(random, isBurst ? 10 : 1),
        errorRate: isBurst ? 0.3 : 0.01,
      };
    };
  },
  "many keys (100,000 users, unlike each other)": keyed(100_000),
  "few keys (100 users, unlike each other)": keyed(100),
};
