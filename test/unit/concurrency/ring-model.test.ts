import { describe, expect, it } from "vitest";
import { type Exploration, explore } from "../../support/interleavings.ts";
import { LateStores, LateWrites, SilentWaiters, SplitExchange } from "../../support/ring-faults.ts";
import { type RingModel, type Role, ringModel } from "../../support/ring-models.ts";

const long = process.env.VICTOR_LONG !== undefined;
const pushes = (...items: number[]): Role => ({ pushes: items });
const pushesAll = (...items: number[]): Role => ({ pushes: items, batch: true });
const pops = (count: number): Role => ({ pops: count });
const drains = (count: number, atOnce: number): Role => ({ pops: count, drains: atOnce });
const popsAsync = (count: number): Role => ({ popsAsync: count });
const untilEnd = Number.POSITIVE_INFINITY;
const closes: Role = { closes: true };

function exploreRing(model: RingModel): Exploration {
  return explore(ringModel(model), 30_000_000);
}

/** Positions wrap in the course of the run. */
const beforeWrap = -8;
const beforeSignChange = 2 ** 31 - 8;

const models: readonly (readonly [name: string, model: RingModel, onlyLong?: "long"])[] = [
  ["SPSC, 3 records", { kind: "spsc", capacity: 2, roles: [pushes(1, 2, 3), pops(3)] }],
  [
    "SPSC, closed at any point",
    { kind: "spsc", capacity: 2, roles: [pushes(1, 2, 3), pops(untilEnd), closes] },
  ],
  [
    "SPSC, in batches, closed at any point",
    { kind: "spsc", capacity: 2, roles: [pushesAll(1, 2, 3), drains(untilEnd, 2), closes] },
  ],
  [
    "SPSC, asynchronous consumer, closed at any point",
    { kind: "spsc", capacity: 2, roles: [pushes(1, 2), popsAsync(untilEnd), closes] },
  ],
  ...[beforeWrap, beforeSignChange].map((first): readonly [string, RingModel] => [
    `SPSC, positions from ${first} on`,
    { kind: "spsc", capacity: 2, first, roles: [pushes(1, 2, 3), pops(3)] },
  ]),
  ["MPMC, 2 producers, 1 consumer", { kind: "mpmc", capacity: 2, roles: [pushes(1, 2), pushes(3), pops(3)] }],
  [
    "MPMC, 1 producer, 2 consumers",
    { kind: "mpmc", capacity: 2, roles: [pushes(1, 2, 3), pops(2), pops(1)] },
  ],
  [
    "MPMC, 2 producers, 2 consumers",
    { kind: "mpmc", capacity: 2, roles: [pushes(1), pushes(2), pops(1), pops(1)] },
  ],
  [
    "MPMC, 2 producers, 2 consumers, a single slot",
    { kind: "mpmc", capacity: 1, roles: [pushes(1), pushes(2), pops(1), pops(1)] },
  ],
  [
    "MPMC, 2 producers, closed at any point",
    { kind: "mpmc", capacity: 2, roles: [pushes(1), pushes(2), pops(untilEnd), closes] },
  ],
  [
    "MPMC, 2 consumers, closed at any point",
    { kind: "mpmc", capacity: 2, roles: [pushes(1), pops(untilEnd), pops(untilEnd), closes] },
  ],
  [
    "MPMC, a blocking and an asynchronous consumer",
    { kind: "mpmc", capacity: 2, roles: [pushes(1, 2), pops(1), popsAsync(1)] },
  ],
  [
    "MPMC, asynchronous consumer, closed at any point",
    { kind: "mpmc", capacity: 2, roles: [pushes(1, 2), popsAsync(untilEnd), closes] },
  ],
  ["MPMC, in batches", { kind: "mpmc", capacity: 2, roles: [pushesAll(1, 2), pushes(3), drains(3, 2)] }],
  ...[beforeWrap, beforeSignChange].map((first): readonly [string, RingModel] => [
    `MPMC, positions from ${first} on`,
    { kind: "mpmc", capacity: 2, first, roles: [pushes(1, 2, 3, 4, 5), pops(5)] },
  ]),
  [
    "SPSC, asynchronous consumer, 3 records, closed at any point",
    { kind: "spsc", capacity: 2, roles: [pushes(1, 2, 3), popsAsync(untilEnd), closes] },
    "long",
  ],
  [
    "MPMC, in batches, closed at any point",
    { kind: "mpmc", capacity: 2, roles: [pushesAll(1, 2), pushes(3), drains(untilEnd, 2), closes] },
    "long",
  ],
  [
    "MPMC, 2 producers, 2 consumers, 3 records",
    { kind: "mpmc", capacity: 2, roles: [pushes(1, 2), pushes(3), pops(2), pops(1)] },
    "long",
  ],
  [
    "MPMC, 1 producer, 2 consumers, closed at any point",
    { kind: "mpmc", capacity: 2, roles: [pushes(1, 2), pops(untilEnd), pops(untilEnd), closes] },
    "long",
  ],
  [
    "MPMC, 2 producers, 2 consumers, closed at any point",
    { kind: "mpmc", capacity: 2, roles: [pushes(1), pushes(2), pops(untilEnd), pops(untilEnd), closes] },
    "long",
  ],
];

