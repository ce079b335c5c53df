import { expect, test } from "vitest";
import { rolledTraffic } from "../../support/rolled-traffic.ts";

const never = () => new Promise<string>(() => undefined);

test("a call gets what its variant gives, at once or later, and throws what it throws", async () => {
  const { rollout, status } = rolledTraffic({ share: 100 });
  expect(rollout.run("x", 1, { on: () => "on", off: () => "off" })).toBe("on");
  expect(await rollout.run("x", 1, { on: async () => "on", off: async () => "off" })).toBe("on");
  const error = new Error("mine");
  const fails = () => {
    throw error;
  };
  expect(() => rollout.run("x", 1, { on: fails, off: fails })).toThrow(error);
  await expect(rollout.run("x", 1, { on: () => Promise.reject(error), off: never })).rejects.toBe(error);
  rollout.setShare("x", 0);
  expect(rollout.run("x", 1, { on: () => "on", off: () => "off" })).toBe("off");
  expect(status().arms).toMatchObject({ on: { succeeded: 2, failed: 2 }, off: { succeeded: 1, failed: 0 } });
});

test("the latency is that of the whole call", async () => {
  const { clock, rollout, status } = rolledTraffic({ share: 100 });
  rollout.run("x", 1, { on: () => clock.block(20), off: () => undefined });
  const later = Promise.withResolvers<void>();
  const call = rollout.run("x", 2, { on: () => later.promise, off: never });
  clock.pass(40);
  later.resolve();
  await call;
  const { p50Ms = 0, p99Ms = 0 } = status().arms.on;
  expect([Math.round(p50Ms), Math.round(p99Ms)]).toEqual([20, 40]);
});

test("a rejection that nobody handles is still told of by the process", async () => {
  const { rollout } = rolledTraffic({ share: 100 });
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  // The runner's own listeners would make a failure of it.
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", note);
  const error = new Error("nobody cares");
  rollout.run("x", 1, { on: () => Promise.reject(error), off: never });
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  for (const listener of others) process.on("unhandledRejection", listener);
  expect(unhandled).toEqual([error]);
});

test("a lazy thenable is given on as it is, and not run", () => {
  const { rollout, status } = rolledTraffic({ share: 100 });
  let runs = 0;
  // biome-ignore lint/suspicious/noThenProperty: query builders look like this
  const builder = { then: () => runs++ };
  expect(rollout.run("x", 1, { on: () => builder, off: () => builder })).toBe(builder);
  expect(runs).toBe(0);
  expect(status().counts.unmeasured).toBe(1);
});

test("an error that is no failure counts as success, and isFailure that throws makes it a failure", () => {
  let answer: () => boolean = () => false;
  const { rollout, status } = rolledTraffic({ share: 100, isFailure: () => answer() });
  const fails = () => {
    throw new Error("not found");
  };
  expect(() => rollout.run("x", 1, { on: fails, off: fails })).toThrow("not found");
  answer = () => {
    throw new Error("broken");
  };
  expect(() => rollout.run("x", 1, { on: fails, off: fails })).toThrow("not found");
  expect(status()).toMatchObject({ arms: { on: { succeeded: 1, failed: 1 } }, counts: { errors: 1 } });
});

test("a key that can't be hashed takes the control, without an error", () => {
  const { rollout, status } = rolledTraffic({ share: 50 });
  const key = { id: 1 } as never;
  expect(rollout.isOn("x", key)).toBe(false);
  expect(rollout.run("x", key, { on: () => "on", off: () => "off" })).toBe("off");
  expect(status().counts.errors).toBe(2);
});

test("a clock that throws doesn't make a call fail", () => {
  const { clock, rollout } = rolledTraffic({ share: 100 });
  clock.now = () => {
    throw new Error("no time");
  };
  expect(rollout.run("x", 1, { on: () => "on", off: () => "off" })).toBe("off");
});

test("a variant that is no function is the caller's mistake", () => {
  const { rollout } = rolledTraffic();
  expect(() => rollout.run("x", 1, { on: () => 1 } as never)).toThrow(TypeError);
});

test("calls of which nothing is heard any more count as failed, and roll back", async () => {
  const { clock, rollout, status } = rolledTraffic({ share: 50, hungAfterMs: 5000, perKeyMs: 0 });
  for (let i = 0; i < 100; i++) void rollout.run("x", i, { on: never, off: async () => "off" });
  await new Promise((resolve) => setImmediate(resolve));
  clock.pass(4000);
  expect(status().counts.hung).toBe(0);
  clock.pass(2000);
  expect(status()).toMatchObject({ state: { kind: "rolled-back", guardrail: "errors" } });
  expect(status().counts.hung).toBe(status().arms.on.failed);
});

