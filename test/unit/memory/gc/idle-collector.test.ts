import { expect, it } from "vitest";
import { IdleCollector } from "../../../../src/memory/gc/idle-collector.ts";
import { FakeGcGround } from "../../../support/fake-gc-ground.ts";

it("collects once after work, when the event loop has been idle for so long", async () => {
  const ground = new FakeGcGround();
  let collections = 0;
  const collector = new IdleCollector(ground, 1000, () => {
    collections++;
    ground.active += 90;
  });
  await ground.clock.advance(5000);
  expect(collections).toBe(0);
  ground.active += 500;
  await ground.clock.advance(1000);
  expect(collections).toBe(0);
  await ground.clock.advance(1000);
  expect(collections).toBe(1);
  await ground.clock.advance(10_000);
  expect(collections).toBe(1);
  expect(collector.collections).toBe(1);
  collector.close();
  ground.active += 500;
  await ground.clock.advance(10_000);
  expect([collections, ground.clock.pending]).toEqual([1, 0]);
});

it("leaves a program alone that is never idle, or has hardly worked", async () => {
  const ground = new FakeGcGround();
  let collections = 0;
  const collector = new IdleCollector(ground, 1000, () => collections++);
  for (let i = 0; i < 10; i++) {
    ground.active += 30;
    await ground.clock.advance(1000);
  }
  expect(collections).toBe(0);
  collector.close();
  const other = new IdleCollector(ground, 1000, () => collections++);
  ground.active += 19;
  await ground.clock.advance(5000);
  expect(collections).toBe(0);
  other.close();
});
