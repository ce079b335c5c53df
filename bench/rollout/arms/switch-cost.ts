import { createHash } from "node:crypto";
import type { Arm } from "../../../src/measure/index.ts";
import { Rollout } from "../../../src/rollout/index.ts";

const keys = Array.from({ length: 1024 }, (_, i) => `user-${i}-of-many`);
const share = 25;

const rolloutOf = (percent: number): Rollout =>
  new Rollout({ optimizations: { cache: { share: percent }, pool: {} }, log: () => undefined });

/** Asks again and again, and counts the answers. */
function asking(ask: (key: string) => boolean): Arm {
  let on = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) if (ask(keys[i & 1023]!)) on++;
    },
    answer: () => keys.length,
    counters: () => ({ on }),
  };
}

export function isOnKeyed(): Arm {
  const rollout = rolloutOf(share);
  return asking((key) => rollout.isOn("cache", key));
}

export function isOn(): Arm {
  const rollout = rolloutOf(share);
  return asking(() => rollout.isOn("cache"));
}

export function isOnFull(): Arm {
  const rollout = rolloutOf(100);
  return asking((key) => rollout.isOn("cache", key));
}

export const byChance = (): Arm => asking(() => Math.random() < share / 100);

export const bySha = (): Arm =>
  asking(
    (key) => createHash("sha256").update(`cache${key}`).digest().readUInt32BE() < (share / 100) * 2 ** 32,
  );

export function run(): Arm {
  const rollout = rolloutOf(share);
  const variants = { on: () => true, off: () => false };
  return asking((key) => rollout.run("cache", key, variants));
}

export function beginAndEnd(): Arm {
  const rollout = rolloutOf(share);
  return asking(() => {
    const call = rollout.begin("cache");
    call.succeed();
    return call.arm === "on";
  });
}

const asyncArm = (call: (key: string) => Promise<boolean>): Arm => {
  let on = 0;
  return {
    async run(count) {
      for (let i = 0; i < count; i++) if (await call(keys[i & 1023]!)) on++;
    },
    answer: () => keys.length,
    counters: () => ({ on }),
  };
};

export function runAsync(): Arm {
  const rollout = rolloutOf(share);
  const variants = { on: () => Promise.resolve(true), off: () => Promise.resolve(false) };
  return asyncArm((key) => rollout.run("cache", key, variants));
}

export const bareAsync = (): Arm => asyncArm(() => Promise.resolve(true));
