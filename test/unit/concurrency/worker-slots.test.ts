import { expect, test } from "vitest";
import { slotState, TaskSlots } from "../../../src/concurrency/worker-slots.ts";

/** Every order in which the steps of two sides can follow each other. */
function interleavings(a: readonly string[], b: readonly string[]): string[][] {
  if (a.length === 0 || b.length === 0) return [[...a, ...b]];
  return [
    ...interleavings(a.slice(1), b).map((rest) => [a[0]!, ...rest]),
    ...interleavings(a, b.slice(1)).map((rest) => [b[0]!, ...rest]),
  ];
}

test("in every order of steps, a task is either run to its end, taken back, or given up", () => {
  const seen = new Set<string>();
  for (const order of interleavings(["start", "finish"], ["revoke", "kill"])) {
    const pool = new TaskSlots();
    const thread = new TaskSlots(pool.buffer);
    pool.offer(3);
    const done: string[] = [];
    for (const step of order) {
      // Each side goes on only when its step before succeeded, or, in the pool, failed.
      if (step === "start" && thread.start(3)) done.push("start");
      if (step === "finish" && done.includes("start") && thread.finish(3, 1.5)) done.push("finish");
      if (step === "revoke" && pool.revoke(3)) done.push("revoke");
      if (step === "kill" && !done.includes("revoke") && pool.kill(3)) done.push("kill");
    }
    seen.add(`${done.join(" ")} → ${pool.state(3)}`);
  }
  expect([...seen].sort()).toEqual([
    `revoke → ${slotState.revoked}`,
    `start finish → ${slotState.done}`,
    `start kill → ${slotState.killed}`,
  ]);
});

test("the pool reads how long a task ran, and other slots stay as they were", () => {
  const pool = new TaskSlots();
  const thread = new TaskSlots(pool.buffer);
  for (const slot of [0, 1, 511]) pool.offer(slot);
  thread.start(511);
  thread.finish(511, 12.25);
  expect(pool.runMs(511)).toBe(12.25);
  expect([pool.state(0), pool.state(1)]).toEqual([slotState.ready, slotState.ready]);
});