test("a call that ends after it was given up counts once", async () => {
  const { clock, rollout, status } = rolledTraffic({ share: 100, hungAfterMs: 1000 });
  const late = Promise.withResolvers<string>();
  const call = rollout.run("x", 1, { on: () => late.promise, off: never });
  clock.pass(2000);
  late.resolve("late");
  expect(await call).toBe("late");
  expect(status().arms.on).toMatchObject({ succeeded: 0, failed: 1 });
});

test("calls under way while the process slept are not given up", () => {
  const { clock, rollout, status } = rolledTraffic({ share: 100, hungAfterMs: 10_000 });
  void rollout.run("x", 1, { on: never, off: never });
  clock.block(9_500);
  clock.pass(600);
  expect(status().counts.hung).toBe(0);
});

test("a call that began under another share is no evidence", async () => {
  const { rollout, status } = rolledTraffic({ share: 50 });
  const gate = Promise.withResolvers<void>();
  const call = rollout.run("x", 1, { on: () => gate.promise, off: () => gate.promise });
  rollout.setShare("x", 20);
  gate.resolve();
  await call;
  expect(status()).toMatchObject({ counts: { late: 1 }, arms: { on: { counted: 0 }, off: { counted: 0 } } });
});

test("a user who fails in a loop is one observation, and no roll-back", () => {
  const { rollout, status } = rolledTraffic({ share: 50, guardrails: [{ kind: "errors" }] });
  const key = Array.from({ length: 100 }, (_, i) => i).find((i) => rollout.isOn("x", i))!;
  const fails = () => {
    throw new Error("his account is broken");
  };
  for (let i = 0; i < 500; i++) {
    expect(() => rollout.run("x", key, { on: fails, off: fails })).toThrow();
    rollout.run("x", 1000 + i, { on: () => 1, off: () => 1 });
  }
  expect(status()).toMatchObject({ state: { kind: "steady" }, counts: { repeated: 499 } });
});

test("latencies and values that are no numbers are left out, and counted", () => {
  const { rollout, status } = rolledTraffic({ share: 50 });
  for (const latencyMs of [Number.NaN, -1, Number.POSITIVE_INFINITY, "7" as never])
    rollout.record("x", "on", { latencyMs, values: { cpu: Number.NaN } });
  rollout.record("x", "on", { latencyMs: 7, values: { cpu: 1 } });
  rollout.record("x", "on", undefined as never);
  expect(status().counts).toMatchObject({ rejected: 8, errors: 1 });
  expect(Math.round(status().arms.on.p99Ms ?? 0)).toBe(7);
});

test("a call that is no function is begun, takes its arm's variant, and is ended once", () => {
  const { clock, rollout, status } = rolledTraffic({ share: 100 });
  const call = rollout.begin("x", 1);
  expect(call.arm).toBe("on");
  clock.pass(30);
  call.succeed();
  call.fail();
  call.discard();
  expect(status().arms.on).toMatchObject({ succeeded: 1, failed: 0, counted: 1 });
  expect(Math.round(status().arms.on.p50Ms ?? 0)).toBe(30);
  rollout.setShare("x", 0);
  expect(rollout.begin("x", 1).arm).toBe("off");
});

test("a begun call fails by isFailure, counts its values, and for nothing when it is discarded", () => {
  const { rollout, status } = rolledTraffic({
    share: 100,
    isFailure: (error) => (error as Error).message !== "not found",
  });
  rollout.begin("x").fail(new Error("not found"));
  rollout.begin("x").fail(new Error("broken"));
  rollout.begin("x").fail();
  rollout.begin("x").succeed({ cpuMs: Number.NaN });
  rollout.begin("x").discard();
  expect(status()).toMatchObject({ arms: { on: { succeeded: 2, failed: 2 } }, counts: { rejected: 1 } });
});

test("a begun call that nobody ends has failed after a while", () => {
  const { clock, rollout, status } = rolledTraffic({ share: 100, hungAfterMs: 5000 });
  const call = rollout.begin("x");
  rollout.begin("x").discard();
  for (let second = 0; second < 7; second++) clock.pass(1000);
  call.succeed();
  expect(status()).toMatchObject({ arms: { on: { succeeded: 0, failed: 1 } }, counts: { hung: 1 } });
});

test("a call that can't be begun is one of the control", () => {
  const { rollout, status } = rolledTraffic({ share: 50 });
  const call = rollout.begin("x", { id: 1 } as never);
  expect(call.arm).toBe("off");
  call.succeed();
  rollout.close();
  rollout.begin("x").fail();
  expect(status()).toMatchObject({ arms: { off: { succeeded: 0, failed: 0 } }, counts: { errors: 1 } });
});
