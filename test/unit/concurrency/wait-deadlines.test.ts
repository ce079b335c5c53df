import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { AdaptiveSemaphore } from "../../../src/concurrency/adaptive-semaphore.ts";
import { Partition } from "../../../src/concurrency/partition.ts";
import { WaitDeadlines } from "../../../src/concurrency/wait-deadlines.ts";
import { WaitQueue } from "../../../src/concurrency/wait-queue.ts";
import { Waiter } from "../../../src/concurrency/waiter.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const partition = new Partition("", 1, new WaitQueue(0));

function waiter(untilMs: number): Waiter {
  const claim = { partition, weight: 1, priority: 0, deadlineMs: untilMs, signal: undefined };
  return new Waiter(claim, 0, untilMs, 0, () => undefined, undefined);
}

test("all who stay are handed over when their time is over, and one timer is enough", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ untilMs: fc.integer({ min: 1, max: 50 }), leaves: fc.boolean() }), {
        maxLength: 500,
        size: "max",
      }),
      (plans) => {
        const clock = new ManualClock();
        const due: (readonly [untilMs: number, atMs: number])[] = [];
        const deadlines = new WaitDeadlines(
          clock,
          (each) => {
            each.isWaiting = false;
            due.push([each.untilMs, clock.now()]);
          },
          () => undefined,
        );
        const waiters = plans.map(({ untilMs }) => waiter(untilMs));
        for (const each of waiters) deadlines.add(each, 0);
        expect(clock.pending).toBe(Math.min(1, plans.length));
        for (const [i, each] of waiters.entries())
          if (plans[i]!.leaves) {
            each.isWaiting = false;
            deadlines.left();
          }
        const staying = plans.filter(({ leaves }) => !leaves).map(({ untilMs }) => untilMs);
        if (staying.length === 0) expect(clock.pending).toBe(0);
        clock.pass(50);
        expect(due).toEqual(staying.sort((a, b) => a - b).map((untilMs) => [untilMs, untilMs]));
        expect(clock.pending).toBe(0);
      },
    ),
  );
});

test("semaphores that are made, waited at and dropped leave no timers behind", async () => {
  const made = vi.spyOn(globalThis, "setInterval");
  for (let i = 0; i < 100; i++) {
    const semaphore = new AdaptiveSemaphore(`tenant ${i}`, { limit: 1 });
    const permit = await semaphore.acquire();
    const waiting = semaphore.acquire({ timeoutMs: 3_600_000 });
    permit.release();
    (await waiting).release();
  }
  // One keeps the process alive for all of them.
  expect(made.mock.calls.length).toBeLessThanOrEqual(1);
  made.mockRestore();
});
