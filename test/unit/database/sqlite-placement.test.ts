import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Placement } from "../../../src/database/sqlite/placement.ts";

const times = (count: number, fn: () => void): void => {
  for (let i = 0; i < count; i++) fn();
};

describe("Placement", () => {
  it("begins inline and stays there while no run exceeds the budget", () => {
    const placement = new Placement(2);
    times(1000, () => placement.record(2, "inline"));
    expect(placement.place).toBe("inline");
    expect(placement.maxMs).toBe(2);
  });

  it("moves to a thread after a single run over the budget", () => {
    const placement = new Placement(2);
    placement.record(2.001, "inline");
    expect(placement.place).toBe("thread");
  });

  it("comes back after 32 runs in a row of at most half the budget, not after 31", () => {
    const placement = new Placement(2);
    placement.record(3, "inline");
    times(31, () => placement.record(1, "thread"));
    expect(placement.place).toBe("thread");
    placement.record(1, "thread");
    expect(placement.place).toBe("inline");
  });

  it("counts anew after a run on the thread over half the budget", () => {
    const placement = new Placement(2);
    placement.record(3, "inline");
    times(31, () => placement.record(1, "thread"));
    placement.record(1.01, "thread");
    times(31, () => placement.record(1, "thread"));
    expect(placement.place).toBe("thread");
    placement.record(1, "thread");
    expect(placement.place).toBe("inline");
  });

  it("asks for twice the proof at each relapse, up to 4,096", () => {
    const placement = new Placement(2);
    const proofs: number[] = [];
    for (let relapse = 0; relapse < 9; relapse++) {
      placement.record(3, "inline");
      let runs = 0;
      while (placement.place === "thread") {
        placement.record(0.1, "thread");
        runs++;
      }
      proofs.push(runs);
    }
    expect(proofs).toEqual([32, 64, 128, 256, 512, 1024, 2048, 4096, 4096]);
  });

  it("forgives the past after 10,000 runs inline", () => {
    const placement = new Placement(2);
    placement.record(3, "inline");
    times(32, () => placement.record(0.1, "thread"));
    times(10_000, () => placement.record(0.1, "inline"));
    placement.record(3, "inline");
    times(32, () => placement.record(0.1, "thread"));
    expect(placement.place).toBe("inline");
  });

  it("ignores, but for the maximum, a run that was begun before the last move", () => {
    const placement = new Placement(2);
    placement.record(3, "inline");
    times(32, () => placement.record(0.1, "thread"));
    placement.record(50, "thread");
    expect(placement.place).toBe("inline");
    expect(placement.maxMs).toBe(50);
  });

  it("never lets a statement run inline right after it was over the budget there", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 6, noNaN: true }), { maxLength: 300 }), (durations) => {
        const placement = new Placement(2);
        for (const duration of durations) {
          const ranAt = placement.place;
          placement.record(duration, ranAt);
          if (ranAt === "inline" && duration > 2) expect(placement.place).toBe("thread");
          if (ranAt === "thread" && duration > 1) expect(placement.place).toBe("thread");
        }
      }),
    );
  });
});
