import { describe, expect, test } from "vitest";
import { MemoryHub } from "../../../src/cache/memory-hub.ts";
import { tierContract } from "../../../src/cache/tier-contract.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { storeValue } from "../../support/store-value.ts";

describe("a memory tier keeps the contract:", () => {
  let clock = new FakeClock();
  let hub = new MemoryHub({ clock });
  const cases = tierContract({
    async open() {
      clock = new FakeClock();
      hub = new MemoryHub({ clock, maxKeys: 1000 });
      return [hub.connect(), hub.connect(), hub.connect()];
    },
    advance: (ms) => clock.advance(ms),
    async restart() {
      hub.forgetAll();
    },
    async evictGenerations([a]) {
      for (let i = 0; i < 1000; i++)
        await storeValue(a!, `filler ${i}`, new Uint8Array(1), [`filler ${i}`], 1000);
    },
  });
  for (const { name, run } of cases) test(name, run);
});

test("a hub keeps as many keys as it may, and those that were used last", async () => {
  const hub = new MemoryHub({ maxKeys: 3 });
  await using tier = hub.connect();
  for (const key of ["a", "b", "c"]) await storeValue(tier, key, new Uint8Array(1), [], 1000);
  await tier.get("a");
  await storeValue(tier, "d", new Uint8Array(1), [], 1000);
  expect(hub.size).toBe(3);
  expect(await tier.get("b")).toBeUndefined();
  expect(await tier.get("a")).toBeDefined();
});

test("a hub refuses options that are wrong", () => {
  expect(() => new MemoryHub({ maxKeys: 0 })).toThrow("maxKeys: expected an integer ≥ 1, got 0");
  expect(() => new MemoryHub({ size: 1 } as never)).toThrow("unknown option");
});
