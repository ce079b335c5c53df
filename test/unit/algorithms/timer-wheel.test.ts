import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TimerWheel, tickMs } from "../../../src/algorithms/timer-wheel.ts";

const nextSlot = (due: ReadonlyMap<number, number>) => {
  for (let slot = 1; ; slot++) if (!due.has(slot)) return slot;
};

describe("TimerWheel", () => {
  test("hands every slot over once it is due, at most one tick late, whatever the order and the pauses", () => {
    const span = fc.oneof(
      fc.integer({ min: 0, max: 2000 }),
      fc.integer({ min: 0, max: 10_000_000 }),
      fc.integer({ min: 0, max: 400 * 86_400_000 }),
    );
    const step = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), ms: span }),
      fc.record({ kind: fc.constant("pass" as const), ms: span }),
      fc.record({ kind: fc.constant("remove" as const), ms: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(100_000), (steps, start) => {
        let now = start;
        const wheel = new TimerWheel(now);
        let capacity = 0;
        const due = new Map<number, number>();
        const turn = () =>
          wheel.advance(now, Number.POSITIVE_INFINITY, (slot) => {
            const at = due.get(slot);
            expect(at).toBeDefined();
            if (at! > now) wheel.add(slot, at!);
            else due.delete(slot);
          });
        for (const { kind, ms } of steps) {
          if (kind === "add") {
            const slot = nextSlot(due);
            if (slot > capacity) {
              capacity = slot + 3;
              wheel.grow(capacity);
            }
            wheel.add(slot, now + ms);
            due.set(slot, now + ms);
          } else if (kind === "remove") {
            const slot = [...due.keys()][ms % Math.max(1, due.size)];
            if (slot === undefined) continue;
            wheel.remove(slot);
            due.delete(slot);
          } else {
            now += ms;
            expect(turn()).toBe(true);
          }
          for (const [slot, at] of due) {
            expect(wheel.has(slot)).toBe(true);
            expect(at).toBeGreaterThan(now - 2 * tickMs);
          }
        }
        // Sleeping until it says so is enough.
        for (let next = wheel.nextMs(); next !== undefined; next = wheel.nextMs()) {
          expect(next).toBeGreaterThan(now - 1);
          now = Math.max(now, next);
          turn();
          for (const at of due.values()) expect(at).toBeGreaterThan(now - 2 * tickMs);
        }
        expect(due.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("stops after as many slots as asked, and goes on from there", () => {
    const wheel = new TimerWheel(0);
    wheel.grow(10);
    for (let slot = 1; slot <= 10; slot++) wheel.add(slot, 5);
    const taken: number[] = [];
    expect(wheel.advance(100, 4, (slot) => taken.push(slot))).toBe(false);
    expect(wheel.nextMs()).toBe(100);
    wheel.remove(7);
    wheel.add(1, 150);
    expect(wheel.advance(100, 100, (slot) => taken.push(slot))).toBe(true);
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10]);
    expect(wheel.has(1)).toBe(true);
    expect(wheel.nextMs()).toBe(160);
  });

  test("a slot farther ahead than the wheel reaches is kept until it is due", () => {
    const wheel = new TimerWheel(0);
    wheel.grow(1);
    const year = 365 * 86_400_000;
    wheel.add(1, 3 * year);
    let turns = 0;
    let now = 0;
    for (; now < 3 * year; turns++) {
      now = wheel.nextMs()!;
      wheel.advance(now, 10, (slot) => now < 3 * year && wheel.add(slot, 3 * year));
    }
    expect(wheel.nextMs()).toBeUndefined();
    expect(now).toBeLessThan(3 * year + 2 * tickMs);
    expect(turns).toBeLessThan(20);
  });
});
