import { expect, test } from "vitest";
import { LifeCycle } from "../../../../src/memory/profile/life-cycle.ts";
import { collectGarbage } from "../../../support/collect-garbage.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

/** In a function of its own, so that no register holds the last one. */
function bear(life: LifeCycle, count: number, hold: object[] = []): object[] {
  for (let i = 0; i < count; i++) {
    const object = { i };
    life.born(object);
    hold.push(object);
  }
  return hold;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await collectGarbage();
}

test("what is held is alive, what isn't is found dead, with its lifetime", async () => {
  const clock = new ManualClock();
  const life = new LifeCycle("Thing", { sampleEvery: 1, clock });
  const held = bear(life, 10);
  bear(life, 30);
  clock.pass(500);
  await until(() => life.stats().alive === 10);
  expect(life.stats()).toMatchObject({
    name: "Thing",
    born: 40,
    sampled: 40,
    alive: 10,
    oldestMs: 500,
    lifetimeMs: { max: 500 },
  });
  expect(held).toHaveLength(10);
});

test("survivors are counted by full collections, each by those that met it", async () => {
  const life = new LifeCycle("Thing", { sampleEvery: 1 });
  const held = bear(life, 30);
  bear(life, 70);
  await until(() => life.stats().alive === 30);
  const [first, ...later] = life.stats().survivors;
  expect(first).toBe(0.3);
  expect(later.every((share) => share === 1)).toBe(true);
  held.length = 0;
  await until(() => life.stats().alive === 0);
  expect(life.stats().survivors.at(-1)).toBeLessThan(1);
});

test("a sample at random of one in a hundred tells how many are alive", async () => {
  const life = new LifeCycle("Thing");
  const held = bear(life, 100_000);
  bear(life, 100_000);
  expect(life.stats().sampled).toBeGreaterThan(1500);
  expect(life.stats().sampled).toBeLessThan(2500);
  await until(() => life.stats().alive < 150_000);
  expect(life.stats().alive).toBeGreaterThan(80_000);
  expect(life.stats().alive).toBeLessThan(120_000);
  expect(held).toHaveLength(100_000);
});

test("no more are followed at the same time than was allowed", () => {
  const life = new LifeCycle("Thing", { sampleEvery: 1, maxSamples: 5 });
  const held = bear(life, 20);
  expect(life.stats()).toMatchObject({ born: 20, sampled: 5, alive: 20 });
  expect(held).toHaveLength(20);
});

test("closed, it counts on and follows none", async () => {
  const life = new LifeCycle("Thing", { sampleEvery: 1 });
  bear(life, 5);
  life.close();
  bear(life, 5);
  await collectGarbage();
  expect(life.stats()).toMatchObject({ born: 10, sampled: 5, alive: 0, lifetimeMs: undefined });
});

test("born and alive are metrics", () => {
  const life = new LifeCycle("Thing", { sampleEvery: 1 });
  const held = bear(life, 3);
  expect([...life.collect()]).toMatchObject([
    { type: "counter", name: "victor.memory.life_cycle.born", value: 3, labels: { "object.name": "Thing" } },
    { type: "gauge", name: "victor.memory.life_cycle.alive", value: 3 },
  ]);
  expect(held).toHaveLength(3);
});

test("wrong options are refused by name", () => {
  expect(() => new LifeCycle("")).toThrow("name: expected a name");
  expect(() => new LifeCycle("x", { sampleEvery: 0 })).toThrow("sampleEvery: expected an integer ≥ 1, got 0");
  expect(() => new LifeCycle("x", { maxSamples: 0.5 })).toThrow("maxSamples");
  expect(() => new LifeCycle("x", { every: 2 } as object)).toThrow('unknown option "every"');
});
