import { describe, expect, it } from "vitest";
import { OperationLimit } from "../../../src/database/pool/operation-limit.ts";
import { DeadlineError } from "../../../src/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const never = Number.POSITIVE_INFINITY;

describe("OperationLimit", () => {
  it("makes no signal and no timer without bounds", async () => {
    const clock = new FakeClock();
    const limit = new OperationLimit({ deadline: never }, clock);
    let given: AbortSignal | undefined | null = null;
    const value = await limit.run("step", async (signal) => {
      given = signal;
      return 7;
    });
    expect([value, given, clock.pending, limit.cut]).toEqual([7, undefined, 0, false]);
  });
  it("has one deadline for all steps and names the step that it cuts", async () => {
    const clock = new FakeClock();
    const limit = new OperationLimit({ deadline: 100 }, clock);
    const sleep = (ms: number) => () => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
    const first = limit.run("first", sleep(60));
    await clock.advance(60);
    await first;
    const second = limit.run("second", sleep(60)).catch((error: unknown) => error);
    await clock.advance(40);
    const error = await second;
    expect(error).toBeInstanceOf(DeadlineError);
    expect(error).toMatchObject({ step: "second", timeoutMs: 100 });
  });
  it("gives its own reason, whatever the driver rejects with", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const limit = new OperationLimit({ deadline: never, signal: controller.signal }, clock);
    const run = limit.run(
      "step",
      (signal) =>
        new Promise((_, reject) =>
          signal?.addEventListener("abort", () => reject(new Error("driver's own"))),
        ),
    );
    controller.abort(new Error("changed my mind"));
    await expect(run).rejects.toThrow("changed my mind");
    await expect(limit.running).rejects.toThrow("driver's own");
  });
  it("refuses a step after the cut, and then has none running", async () => {
    const clock = new FakeClock();
    const limit = new OperationLimit({ deadline: 100 }, clock);
    await limit.run("first", async () => 1);
    expect(limit.running).toBeDefined();
    await clock.advance(100);
    let began = false;
    await expect(
      limit.run("second", async () => {
        began = true;
      }),
    ).rejects.toThrow(DeadlineError);
    expect([began, limit.cut, limit.running]).toEqual([false, true, undefined]);
  });
  it("turns what is thrown at once into a rejection", async () => {
    const limit = new OperationLimit({ deadline: never }, new FakeClock());
    await expect(
      limit.run("step", () => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
  });
  it("cuts a step that ends its own time on the spot", async () => {
    const controller = new AbortController();
    const limit = new OperationLimit({ deadline: never, signal: controller.signal }, new FakeClock());
    const run = limit.run("step", () => {
      controller.abort(new Error("changed my mind"));
      return new Promise(() => undefined);
    });
    await expect(run).rejects.toThrow("changed my mind");
  });
  it("lets go of the signal and the timer at its end", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const limit = new OperationLimit({ deadline: 100, signal: controller.signal }, clock);
    await limit.run("step", async () => 1);
    expect(clock.pending).toBe(1);
    limit.end();
    expect(clock.pending).toBe(0);
    controller.abort();
    expect(limit.cut).toBe(false);
  });
});
