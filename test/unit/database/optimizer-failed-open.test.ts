import { describe, expect, test } from "vitest";
import { MemoryHub } from "../../../src/cache/memory-hub.ts";
import { systemClock } from "../../../src/clock.ts";
import type { Engine } from "../../../src/database/engine.ts";
import { DatabaseOptimizer } from "../../../src/database/optimizer.ts";
import { FakeDriver } from "../../support/fake-driver.ts";

function setUp() {
  const driver = new FakeDriver(systemClock);
  driver.coherence = async () => ({ coherent: () => true, close: async () => undefined });
  driver.connectErrors.push(new Error("down"));
  const tier = new MemoryHub().connect();
  return { driver, tier, db: new DatabaseOptimizer({ driver, tier, coherence: "tier" }) };
}

describe("an optimizer that couldn't open its database", () => {
  test("keeps the driver and the tier that it was given, and the next attempt goes with them", async () => {
    const { driver, tier, db } = setUp();
    await expect(db.initialize()).rejects.toThrow("down");
    expect(driver.isClosed).toBe(false);
    expect(tier.isConnected).toBe(true);
    await expect.poll(async () => (await db.executeQuery("SELECT 1")).cached).toBe(true);
    await db.close();
    expect(driver.isClosed).toBe(true);
    expect(tier.isConnected).toBe(false);
  });

  test("closes both when it is closed", async () => {
    const { driver, tier, db } = setUp();
    await expect(db.initialize()).rejects.toThrow("down");
    await db.close();
    expect(driver.isClosed).toBe(true);
    expect(tier.isConnected).toBe(false);
  });

  test("tells what went wrong first, also where its engine can't be closed either", async () => {
    const engine = {
      system: "fake",
      initialize: () => Promise.reject(new Error("down")),
      close: () => Promise.reject(new Error("broken")),
    };
    const db = new DatabaseOptimizer({ driver: () => engine as unknown as Engine });
    await expect(db.initialize()).rejects.toThrow("down");
    await db.close();
  });
});