describe("in every order of accesses, nothing is lost, doubled, reordered or waits for ever", () => {
  for (const [name, model, onlyLong] of models)
    if (long || onlyLong === undefined)
      it(name, () => {
        const { fault, states, endings } = exploreRing(model);
        expect(fault).toBeUndefined();
        expect(states).toBeGreaterThan(1000);
        // Where it is closed at any point, some of the records get in, and there is an ending for each number of them.
        expect(endings).toBeGreaterThan(model.roles.includes(closes) ? 1 : 0);
      }, 1_200_000);
});

describe("the model finds a seeded fault", () => {
  const oneEach = { capacity: 2, roles: [pushes(1), pops(1)] };

  it("a record that is published before it is written, in an SpscRing", () => {
    const { fault } = exploreRing({ kind: "spsc", ...oneEach, fault: (memory) => new LateWrites(memory) });
    expect(fault?.why).toMatch(/popped what wasn't pushed/);
  });

  it("a record that is published before it is written, in an MpmcRing", () => {
    const { fault } = exploreRing({ kind: "mpmc", ...oneEach, fault: (memory) => new LateWrites(memory) });
    expect(fault?.why).toMatch(/popped what wasn't pushed/);
  });

  it("a signal that comes before what it tells of", () => {
    const { fault } = exploreRing({ kind: "mpmc", ...oneEach, fault: (memory) => new LateStores(memory) });
    expect(fault?.why).toMatch(/wait for ever/);
    expect(fault?.trace.some((access) => access.endsWith("sleeps"))).toBe(true);
  });

  it("a waiter that doesn't announce itself", () => {
    for (const kind of ["spsc", "mpmc"] as const) {
      const { fault } = exploreRing({ kind, ...oneEach, fault: (memory) => new SilentWaiters(memory) });
      expect(fault?.why).toMatch(/wait for ever/);
    }
  });

  it("a signal that wakes only one of two", () => {
    const roles = [pushes(1, 2), pops(1), pops(1)];
    const { fault } = exploreRing({ kind: "mpmc", capacity: 2, roles, wakesOne: true });
    expect(fault?.why).toMatch(/wait for ever/);
  });

  it("a compare-and-exchange in two steps", () => {
    const roles = [pushes(1), pushes(2), pops(2)];
    const { fault } = exploreRing({
      kind: "mpmc",
      capacity: 2,
      roles,
      fault: (memory) => new SplitExchange(memory),
    });
    expect(fault).toBeDefined();
  });
});

describe("taking together the states that come to the same", () => {
  const small: readonly RingModel[] = [
    { kind: "spsc", capacity: 2, roles: [pushes(1), pops(untilEnd), closes] },
    { kind: "mpmc", capacity: 2, roles: [pushes(1), pops(untilEnd), closes] },
    { kind: "mpmc", capacity: 2, roles: [pushes(1), pushes(2), pops(2)] },
    { kind: "mpmc", capacity: 2, roles: [pushes(1, 2), popsAsync(2)] },
  ];
  it("leaves all endings, and the same verdict", () => {
    for (const model of small) {
      const apart = exploreRing({ ...model, forgets: false });
      const together = exploreRing(model);
      expect(together.endings).toBe(apart.endings);
      expect(together.fault).toEqual(apart.fault);
      expect(together.states).toBeLessThan(apart.states);
    }
  });
});
