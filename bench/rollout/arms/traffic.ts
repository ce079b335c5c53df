import { type Random, seededRandom } from "../../../src/measure/index.ts";

/** One call, before what its arm does to it. */
export interface Call {
  readonly isOn: boolean;
  readonly latencyMs: number;
  readonly errorRate: number;
  /** A hash of its user, where there are some that come again. */
  readonly key?: number;
}

/** @returns gives the i-th call of a stream, of which a share is treated */
export type Traffic = (random: Random) => (i: number, share: number) => Call;

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const latency = (random: Random, level = 1): number => 10 * level * Math.exp(0.5 * normal(random));

/** @returns a number in [0, 1) that is another for each user of each stream */
function placeOf(user: number, salt: number): number {
  let hash = Math.imul(user + 1, 0x9e3779b9) ^ salt;
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/** Calls of so many users, some of whom are slow and fail often; a user has one arm. */
function keyed(users: number): Traffic {
  const random = seededRandom(users);
  const levels = Float64Array.from({ length: users }, () => Math.exp(0.3 * normal(random)));
  return (stream) => {
    const salt = Math.floor(2 ** 32 * stream());
    return (_i, share) => {
      const user = Math.floor(users * stream());
      return {
        key: Math.imul(user + 1, 0x9e3779b9),
        isOn: placeOf(user, salt) < share,
        latencyMs: latency(stream, levels[user]),
        errorRate: user % 10 === 0 ? 0.1 : 0,
      };
    };
  };
}

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
